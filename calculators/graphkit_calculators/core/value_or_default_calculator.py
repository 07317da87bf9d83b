"""ValueOrDefaultCalculator: a stream with its gaps filled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, Output, SameAs, SideInput, calculator

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@calculator
class ValueOrDefaultCalculator(Calculator):
    """Emits, at each TICK packet, what IN holds or else the untagged side packet.

    FLAG emits True each time the default was used, and nothing otherwise.

    Example::

        node {
          calculator: "ValueOrDefaultCalculator"
          input_stream: "IN:sometimes_missing"
          input_stream: "TICK:image"
          input_side_packet: "default"
          output_stream: "OUT:value"
          output_stream: "FLAG:used_default"
        }
    """

    value = Input[Any](AnyType, "IN")
    tick = Input[Any](AnyType, "TICK")
    default = SideInput[Any](AnyType)
    output = Output[Any](SameAs(value), "OUT")
    flag = Output(bool, "FLAG", optional=True)

    def open(self, cc: CalculatorContext) -> None:
        """Pass the header on and read the default."""
        header = cc.inputs.header("IN")
        if not header.is_empty:
            cc.outputs["OUT"].set_header(header)
        self._default = cc.input_side_packets.packets[0]

    def process(self, cc: CalculatorContext) -> None:
        """Fill one timestamp."""
        if not self.tick.packet(cc):
            return
        packet = self.value.packet(cc)
        if packet:
            self.output.add(cc, packet)
        else:
            self.output.add(cc, self._default.at(cc.input_timestamp))
            self.flag.send(cc, True)
