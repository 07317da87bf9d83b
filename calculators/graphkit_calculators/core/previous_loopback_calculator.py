"""PreviousLoopbackCalculator: what a stream further down held at the timestamp before."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, Output, SameAs, Timestamp, calculator
from graphkit_calculators.core._streams import stream_id

if TYPE_CHECKING:
    from graphkit import CalculatorContext, Packet
    from graphkit.framework import OutputShard


@calculator
class PreviousLoopbackCalculator(Calculator):
    """Brings the result for the previous input back to the start of a graph.

    Each MAIN packet gives one PREV_LOOP packet at its timestamp: the LOOP packet whose timestamp equals
    that of the MAIN packet before. Where LOOP had none, for the first MAIN packet, and where MAIN has only
    a bound, PREV_LOOP gets a bound, so nodes that join the two never wait. LOOP closes the cycle and must
    be marked as a back edge. PREV_LOOP closes after the last MAIN packet.

    A MAIN packet is answered when LOOP has settled the timestamp before, which makes the cycle as slow as
    its slowest node: frames do not overlap inside of it.

    Example::

        node {
          calculator: "PreviousLoopbackCalculator"
          input_stream: "MAIN:image"
          input_stream: "LOOP:hand_rects_from_landmarks"
          input_stream_info { tag_index: "LOOP" back_edge: true }
          output_stream: "PREV_LOOP:prev_hand_rects_from_landmarks"
        }
    """

    timestamp_offset = None
    input_stream_handler = "ImmediateInputStreamHandler"
    any_arrival_order = True
    process_timestamp_bounds = True
    for_outputs_only = True

    main = Input[Any](AnyType, "MAIN")
    loop = Input[Any](AnyType, "LOOP")
    prev_loop = Output[Any](SameAs(loop), "PREV_LOOP")

    def open(self, cc: CalculatorContext) -> None:
        """Start with nothing seen."""
        self._main = stream_id(cc.inputs.tag_map, "MAIN")
        self._loop = stream_id(cc.inputs.tag_map, "LOOP")
        # (timestamp of MAIN, timestamp that LOOP must have for it); UNSET where MAIN was a bound only.
        self._waiting: deque[tuple[Timestamp, Timestamp]] = deque()
        self._loops: deque[Packet[Any]] = deque()
        self._main_seen = self._main_filled = Timestamp.UNSTARTED
        # One below UNSTARTED: the empty packet of a LOOP that has not begun counts, once.
        self._loop_seen = Timestamp.UNSET
        header = cc.inputs.headers[self._loop]
        if not header.is_empty:
            cc.outputs.shards[0].set_header(header)

    def process(self, cc: CalculatorContext) -> None:
        """Note what is new, then answer the MAIN packets that can be answered."""
        packets = cc.inputs.packets
        self._note_main(packets[self._main])
        loop = packets[self._loop]
        if loop.timestamp > self._loop_seen:
            self._loops.append(loop)
            self._loop_seen = loop.timestamp
        shard = cc.outputs.shards[0]
        while self._waiting and self._loops:
            self._match(shard)

    def close(self, cc: CalculatorContext) -> None:
        """Let go of what nobody has asked for; a picture on the GPU goes back to its pool."""
        self._loops.clear()

    def _note_main(self, packet: Packet[Any]) -> None:
        timestamp = packet.timestamp
        if timestamp <= self._main_seen:
            return
        self._main_seen = timestamp
        if packet.is_empty:
            self._waiting.append((timestamp, Timestamp.UNSET))
        else:
            self._waiting.append((timestamp, self._main_filled))
            self._main_filled = timestamp

    def _match(self, shard: OutputShard) -> None:
        timestamp, wanted = self._waiting[0]
        candidate = self._loops[0]
        if wanted > candidate.timestamp:
            self._loops.popleft()
            return
        self._waiting.popleft()
        if wanted == candidate.timestamp:
            self._loops.popleft()
        if wanted == candidate.timestamp and not candidate.is_empty:
            shard.add(candidate.at(timestamp))
        else:
            shard.set_next_timestamp_bound(timestamp.next_allowed_in_stream())
        if timestamp == Timestamp.MAX:  # of the last packet, or of the bound that says MAIN is done
            shard.close()
