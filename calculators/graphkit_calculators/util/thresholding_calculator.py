"""ThresholdingCalculator: whether a number is above a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Options, Output, SideInput, calculator, option, options
from graphkit.errors import ContractError

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.ThresholdingCalculatorOptions", extension=259990498)
class ThresholdingCalculatorOptions:
    """The threshold, unless a stream or side packet gives it."""

    threshold: float | None = option(1, "double")


@calculator
class ThresholdingCalculator(Calculator):
    """Compares a number with a threshold.

    At every timestamp with a FLOAT it emits the answer on FLAG, and true on ACCEPT if the number is
    above the threshold, else false on REJECT; each output is optional. Equal is not above.

    Knobs: the threshold, as option, as side packet THRESHOLD or as stream THRESHOLD (the latest value
    counts until another comes); exactly one of them, 0 without any.

    Example::

        node {
          calculator: "ThresholdingCalculator"
          input_stream: "FLOAT:score"
          output_stream: "FLAG:is_sure"
          options {
            [mediapipe.ThresholdingCalculatorOptions.ext] { threshold: 0.5 }
          }
        }
    """

    value = Input(float, "FLOAT")
    threshold = Input(float, "THRESHOLD", optional=True)
    threshold_side = SideInput(float, "THRESHOLD", optional=True)
    flag = Output(bool, "FLAG", optional=True)
    accept = Output(bool, "ACCEPT", optional=True)
    reject = Output(bool, "REJECT", optional=True)
    options = Options(ThresholdingCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that only one place gives the threshold."""
        given = [
            cls.options(cc).threshold is not None,
            cls.threshold_side.is_connected(cc),
            cls.threshold.is_connected(cc),
        ]
        if sum(given) > 1:
            raise ContractError(
                "the threshold is given more than once; keep one of the option, the side packet and the stream."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Take the threshold."""
        side = self.threshold_side.get(cc)
        self._threshold = (self.options(cc).threshold or 0.0) if side is None else side
        self._by_stream = self.threshold.is_connected(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the answer."""
        if self._by_stream:
            latest = self.threshold.get(cc)
            if latest is not None:
                self._threshold = latest
        value = self.value.get(cc)
        if value is None:
            return
        above = value > self._threshold
        self.flag.send(cc, above)
        (self.accept if above else self.reject).send(cc, above)
