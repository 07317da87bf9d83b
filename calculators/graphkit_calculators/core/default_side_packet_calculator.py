"""DefaultSidePacketCalculator: a side packet, or what to take where it is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, SideInput, SideOutput, Status, calculator

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class DefaultSidePacketCalculator(Calculator):
    """Sets VALUE to OPTIONAL_VALUE where the caller gave it, to DEFAULT_VALUE otherwise.

    OPTIONAL_VALUE names a side packet that callers may leave out: of a graph, or a subgraph's.

    Example::

        node {
          calculator: "DefaultSidePacketCalculator"
          input_side_packet: "OPTIONAL_VALUE:num_hands_optional"
          input_side_packet: "DEFAULT_VALUE:num_hands_default"
          output_side_packet: "VALUE:num_hands"
        }
    """

    optional_value = SideInput[Any](AnyType, "OPTIONAL_VALUE", value_optional=True)
    default_value = SideInput[Any](AnyType, "DEFAULT_VALUE")
    value = SideOutput[Any](AnyType, "VALUE")

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Give the output, and what may be left out, the type of the default."""
        if "DEFAULT_VALUE" not in cc.input_side_packets:
            return
        if "VALUE" in cc.output_side_packets:
            cc.output_side_packets["VALUE"].set_same_as("DEFAULT_VALUE")
        if "OPTIONAL_VALUE" in cc.input_side_packets:
            cc.input_side_packets["OPTIONAL_VALUE"].set_same_as("DEFAULT_VALUE")

    def open(self, cc: CalculatorContext) -> None:
        """Choose the value."""
        value = self.optional_value.get(cc)
        self.value.set(cc, self.default_value(cc) if value is None else value)

    def process(self, cc: CalculatorContext) -> Status:
        """There are no streams."""
        return Status.STOP
