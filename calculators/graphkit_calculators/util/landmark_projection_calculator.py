"""LandmarkProjectionCalculator: landmarks of a region as those of the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError
from graphkit.formats import ImageSize, NormalizedLandmarkList, NormalizedRect
from graphkit_calculators.tensor._roi import roi_of, roi_to_image_matrix
from graphkit_calculators.util._projection import Projection

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.LandmarkProjectionCalculatorOptions", extension=263371892)
class LandmarkProjectionCalculatorOptions:
    """Whether the region's turn is undone."""

    ignore_rotation: bool = option(1, default=False)


@calculator
class LandmarkProjectionCalculator(Calculator):
    """Maps landmarks found in a region of an image to the whole image.

    Emits each list of landmarks at its timestamp, as long as the region is there. Several lists may be
    given as NORM_LANDMARKS:0, NORM_LANDMARKS:1, ...

    The region is a NORM_RECT, best together with IMAGE_DIMENSIONS, or a PROJECTION_MATRIX from fractions
    of the region to fractions of the image. A NORM_RECT alone is turned in normalised space, which
    fits a square region only; it costs least.

    Knobs: ``ignore_rotation`` takes the rect as upright.

    Example::

        node {
          calculator: "LandmarkProjectionCalculator"
          input_stream: "NORM_LANDMARKS:landmarks"
          input_stream: "NORM_RECT:rect"
          output_stream: "NORM_LANDMARKS:projected_landmarks"
        }
    """

    for_outputs_only = True

    landmarks = Input(NormalizedLandmarkList, "NORM_LANDMARKS", repeated=True)
    rect = Input(NormalizedRect, "NORM_RECT", optional=True)
    image_dimensions = Input(ImageSize, "IMAGE_DIMENSIONS", optional=True)
    matrix = Input(np.ndarray, "PROJECTION_MATRIX", optional=True)
    projected = Output(NormalizedLandmarkList, "NORM_LANDMARKS", repeated=True)
    options = Options(LandmarkProjectionCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is one region, and an output for each input."""
        if cls.rect.is_connected(cc) == cls.matrix.is_connected(cc):
            raise ContractError("exactly one of NORM_RECT and PROJECTION_MATRIX must be connected.")
        inputs, outputs = cls.landmarks.count(cc), cls.projected.count(cc)
        if inputs != outputs:
            raise ContractError(
                f"NORM_LANDMARKS has {inputs} inputs and {outputs} outputs; as many of both are needed."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._ignore_rotation = self.options(cc).ignore_rotation
        self._streams = range(self.landmarks.count(cc))
        self._by_rect = self.rect.is_connected(cc)
        self._by_size = self.image_dimensions.is_connected(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the projected landmarks."""
        projection = self._projection(cc)
        if projection is None:
            return
        for index in self._streams:
            found = self.landmarks.get(cc, index)
            if found is not None:
                self.projected.send(cc, projection.landmarks(found), index=index)

    def _projection(self, cc: CalculatorContext) -> Projection | None:
        if not self._by_rect:
            matrix = self.matrix.get(cc)
            return None if matrix is None else Projection.of_matrix(matrix)
        rect = self.rect.get(cc)
        if rect is None:
            return None
        if not self._by_size:
            return Projection.of_rect(rect, ignore_rotation=self._ignore_rotation)
        size = self.image_dimensions.get(cc)
        if size is None:
            return None
        roi = roi_of(*size, rect)
        if self._ignore_rotation:
            roi = roi._replace(rotation=0.0)
        return Projection.of_matrix(roi_to_image_matrix(roi, *size))
