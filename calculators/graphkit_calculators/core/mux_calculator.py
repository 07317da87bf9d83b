"""MuxCalculator: one of several streams, chosen packet by packet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, Output, SameAs, SideInput, calculator
from graphkit.errors import ContractError, PacketError

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class MuxCalculator(Calculator):
    """Passes INPUT:n to OUTPUT, where n is the int that SELECT holds.

    With a SELECT stream the node waits, at each of its timestamps, for the selected input alone; packets of
    the other inputs are dropped. With a SELECT side packet the choice holds for the run. A number without
    an input is an error.

    Example::

        node {
          calculator: "MuxCalculator"
          input_stream: "INPUT:0:fast_result"
          input_stream: "INPUT:1:exact_result"
          input_stream: "SELECT:which"
          output_stream: "OUTPUT:result"
        }
    """

    input_stream_handler = "MuxInputStreamHandler"

    sources = Input[Any](AnyType, "INPUT", repeated=True)
    select = Input(int, "SELECT", optional=True)
    select_side = SideInput(int, "SELECT", optional=True)
    output = Output[Any](SameAs(sources), "OUTPUT")

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Want one SELECT; raises ContractError."""
        if cls.select.is_connected(cc) == cls.select_side.is_connected(cc):
            raise ContractError(
                f'node "{cc.node_name}" needs SELECT either as an input stream or as an input side packet'
            )
        if cls.select_side.is_connected(cc):
            cc.input_stream_handler = ""

    def open(self, cc: CalculatorContext) -> None:
        """Read a choice that holds for the run."""
        self._fixed = self.select_side.get(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Pass one packet; raises PacketError for a selection without an input."""
        select = self.select.expect(cc) if self._fixed is None else self._fixed
        count = self.sources.count(cc)
        if not 0 <= select < count:
            raise PacketError(f"SELECT is {select}, but the inputs are INPUT:0 to INPUT:{count - 1}")
        packet = self.sources.packet(cc, select)
        if packet:
            self.output.add(cc, packet)
