"""MakePairCalculator: the packets of two streams in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, Output, calculator

if TYPE_CHECKING:
    from graphkit import CalculatorContext


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
