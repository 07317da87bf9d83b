"""PassThroughCalculator: every packet to the output of the same tag and index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Status, calculator
from graphkit.errors import ContractError
from graphkit.framework import ANY, EMPTY

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class PassThroughCalculator(Calculator):
    """Passes packets, headers and side packets through unchanged.

    Inputs and outputs must use the same tags and indexes. Side packets pass likewise where the node
    names output side packets; without any, input side packets are accepted and ignored.

    Emits each packet at its own timestamp. A node without input streams stops at once.

    Example::

        node {
          calculator: "PassThroughCalculator"
          input_stream: "in"
          output_stream: "out"
        }
    """

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Give each output the type of its input; raises ContractError where they do not match up."""
        if cc.inputs.tag_map.keys != cc.outputs.tag_map.keys:
            raise ContractError(
                "Input and output streams to PassThroughCalculator must use matching tags and indexes."
            )
        for key in cc.inputs:
            cc.inputs[key].type = ANY
            cc.outputs[key].set_same_as(*key)
        for key in cc.input_side_packets:
            cc.input_side_packets[key].type = ANY
        if not len(cc.output_side_packets):
            return
        if cc.input_side_packets.tag_map.keys != cc.output_side_packets.tag_map.keys:
            raise ContractError(
                "Input and output side packets to PassThroughCalculator must use matching tags and indexes, "
                "or there must be no output side packets."
            )
        for key in cc.output_side_packets:
            cc.output_side_packets[key].set_same_as(*key)

    def open(self, cc: CalculatorContext) -> None:
        """Pass headers and side packets."""
        for header, shard in zip(cc.inputs.headers, cc.outputs.shards, strict=True):
            if not header.is_empty:
                shard.set_header(header)
        for key in cc.output_side_packets.tag_map:
            cc.output_side_packets.set(key, cc.input_side_packets[key].payload)

    def process(self, cc: CalculatorContext) -> Status | None:
        """Pass what is there."""
        packets = cc.inputs.packets
        if not packets:
            return Status.STOP
        # Equal tag maps give equal ids, so the two lists run in step.
        for packet, shard in zip(packets, cc.outputs.shards):  # noqa: B905 - strict= costs on the hot path
            if packet._payload is not EMPTY:
                shard.add(packet)
        return None
