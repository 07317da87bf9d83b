"""SwitchDemuxCalculator: streams into one of several channels."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from graphkit import Status, Timestamp, calculator
from graphkit.framework import ANY
from graphkit_calculators.core._channels import (
    CONTROLS,
    ChannelHistory,
    channel_count,
    channel_pairs,
    initial_channel,
    send_fixed_channel,
)
from graphkit_calculators.core._switch import Switch

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract, Packet
    from graphkit.framework import PortMap


@calculator
class SwitchDemuxCalculator(Switch):
    """Sends its input streams to the selected channel, and its side packets to all channels.

    Input ``IMAGE`` goes to output ``C0__IMAGE``, ``C1__IMAGE``, ... SELECT (int) or ENABLE (bool) name the
    channel, as a side packet, or as a stream whose packets hold from their timestamp on; packets wait until
    their timestamp's channel is known. Channels that are not selected get neither packets nor bounds.
    Option `synchronize_io` takes one input set a timestamp instead of streams one by one.

    SwitchContainer puts this node ahead of the nodes that it contains.

    Example::

        node {
          calculator: "SwitchDemuxCalculator"
          input_stream: "ENABLE:enable"
          input_stream: "IMAGE:image"
          output_stream: "C0__IMAGE:image_for_0"
          output_stream: "C1__IMAGE:image_for_1"
        }
    """

    for_outputs_only = True

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Give the streams of all channels the types of the inputs."""
        if cls.options(cc).synchronize_io:
            cc.input_stream_handler = ""
        _share_types(cc.inputs, cc.outputs)
        _share_types(cc.input_side_packets, cc.output_side_packets)

    def open(self, cc: CalculatorContext) -> None:
        """Pass side packets and headers to all channels."""
        inputs, outputs = cc.inputs.tag_map, cc.outputs.tag_map
        side_inputs, side_outputs = cc.input_side_packets.tag_map, cc.output_side_packets.tag_map
        count = channel_count(outputs, side_outputs)
        self._history = ChannelHistory(inputs, count, initial_channel(cc, count))
        self._targets = [dict(channel_pairs(inputs, outputs, channel)) for channel in range(count)]
        self._queues: dict[int, deque[Packet[Any]]] = {i: deque() for pairs in self._targets for i in pairs}
        fixed = count and not self._history.control_ids
        self._fixed = list(self._targets[self._history.current].items()) if fixed else None
        for pairs in self._targets:
            for source, target in pairs.items():
                cc.outputs.shards[target].set_header(cc.inputs.headers[source])
        for channel in range(count):
            for source, target in channel_pairs(side_inputs, side_outputs, channel):
                cc.output_side_packets.set(
                    side_outputs.keys[target], cc.input_side_packets.packets[source].payload
                )

    def process(self, cc: CalculatorContext) -> Status | None:
        """Take what is new and send on all whose channel is known."""
        if not cc.inputs.packets:
            return Status.STOP
        if self._fixed is not None:
            send_fixed_channel(cc, self._fixed)
            return None
        history = self._history
        history.record(cc)
        settled = history.settled(cc)
        oldest = Timestamp.DONE
        for source, queue in self._queues.items():
            packet = cc.inputs.packets[source]
            if packet.timestamp == cc.input_timestamp:
                queue.append(packet)
            while queue and queue[0].timestamp <= settled:
                self._send(cc, source, queue.popleft())
            oldest = min(oldest, queue[0].timestamp if queue else packet.timestamp)
        history.forget_until(oldest)
        return None

    def _send(self, cc: CalculatorContext, source: int, packet: Packet[Any]) -> None:
        target = self._targets[self._history.channel_at(packet.timestamp)].get(source)
        if target is not None:
            cc.outputs.shards[target].add(packet)


def _share_types(inputs: PortMap, outputs: PortMap) -> None:
    for channel in range(channel_count(outputs.tag_map)):
        for source, target in channel_pairs(inputs.tag_map, outputs.tag_map, channel):
            key = inputs.tag_map.keys[source]
            if key[0] not in CONTROLS:
                inputs.specs()[source].type = ANY
            outputs.specs()[target].set_same_as(*key)
