"""PacketInnerJoinCalculator: the timestamps that all streams have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, Output, calculator
from graphkit_calculators.core._streams import pair_streams

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class PacketInnerJoinCalculator(Calculator):
    """Passes the packets of a timestamp where every input has one; drops them elsewhere.

    Example::

        node {
          calculator: "PacketInnerJoinCalculator"
          input_stream: "a"
          input_stream: "b"
          output_stream: "joined_a"
          output_stream: "joined_b"
        }
    """

    sources = Input[Any](AnyType, repeated=True)
    joined = Output[Any](AnyType, repeated=True)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Pair inputs with outputs; raises ContractError where their numbers differ."""
        pair_streams(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Pass or drop one timestamp."""
        packets = cc.inputs.packets
        if all(packets):
            for packet, shard in zip(packets, cc.outputs.shards, strict=True):
                shard.add(packet)
