"""TfLiteTensorsToLandmarksCalculator: TensorsToLandmarksCalculator under the name that older graphs call it by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import Options, calculator, option, options
from graphkit_calculators.tensor.tensors_to_landmarks_calculator import (
    TensorsToLandmarksCalculator,
    TensorsToLandmarksCalculatorOptions,
)

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

Activation = TensorsToLandmarksCalculatorOptions.Activation


@options("mediapipe.TfLiteTensorsToLandmarksCalculatorOptions", extension=257405002)
class TfLiteTensorsToLandmarksCalculatorOptions:
    """How the values of the tensor are read."""

    num_landmarks: int | None = option(1)
    input_image_width: int | None = option(2)
    input_image_height: int | None = option(3)
    flip_vertically: bool = option(4, default=False)
    flip_horizontally: bool = option(6, default=False)
    normalize_z: float = option(5, default=1.0)
    visibility_activation: Activation = option(7, default=Activation.NONE)
    presence_activation: Activation = option(8, default=Activation.NONE)


@calculator
class TfLiteTensorsToLandmarksCalculator(TensorsToLandmarksCalculator):
    """Reads landmarks out of the first tensor of a list; the older name of TensorsToLandmarksCalculator.

    Emits, takes and reads as TensorsToLandmarksCalculator does.

    Knobs: the same, ``num_landmarks`` and the size of the model's input first of all.

    Example::

        node {
          calculator: "TfLiteTensorsToLandmarksCalculator"
          input_stream: "TENSORS:iris_landmarks_tensor"
          output_stream: "NORM_LANDMARKS:iris_landmarks"
          options {
            [mediapipe.TfLiteTensorsToLandmarksCalculatorOptions.ext] {
              num_landmarks: 5
              input_image_width: 64
              input_image_height: 64
            }
          }
        }
    """

    options: Options[Any] = Options(TfLiteTensorsToLandmarksCalculatorOptions)

    @classmethod
    def settings(cls, cc: CalculatorContract | CalculatorContext) -> TensorsToLandmarksCalculatorOptions:
        """Return what the options say as those of TensorsToLandmarksCalculator: all fields are the same."""
        return TensorsToLandmarksCalculatorOptions(**vars(cls.options(cc)))
