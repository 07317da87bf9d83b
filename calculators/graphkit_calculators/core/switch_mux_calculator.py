"""SwitchMuxCalculator: the streams of one of several channels."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from graphkit import Status, Timestamp, calculator
from graphkit.framework import ANY
from graphkit_calculators.core._channels import (
    ChannelHistory,
    channel_count,
    channel_pairs,
    channel_tag,
    initial_channel,
    send_fixed_channel,
)
from graphkit_calculators.core._switch import Switch

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract, Packet
    from graphkit.framework import PortMap


@calculator
class SwitchMuxCalculator(Switch):
    """Passes on the streams and side packets of the selected channel and drops the others'.

    Inputs ``C0__RECTS``, ``C1__RECTS``, ... become output ``RECTS``. SELECT (int) or ENABLE (bool) name the
    channel as for SwitchDemuxCalculator. Packets wait until their timestamp's channel is known, and a new
    channel waits until the one before it has settled its last timestamp: outputs stay in order. Bounds of
    the selected channel pass too.

    SwitchContainer puts this node behind the nodes that it contains.

    Example::

        node {
          calculator: "SwitchMuxCalculator"
          input_stream: "ENABLE:enable"
          input_stream: "C0__RECTS:rects_of_0"
          input_stream: "C1__RECTS:rects_of_1"
          output_stream: "RECTS:rects"
        }
    """

    for_outputs_only = True

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Give each output the type that its channels have."""
        _share_types(cc.inputs, cc.outputs)
        _share_types(cc.input_side_packets, cc.output_side_packets)

    def open(self, cc: CalculatorContext) -> None:
        """Pass the side packets of the selected channel."""
        inputs, outputs = cc.inputs.tag_map, cc.outputs.tag_map
        side_inputs, side_outputs = cc.input_side_packets.tag_map, cc.output_side_packets.tag_map
        count = channel_count(inputs, side_inputs)
        channel = initial_channel(cc, count)
        self._history = ChannelHistory(inputs, count, channel)
        self._pairs = [channel_pairs(outputs, inputs, c) for c in range(count)]
        controls = self._history.control_ids
        fixed = count and not controls
        self._fixed = [(source, target) for target, source in self._pairs[channel]] if fixed else None
        self._queues: dict[int, deque[Packet[Any]]] = {i: deque() for i in range(len(inputs)) if i not in controls}
        for target, source in channel_pairs(side_outputs, side_inputs, channel):
            value = cc.input_side_packets.packets[source].payload
            cc.output_side_packets.set(side_outputs.keys[target], value)

    def process(self, cc: CalculatorContext) -> Status | None:
        """Take what is new and send on all whose channel is known and whose turn it is."""
        if not cc.inputs.packets:
            return Status.STOP
        if self._fixed is not None:
            send_fixed_channel(cc, self._fixed)
            return None
        self._history.record(cc)
        for source, queue in self._queues.items():
            packet = cc.inputs.packets[source]
            if packet.timestamp == cc.input_timestamp:
                queue.append(packet)
        self._send(cc)
        return None

    def _send(self, cc: CalculatorContext) -> None:
        history = self._history
        channel_settled = history.settled(cc)
        expired = 0
        for position, channel in enumerate(history.channels):
            start, end = history.span(position, channel_settled)
            settled = self._drain(cc, channel, start, end)
            if settled.next_allowed_in_stream() < end or position + 1 == len(history.channels):
                break
            expired = position + 1
            for queue in self._queues.values():
                _drop_before(queue, end)
        history.forget(expired)

    def _drain(self, cc: CalculatorContext, channel: int, start: int, end: int) -> Timestamp:
        """Send what *channel* has from *start* up to *end*; return how far all of its streams are settled."""
        settled = Timestamp.DONE
        for target, source in self._pairs[channel]:
            queue = self._queues[source]
            _drop_before(queue, min(start, end))
            while queue and queue[0].timestamp < end:
                cc.outputs.shards[target].add(queue.popleft())
            settled = min(settled, cc.inputs.packets[source].timestamp)
        return settled


def _drop_before(queue: deque[Packet[Any]], end: int) -> None:
    while queue and queue[0].timestamp < end:
        queue.popleft()


def _share_types(inputs: PortMap, outputs: PortMap) -> None:
    count = channel_count(inputs.tag_map)
    for position, (tag, index) in enumerate(outputs.tag_map.keys):
        sources = [(channel_tag(tag, c), index) for c in range(count)]
        sources = [key for key in sources if key in inputs]
        outputs.specs()[position].type = ANY
        for key in sources:
            inputs[key].set_same_as(tag, index)
