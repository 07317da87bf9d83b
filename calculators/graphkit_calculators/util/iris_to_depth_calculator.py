"""IrisToDepthCalculator: how far eyes are from the camera, from the size of their irises."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from graphkit import Calculator, Input, Options, Output, SideInput, calculator, option, options
from graphkit.errors import ContractError
from graphkit.formats import ImageFileProperties, ImageSize, NormalizedLandmarkList
from graphkit_calculators.util._iris import IRIS_MM, Iris

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

_NEW: Final = 0.1  # share of the newest distance in the smoothed one


@options("mediapipe.IrisToDepthCalculatorOptions", extension=303429002)
class IrisToDepthCalculatorOptions:
    """Which landmark is which point of an iris."""

    left_iris_center_index: int = option(1, default=0)
    left_iris_top_index: int = option(2, default=2)
    left_iris_bottom_index: int = option(3, default=4)
    left_iris_left_index: int = option(4, default=3)
    left_iris_right_index: int = option(5, default=1)
    right_iris_center_index: int = option(6, default=5)
    right_iris_top_index: int = option(7, default=7)
    right_iris_bottom_index: int = option(8, default=9)
    right_iris_left_index: int = option(9, default=6)
    right_iris_right_index: int = option(10, default=8)


@calculator
class IrisToDepthCalculator(Calculator):
    """Measures the distance of each eye from the camera, in millimetres: irises are 11.8 mm wide.

    Emits at every timestamp with irises, smoothed over time; nothing without a focal length.

    Inputs: IRIS, 10 landmarks, five per eye; IMAGE_SIZE. The focal length of the camera in pixels is the side
    packet FOCAL_LENGTH, or is in IMAGE_FILE_PROPERTIES, which ImageFilePropertiesCalculator reads from a
    photograph; either may be left out. Outputs: LEFT_IRIS_DEPTH_MM, RIGHT_IRIS_DEPTH_MM.

    Knobs: ``*_index``, for landmarks in another order than the iris model's.

    Example::

        node {
          calculator: "IrisToDepthCalculator"
          input_stream: "IRIS:iris_landmarks"
          input_stream: "IMAGE_SIZE:image_size"
          input_side_packet: "FOCAL_LENGTH:focal_length_pixel"
          output_stream: "LEFT_IRIS_DEPTH_MM:left_iris_depth_mm"
          output_stream: "RIGHT_IRIS_DEPTH_MM:right_iris_depth_mm"
        }
    """

    irises = Input(NormalizedLandmarkList, "IRIS")
    image_size = Input(ImageSize, "IMAGE_SIZE")
    focal_length = SideInput(float, "FOCAL_LENGTH", value_optional=True)
    properties = SideInput(ImageFileProperties, "IMAGE_FILE_PROPERTIES", value_optional=True)
    left = Output(float, "LEFT_IRIS_DEPTH_MM", optional=True)
    right = Output(float, "RIGHT_IRIS_DEPTH_MM", optional=True)
    options = Options(IrisToDepthCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that the focal length has one source."""
        if cls.focal_length.is_connected(cc) and cls.properties.is_connected(cc):
            raise ContractError(
                "FOCAL_LENGTH and IMAGE_FILE_PROPERTIES both give the focal length; use one of both."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Read the options and the focal length."""
        chosen = self.options(cc)
        self._indexes = [
            [getattr(chosen, f"{side}_iris_{end}_index") for end in ("center", "top", "bottom", "left", "right")]
            for side in ("left", "right")
        ]
        properties = self.properties.get(cc)
        given = self.focal_length.get(cc) if properties is None else properties.focal_length_pixels
        self._focal_length = given or 0.0
        self._smoothed = [math.inf, math.inf]

    def process(self, cc: CalculatorContext) -> None:
        """Emit the distances."""
        irises = self.irises.get(cc)
        if irises is None or self._focal_length <= 0:
            return
        size = self.image_size(cc)
        for eye, output in enumerate((self.left, self.right)):
            depth = self._depth(Iris.of(irises, self._indexes[eye], size), size)
            before = self._smoothed[eye]
            self._smoothed[eye] = depth if math.isinf(before) else before * (1 - _NEW) + depth * _NEW
            output.send(cc, self._smoothed[eye])

    def _depth(self, iris: Iris, size: ImageSize) -> float:
        """Return the distance in millimetres; endless for an iris without a size."""
        x, y = iris.center
        aside = math.hypot((x - 0.5) * size.width, (y - 0.5) * size.height)
        return IRIS_MM * math.hypot(self._focal_length, aside) / iris.diameter if iris.diameter > 0 else math.inf
