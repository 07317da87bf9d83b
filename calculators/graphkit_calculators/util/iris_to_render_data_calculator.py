"""IrisToRenderDataCalculator: irises as circles and dots, and how far they are."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.formats import (
    Color,
    ImageSize,
    NormalizedLandmarkList,
    Oval,
    Point,
    Rectangle,
    RenderAnnotation,
    RenderData,
    Text,
)
from graphkit_calculators.util._colors import color_of
from graphkit_calculators.util._iris import Iris
from graphkit_calculators.util._rect_math import f32, round_half_away

if TYPE_CHECKING:
    from graphkit import CalculatorContext

_EYES: Final = ((0, 2, 4, 3, 1), (5, 7, 9, 6, 8))  # middle, top, bottom, left, right
_SCENE_TAG: Final = "OVAL"
_TEXT: Final = Color(255, 0, 0)
_TEXT_THICKNESS: Final = 5
_LINE_HEIGHT: Final = 1.5


@options("mediapipe.IrisToRenderDataCalculatorOptions", extension=289530040)
class IrisToRenderDataCalculatorOptions:
    """How irises look, and where their distances are written."""

    class Location(IntEnum):
        """The corner from which the text is placed."""

        TOP_LEFT = 0
        BOTTOM_LEFT = 1

    oval_color: Any = option(1, "mediapipe.Color")
    landmark_color: Any = option(9, "mediapipe.Color")
    oval_thickness: float = option(2, "double", default=1.0)
    landmark_thickness: float = option(10, "double", default=1.0)
    font_height_px: int = option(3, default=50)
    horizontal_offset_px: int = option(7, default=0)
    vertical_offset_px: int = option(8, default=0)
    font_face: int = option(5, default=0)
    location: Location = option(6, default=Location.TOP_LEFT)


@calculator
class IrisToRenderDataCalculator(Calculator):
    """Draws a circle around each iris, its five points, and writes how far the eyes are.

    Emits at every timestamp with irises.

    Inputs: IRIS, 10 landmarks, five per eye; IMAGE_SIZE; LEFT_IRIS_DEPTH_MM and RIGHT_IRIS_DEPTH_MM, distances,
    which are written in centimetres where there are any. Output: RENDER_DATA.

    Knobs: ``oval_color``, ``oval_thickness``, ``landmark_color``, ``landmark_thickness``; ``font_height_px``,
    ``font_face`` (OpenCV's), ``horizontal_offset_px`` and ``vertical_offset_px`` from the corner ``location``.

    Example::

        node {
          calculator: "IrisToRenderDataCalculator"
          input_stream: "IRIS:iris_landmarks"
          input_stream: "IMAGE_SIZE:image_size"
          output_stream: "RENDER_DATA:iris_render_data"
          options {
            [mediapipe.IrisToRenderDataCalculatorOptions.ext] {
              oval_color { r: 0 g: 0 b: 255 }
              landmark_color { r: 0 g: 255 b: 0 }
              oval_thickness: 4.0
              landmark_thickness: 2.0
            }
          }
        }
    """

    for_outputs_only = True

    irises = Input(NormalizedLandmarkList, "IRIS")
    image_size = Input(ImageSize, "IMAGE_SIZE")
    left_depth = Input(float, "LEFT_IRIS_DEPTH_MM", optional=True)
    right_depth = Input(float, "RIGHT_IRIS_DEPTH_MM", optional=True)
    render_data = Output(RenderData, "RENDER_DATA")
    options = Options(IrisToRenderDataCalculatorOptions)

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._chosen = self.options(cc)
        self._oval_color = color_of(self._chosen.oval_color)
        self._point_color = color_of(self._chosen.landmark_color)

    def process(self, cc: CalculatorContext) -> None:
        """Emit circles and points of both irises, then the text."""
        irises = self.irises.get(cc)
        if irises is None:
            return
        size = self.image_size(cc)
        drawn = [shape for eye in _EYES for shape in self._iris(Iris.of(irises, eye, size), size)]
        self.render_data.send(cc, RenderData(drawn + self._text(self._lines(cc), size)))

    def _iris(self, iris: Iris, size: ImageSize) -> list[RenderAnnotation]:
        (x, y), radius = iris.center, iris.diameter / 2
        across, down = radius / size.width, radius / size.height
        around = Rectangle(f32(x - across), f32(y - down), f32(x + across), f32(y + down), True)
        oval = RenderAnnotation(Oval(around), self._chosen.oval_thickness, self._oval_color, _SCENE_TAG)
        dots = [
            RenderAnnotation(Point(px, py, True), self._chosen.landmark_thickness, self._point_color)
            for px, py in iris.points.tolist()
        ]
        return [oval, *dots]

    def _lines(self, cc: CalculatorContext) -> list[str]:
        depths = (("Left", self.left_depth.get(cc)), ("Right", self.right_depth.get(cc)))
        return [
            f"{side} : :{round_half_away(depth / 10)} cm"  # MediaPipe's text has two colons
            for side, depth in depths
            if depth is not None and not math.isinf(depth)
        ]

    def _text(self, lines: list[str], size: ImageSize) -> list[RenderAnnotation]:
        chosen = self._chosen
        height = math.ceil(chosen.font_height_px * _LINE_HEIGHT)
        top = chosen.location == chosen.Location.TOP_LEFT
        baseline = chosen.vertical_offset_px + (height if top else size.height - height * len(lines))
        return [
            RenderAnnotation(
                Text(
                    line,
                    chosen.horizontal_offset_px,
                    baseline + number * height,
                    font_height=chosen.font_height_px,
                    font_face=chosen.font_face,
                ),
                _TEXT_THICKNESS,
                _TEXT,
            )
            for number, line in enumerate(lines)
        ]
