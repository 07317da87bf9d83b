"""NonZeroCalculator: whether a number is not 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Output, SideInput, Status, calculator
from graphkit.errors import ContractError

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class NonZeroCalculator(Calculator):
    """Emits 0 or 1 on OUTPUT and False or True on OUTPUT_BOOL for each INPUT.

    INPUT may be a side packet instead of a stream; the node is then a source and emits once, at 0.

    Example::

        node {
          calculator: "NonZeroCalculator"
          input_stream: "INPUT:count"
          output_stream: "OUTPUT_BOOL:any"
        }
    """

    value = Input(int, "INPUT", optional=True)
    side_value = SideInput(int, "INPUT", optional=True)
    output = Output(int, "OUTPUT", optional=True)
    output_bool = Output(bool, "OUTPUT_BOOL", optional=True)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Want one input and an output; raises ContractError."""
        if cls.value.is_connected(cc) == cls.side_value.is_connected(cc):
            raise ContractError(f'node "{cc.node_name}" needs INPUT either as a stream or as a side packet')
        if not len(cc.outputs):
            raise ContractError(f'node "{cc.node_name}" needs an OUTPUT or an OUTPUT_BOOL stream')

    def process(self, cc: CalculatorContext) -> Status | None:
        """Test one number."""
        side_value = self.side_value.get(cc)
        value = self.value.get(cc) if side_value is None else side_value
        if value is not None:
            self.output.send(cc, int(value != 0))
            self.output_bool.send(cc, value != 0)
        return None if side_value is None else Status.STOP
