"""PacketClonerCalculator: the latest packets, again at each tick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, Options, Output, Packet, calculator, option, options
from graphkit.errors import ContractError
from graphkit_calculators.core._streams import copy_headers

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.PacketClonerCalculatorOptions", extension=258872085)
class PacketClonerCalculatorOptions:
    """Options of PacketClonerCalculator.

    Attributes:
        output_only_when_all_inputs_received: emit nothing, not even a bound, while an input had no packet.
        output_packets_only_when_all_inputs_received: emit bounds only meanwhile.
    """

    output_only_when_all_inputs_received: bool = option(1, default=False)
    output_packets_only_when_all_inputs_received: bool = option(2, default=False)


@calculator
class PacketClonerCalculator(Calculator):
    """Emits, at each TICK packet, the latest packet of every other input once more.

    The tick is the stream with tag TICK, or the last untagged input. An input that had no packet yet gets a
    bound. With the default input stream handler a tick waits until the other inputs are settled at its
    timestamp; to show the latest result beside a faster stream name the ImmediateInputStreamHandler.

    Example::

        node {
          calculator: "PacketClonerCalculator"
          input_stream: "landmarks"
          input_stream: "TICK:image"
          output_stream: "landmarks_at_image_rate"
          input_stream_handler { input_stream_handler: "ImmediateInputStreamHandler" }
        }
    """

    timestamp_offset = None

    sources = Input[Any](AnyType, repeated=True)
    tick = Input[Any](AnyType, "TICK", optional=True)
    clones = Output[Any](AnyType, repeated=True)
    options = Options(PacketClonerCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Pair inputs with outputs; raises ContractError where their numbers differ."""
        count = cls.sources.count(cc) - (not cls.tick.is_connected(cc))
        outputs = cls.clones.count(cc)
        if count != outputs:
            raise ContractError(
                f'node "{cc.node_name}" has {count} streams to clone, the tick not counted, but {outputs} output '
                "streams; each input needs the output of the same index"
            )
        for index in range(count):
            cc.outputs[index].set_same_as("", index)

    def open(self, cc: CalculatorContext) -> None:
        """Start with nothing received."""
        settings = self.options(cc)
        self._bounds_meanwhile = settings.output_packets_only_when_all_inputs_received
        self._wait_for_all = self._bounds_meanwhile or settings.output_only_when_all_inputs_received
        tick = cc.inputs.tag_map.id_of("TICK")
        self._count = self.clones.count(cc)
        self._tick = self._count if tick is None else tick
        self._latest: list[Packet[Any]] = [Packet.empty()] * self._count
        copy_headers(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Note what is new; at a tick, emit."""
        packets = cc.inputs.packets
        for index in range(self._count):
            if packets[index]:
                self._latest[index] = packets[index]
        if not packets[self._tick]:
            return
        waiting = self._wait_for_all and not all(self._latest)
        if waiting and not self._bounds_meanwhile:
            return
        now = cc.input_timestamp
        for packet, shard in zip(self._latest, cc.outputs.shards, strict=True):
            if packet and not waiting:
                shard.add(packet.at(now))
            else:
                shard.set_next_timestamp_bound(now.next_allowed_in_stream())
