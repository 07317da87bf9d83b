"""SequenceShiftCalculator: packets at the timestamps of their neighbours."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, Options, Output, SameAs, SideInput, calculator, option, options

if TYPE_CHECKING:
    from graphkit import CalculatorContext, Packet, Timestamp


@options("mediapipe.SequenceShiftCalculatorOptions", extension=107633927)
class SequenceShiftCalculatorOptions:
    """Options of SequenceShiftCalculator.

    Attributes:
        packet_offset: how many packets further on the timestamp is taken from: 3 gives at each time the packet of
            three before; negative: further back, -3 gives the packet of three later.
        emit_empty_packets_before_first_packet: settle the timestamps ahead of the first packet emitted, so that
            a node that joins the stream with another does not wait for them.
    """

    packet_offset: int = option(1, "int32", default=-1)
    emit_empty_packets_before_first_packet: bool = option(2, default=False)


@calculator
class SequenceShiftCalculator(Calculator):
    """Emits packet i at the timestamp of packet i + `packet_offset`.

    With offset n a time has the packet of n before, and the last n packets are dropped; with -n it has the packet
    of n later, and the first n are dropped. Side packet PACKET_OFFSET overrides the option. With a negative
    offset output timestamps lie behind input time: nothing comes out before later packets have come in, and what
    waits for the output must not hold them back. The same holds for the first n times of a positive one, which
    have no packet, unless `emit_empty_packets_before_first_packet` settles them.

    Example::

        node {
          calculator: "SequenceShiftCalculator"
          input_stream: "frames"
          output_stream: "previous_frames"
          options { [mediapipe.SequenceShiftCalculatorOptions.ext] { packet_offset: 1 } }
        }
    """

    timestamp_offset = None

    source = Input[Any](AnyType)
    offset_side = SideInput(int, "PACKET_OFFSET", optional=True)
    shifted = Output[Any](SameAs(source))
    options = Options(SequenceShiftCalculatorOptions)

    def open(self, cc: CalculatorContext) -> None:
        """Read the offset."""
        settings = self.options(cc)
        offset = self.offset_side.get(cc)
        self._offset = settings.packet_offset if offset is None else offset
        self._bounds_first = settings.emit_empty_packets_before_first_packet
        self._packets: deque[Packet[Any]] = deque()
        self._times: deque[Timestamp] = deque()
        if self._offset == 0:
            cc.set_offset(0)

    def process(self, cc: CalculatorContext) -> None:
        """Shift one packet."""
        packet, shard = cc.inputs.packets[0], cc.outputs.shards[0]
        if not packet:
            return
        if self._offset >= 0:
            self._packets.append(packet)
            if len(self._packets) > self._offset:
                shard.add(self._packets.popleft().at(packet.timestamp))
            elif self._bounds_first:
                shard.set_next_timestamp_bound(packet.timestamp.next_allowed_in_stream())
        else:
            self._times.append(packet.timestamp)
            if len(self._times) > -self._offset:
                shard.add(packet.at(self._times.popleft()))
