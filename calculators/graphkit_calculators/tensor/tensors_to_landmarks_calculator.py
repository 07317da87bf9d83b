"""TensorsToLandmarksCalculator: the output of a regression model as landmarks."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphkit import Calculator, Input, Options, Output, SideInput, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import LandmarkList, NormalizedLandmarkList, Tensor
from graphkit_calculators.tensor._activation import sigmoid

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

_COLUMNS = 5


@options("mediapipe.TensorsToLandmarksCalculatorOptions", extension=335742640)
class TensorsToLandmarksCalculatorOptions:
    """How the values of the tensor are read."""

    class Activation(IntEnum):
        """Functions that a model may leave to its reader."""

        NONE = 0
        SIGMOID = 1

    num_landmarks: int | None = option(1)
    input_image_width: int | None = option(2)
    input_image_height: int | None = option(3)
    flip_vertically: bool = option(4, default=False)
    flip_horizontally: bool = option(6, default=False)
    normalize_z: float = option(5, default=1.0)
    visibility_activation: Activation = option(7, default=Activation.NONE)
    presence_activation: Activation = option(8, default=Activation.NONE)


@calculator
class TensorsToLandmarksCalculator(Calculator):
    """Reads x, y, z, visibility and presence of each landmark out of the first tensor of a list.

    Emits at every timestamp with tensors, on those of LANDMARKS (as the model gives them) and
    NORM_LANDMARKS (in fractions of the model's input) that are connected.

    The tensor holds ``num_landmarks`` rows of 1 to 5 values; more values per row are left out, and a
    list has visibility and presence only where the model gives them.

    Knobs: ``input_image_width`` and ``_height``, the size of the model's input, for NORM_LANDMARKS and
    flipping; ``normalize_z`` divides z besides (z is otherwise on the scale of x); ``flip_*`` mirror,
    and so do the streams or side packets FLIP_HORIZONTALLY and FLIP_VERTICALLY, which come first;
    ``visibility_activation`` and ``presence_activation`` where the model gives logits.

    Example::

        node {
          calculator: "TensorsToLandmarksCalculator"
          input_stream: "TENSORS:landmark_tensors"
          output_stream: "NORM_LANDMARKS:landmarks"
          options {
            [mediapipe.TensorsToLandmarksCalculatorOptions.ext] {
              num_landmarks: 21
              input_image_width: 224
              input_image_height: 224
              normalize_z: 0.4
            }
          }
        }
    """

    for_outputs_only = True

    tensors = Input(list[Tensor], "TENSORS")
    flip_horizontally = Input(bool, "FLIP_HORIZONTALLY", optional=True)
    flip_vertically = Input(bool, "FLIP_VERTICALLY", optional=True)
    flip_horizontally_side = SideInput(bool, "FLIP_HORIZONTALLY", value_optional=True)
    flip_vertically_side = SideInput(bool, "FLIP_VERTICALLY", value_optional=True)
    landmarks = Output(LandmarkList, "LANDMARKS", optional=True)
    norm_landmarks = Output(NormalizedLandmarkList, "NORM_LANDMARKS", optional=True)
    options: Options[Any] = Options(TensorsToLandmarksCalculatorOptions)

    @classmethod
    def settings(cls, cc: CalculatorContract | CalculatorContext) -> TensorsToLandmarksCalculatorOptions:
        """Return what the options say; a subclass with options of its own puts them into these."""
        chosen: TensorsToLandmarksCalculatorOptions = cls.options(cc)
        return chosen

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that the sizes which the outputs need are there."""
        chosen = cls.settings(cc)
        if not chosen.num_landmarks or chosen.num_landmarks < 0:
            raise ContractError("num_landmarks is not set; it is the number of rows in the tensor.")
        flips = (cls.flip_horizontally, cls.flip_vertically, cls.flip_horizontally_side, cls.flip_vertically_side)
        may_flip = chosen.flip_horizontally or chosen.flip_vertically or any(p.is_connected(cc) for p in flips)
        sized = chosen.input_image_width and chosen.input_image_height
        if not sized and (may_flip or cls.norm_landmarks.is_connected(cc)):
            raise ContractError(
                "input_image_width and input_image_height are not set; NORM_LANDMARKS and flipping need the size "
                "of the model's input."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        chosen = self._chosen = self.settings(cc)
        self._count = chosen.num_landmarks or 0
        horizontally, vertically = self.flip_horizontally_side.get(cc), self.flip_vertically_side.get(cc)
        self._flips = (
            chosen.flip_horizontally if horizontally is None else horizontally,
            chosen.flip_vertically if vertically is None else vertically,
        )
        self._flip_streams = self.flip_horizontally.is_connected(cc) or self.flip_vertically.is_connected(cc)
        self._absolute = self.landmarks.is_connected(cc)
        self._normalized = self.norm_landmarks.is_connected(cc)
        self._size = (np.float32(chosen.input_image_width or 1), np.float32(chosen.input_image_height or 1))

    def process(self, cc: CalculatorContext) -> None:
        """Emit the landmarks."""
        tensors = self.tensors.get(cc)
        if tensors is None:
            return
        rows, given = self._rows(tensors[0])
        self._flip(cc, rows)
        has_visibility, has_presence = given > 3, given > 4
        if self._normalized:
            scaled = rows.copy() if self._absolute else rows
            scaled[:, 0] /= self._size[0]
            scaled[:, 1] /= self._size[1]
            # Two divisions, as in C++: their product would round differently.
            scaled[:, 2] /= self._size[0]
            scaled[:, 2] /= np.float32(self._chosen.normalize_z)
            self.norm_landmarks.send(cc, NormalizedLandmarkList(scaled, has_visibility, has_presence))
        if self._absolute:
            self.landmarks.send(cc, LandmarkList(rows, has_visibility, has_presence))

    def _rows(self, tensor: Tensor) -> tuple[Floats, int]:
        """Return a new (N, 5) array and how many of its columns the model gives."""
        values = tensor.nhwc().reshape(-1)
        dimensions = len(values) // self._count
        if dimensions == 0 or values.dtype != np.float32:
            raise FormatError(
                f"{self._count} landmarks cannot be read from {tensor}; a float32 tensor of {self._count} times "
                "1 to 5 values is needed."
            )
        given = min(dimensions, _COLUMNS)
        rows = np.zeros((self._count, _COLUMNS), np.float32)
        rows[:, :given] = values[: self._count * dimensions].reshape(self._count, dimensions)[:, :given]
        activations = (self._chosen.visibility_activation, self._chosen.presence_activation)
        for column, activation in zip((3, 4), activations, strict=True):
            if given > column and activation == TensorsToLandmarksCalculatorOptions.Activation.SIGMOID:
                rows[:, column] = sigmoid(rows[:, column])
        return rows, given

    def _flip(self, cc: CalculatorContext, rows: Floats) -> None:
        horizontally, vertically = self._flips
        if self._flip_streams:
            by_stream = self.flip_horizontally.get(cc), self.flip_vertically.get(cc)
            horizontally = horizontally if by_stream[0] is None else by_stream[0]
            vertically = vertically if by_stream[1] is None else by_stream[1]
        if horizontally:
            rows[:, 0] = self._size[0] - rows[:, 0]
        if vertically:
            rows[:, 1] = self._size[1] - rows[:, 1]
