"""MakePairCalculator: the packets of two streams in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.calculator import Calculator, Input, Output, calculator
from graphkit.packet_type import AnyType

if TYPE_CHECKING:
    from graphkit.context import CalculatorContext


@calculator
class MakePairCalculator(Calculator):
    """Emits a tuple of the two payloads of a timestamp, with None where a stream has none.

    Example::

        node {
          calculator: "MakePairCalculator"
          input_stream: "packet_a"
          input_stream: "packet_b"
          output_stream: "pair"
        }
    """

    first = Input[Any](AnyType)
    second = Input[Any](AnyType)
    pair = Output(tuple)

    def process(self, cc: CalculatorContext) -> None:
        """Pair up one timestamp."""
        self.pair.send(cc, (self.first.get(cc), self.second.get(cc)))
