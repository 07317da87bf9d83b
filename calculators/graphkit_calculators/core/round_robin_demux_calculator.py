"""RoundRobinDemuxCalculator: the packets of a stream, dealt out to several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, Output, calculator

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class RoundRobinDemuxCalculator(Calculator):
    """Sends each packet to the next of OUTPUT:0, OUTPUT:1, ..., and its number to SELECT.

    A slow node can then stand behind each output, and MuxCalculator puts the results in order again.

    Example::

        node {
          calculator: "RoundRobinDemuxCalculator"
          input_stream: "signal"
          output_stream: "OUTPUT:0:signal_0"
          output_stream: "OUTPUT:1:signal_1"
          output_stream: "SELECT:select"
        }
    """

    source = Input[Any](AnyType)
    outputs = Output[Any](AnyType, "OUTPUT", repeated=True)
    select = Output(int, "SELECT", optional=True)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Give all outputs the type of the input."""
        for index in range(cc.outputs.count("OUTPUT")):
            cc.outputs["OUTPUT", index].set_same_as("")

    def open(self, cc: CalculatorContext) -> None:
        """Start with the first output."""
        self._next = 0
        self._count = self.outputs.count(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Deal one packet."""
        packet = cc.inputs.packets[0]
        if packet:
            self.outputs.add(cc, packet, index=self._next)
            self.select.send(cc, self._next)
            self._next = (self._next + 1) % self._count
