"""CountingSourceCalculator: a source of numbers, for tests and examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Output, SideInput, Status, calculator
from graphkit.errors import ContractError, GraphRunError

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class CountingSourceCalculator(Calculator):
    """Emits INITIAL_VALUE (0), and on in steps of INCREMENT (1), each number at itself as the timestamp.

    Stops after MAX_COUNT batches of BATCH_SIZE (1) numbers; fails after ERROR_COUNT batches, or when it
    opens if ERROR_ON_OPEN is true. Give MAX_COUNT or ERROR_COUNT.

    Example::

        node {
          calculator: "CountingSourceCalculator"
          input_side_packet: "MAX_COUNT:count"
          output_stream: "numbers"
        }
    """

    max_count = SideInput(int, "MAX_COUNT", optional=True)
    error_count = SideInput(int, "ERROR_COUNT", optional=True)
    batch_size = SideInput(int, "BATCH_SIZE", optional=True)
    initial_value = SideInput(int, "INITIAL_VALUE", optional=True)
    increment = SideInput(int, "INCREMENT", optional=True)
    error_on_open = SideInput(bool, "ERROR_ON_OPEN", optional=True)
    numbers = Output(int)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Want an end; raises ContractError."""
        if not cls.max_count.is_connected(cc) and not cls.error_count.is_connected(cc):
            raise ContractError(f'node "{cc.node_name}" needs side packet MAX_COUNT or ERROR_COUNT')

    def open(self, cc: CalculatorContext) -> None:
        """Read the side packets; raises GraphRunError on request, ContractError for impossible values."""
        if self.error_on_open.get(cc):
            raise GraphRunError("side packet ERROR_ON_OPEN asks for this error")
        self._max = self.max_count.get(cc)
        self._error = self.error_count.get(cc)
        self._size = _positive("BATCH_SIZE", self.batch_size.get(cc))
        self._step = _positive("INCREMENT", self.increment.get(cc))
        self._number = self.initial_value.get(cc) or 0
        self._batches = 0

    def process(self, cc: CalculatorContext) -> Status | None:
        """Emit one batch."""
        if self._error is not None and self._batches >= self._error:
            raise GraphRunError(f"side packet ERROR_COUNT asks for this error after {self._error} batches")
        if self._max is not None and self._batches >= self._max:
            return Status.STOP
        for _ in range(self._size):
            self.numbers.send(cc, self._number, self._number)
            self._number += self._step
        self._batches += 1
        return None


def _positive(name: str, value: int | None) -> int:
    if value is not None and value < 1:
        raise ContractError(f"side packet {name} is {value}, it must be 1 or more")
    return 1 if value is None else value
