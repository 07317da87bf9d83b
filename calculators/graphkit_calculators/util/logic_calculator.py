"""LogicCalculator: and, or, xor of bools."""

from __future__ import annotations

import enum
from functools import reduce
from operator import and_, or_, xor
from typing import TYPE_CHECKING, Final

from graphkit import Calculator, Input, Options, Output, SideInput, calculator, option, options
from graphkit.errors import ContractError

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.LogicCalculatorOptions", extension=338731246)
class LogicCalculatorOptions:
    """Options of LogicCalculator.

    Attributes:
        op: what is done with the inputs.
        negate: whether the result is turned round.
        input_value: further inputs.
    """

    class Operation(enum.IntEnum):
        """The operation."""

        AND = 0
        OR = 1
        XOR = 2

    op: Operation = option(1, default=Operation.AND)
    negate: bool = option(2, default=False)
    input_value: list[bool] = option(3)


_FUNCTIONS: Final = {
    LogicCalculatorOptions.Operation.AND: and_,
    LogicCalculatorOptions.Operation.OR: or_,
    LogicCalculatorOptions.Operation.XOR: xor,
}


@calculator
class LogicCalculator(Calculator):
    """Emits the logical combination of its bool inputs: streams, side packets and option `input_value`.

    A single input comes out as it is. Every stream must have a packet at each timestamp.

    Example::

        node {
          calculator: "LogicCalculator"
          input_stream: "has_data"
          input_stream: "is_valid"
          output_stream: "process_data"
          options { [mediapipe.LogicCalculatorOptions.ext] { op: AND } }
        }
    """

    values = Input(bool, repeated=True, optional=True)
    side_values = SideInput(bool, repeated=True, optional=True)
    result = Output(bool)
    options = Options(LogicCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Want an input; raises ContractError."""
        if not len(cc.inputs) + len(cc.input_side_packets) + len(cls.options(cc).input_value):
            raise ContractError(f'node "{cc.node_name}" needs an input stream, a side packet or an input_value')

    def open(self, cc: CalculatorContext) -> None:
        """Combine what does not change."""
        settings = self.options(cc)
        self._function, self._negate = _FUNCTIONS[settings.op], settings.negate
        start = settings.op is LogicCalculatorOptions.Operation.AND
        side = [self.side_values(cc, i) for i in range(self.side_values.count(cc))]
        self._constant: bool = reduce(self._function, [*settings.input_value, *side], start)

    def process(self, cc: CalculatorContext) -> None:
        """Combine one timestamp; raises EmptyPacketError where a stream has no packet."""
        values = [packet.payload for packet in cc.inputs.packets]
        self.result.send(cc, reduce(self._function, values, self._constant) != self._negate)
