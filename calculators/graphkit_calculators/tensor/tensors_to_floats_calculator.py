"""TensorsToFloatsCalculator: a tensor as a float or a list of floats."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import Tensor
from graphkit_calculators.tensor._activation import sigmoid

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.TensorsToFloatsCalculatorOptions", extension=343499115)
class TensorsToFloatsCalculatorOptions:
    """What is done to each value."""

    class Activation(IntEnum):
        """Functions that a model may leave to its reader."""

        NONE = 0
        SIGMOID = 1

    activation: Activation = option(1, default=Activation.NONE)


@calculator
class TensorsToFloatsCalculator(Calculator):
    """Reads the values of the first tensor of a list.

    Emits at every timestamp with tensors, on those of FLOAT and FLOATS that are connected; FLOAT needs
    a tensor of exactly one value.

    Knobs: ``activation``, SIGMOID where the model gives logits.

    Example::

        node {
          calculator: "TensorsToFloatsCalculator"
          input_stream: "TENSORS:hand_flag_tensor"
          output_stream: "FLOAT:hand_presence_score"
        }
    """

    for_outputs_only = True

    tensors = Input(list[Tensor], "TENSORS")
    single = Output(float, "FLOAT", optional=True)
    several = Output(list[float], "FLOATS", optional=True)
    options = Options(TensorsToFloatsCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that something is read."""
        if not cls.single.is_connected(cc) and not cls.several.is_connected(cc):
            raise ContractError("neither FLOAT nor FLOATS is connected; connect one of the outputs.")

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._sigmoid = self.options(cc).activation == TensorsToFloatsCalculatorOptions.Activation.SIGMOID
        self._wants_single = self.single.is_connected(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the values."""
        tensors = self.tensors.get(cc)
        if tensors is None:
            return
        values = tensors[0].nhwc()
        if self._sigmoid:
            values = sigmoid(values)
        floats: list[float] = values.ravel().tolist()
        if self._wants_single:
            if len(floats) != 1:
                raise FormatError(
                    f"FLOAT takes a tensor of one value, found shape {tensors[0].shape}; use FLOATS for more."
                )
            self.single.send(cc, floats[0])
        self.several.send(cc, floats)
