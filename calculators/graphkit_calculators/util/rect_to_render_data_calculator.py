"""RectToRenderDataCalculator: regions as boxes or ovals to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError
from graphkit.formats import (
    FilledOval,
    FilledRectangle,
    NormalizedRect,
    Oval,
    Rect,
    Rectangle,
    RenderAnnotation,
    RenderData,
    Shape,
)
from graphkit_calculators.util._colors import color_of
from graphkit_calculators.util._rect_math import f32

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

_INPUTS = ("NORM_RECT", "RECT", "NORM_RECTS", "RECTS")


@options("mediapipe.RectToRenderDataCalculatorOptions", extension=262270380)
class RectToRenderDataCalculatorOptions:
    """How the regions look."""

    filled: bool = option(1, default=False)
    color: Any = option(2, "mediapipe.Color")
    thickness: float = option(3, "double", default=1.0)
    oval: bool = option(4, default=False)
    top_left_thickness: float | None = option(5, "double")


@calculator
class RectToRenderDataCalculator(Calculator):
    """Draws each region as a rotated box, or as the oval inside it.

    Emits at every timestamp at which its input has a packet; an empty list gives empty render data.

    Inputs, one of: NORM_RECT, RECT, NORM_RECTS, RECTS. Output: RENDER_DATA. An upright region that lies
    outside of the image is drawn as nothing.

    Knobs: ``color``; ``thickness`` of the outline in pixels; ``filled``; ``oval``;
    ``top_left_thickness``, the radius of a dot at the corner that is the top left one before rotation.

    Example::

        node {
          calculator: "RectToRenderDataCalculator"
          input_stream: "NORM_RECTS:hand_rects"
          output_stream: "RENDER_DATA:rects_render_data"
          options {
            [mediapipe.RectToRenderDataCalculatorOptions.ext] {
              color { r: 255 g: 0 b: 0 }
              thickness: 4.0
            }
          }
        }
    """

    for_outputs_only = True

    norm_rect = Input(NormalizedRect, "NORM_RECT", optional=True)
    rect = Input(Rect, "RECT", optional=True)
    norm_rects = Input(list[NormalizedRect], "NORM_RECTS", optional=True)
    rects = Input(list[Rect], "RECTS", optional=True)
    render_data = Output(RenderData, "RENDER_DATA")
    options = Options(RectToRenderDataCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is one input."""
        given = [tag for tag in _INPUTS if tag in cc.inputs]
        if len(given) != 1:
            raise ContractError(
                f"expected exactly one of the inputs {', '.join(_INPUTS)}; found {', '.join(given) or 'none'}."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._chosen = self.options(cc)
        self._color = color_of(self._chosen.color)
        tag = next(tag for tag in _INPUTS if tag in cc.inputs)
        self._input: Input[Any] = getattr(self, tag.lower())
        self._is_list = tag.endswith("S")

    def process(self, cc: CalculatorContext) -> None:
        """Emit one shape a region."""
        given = self._input.get(cc)
        rects = () if given is None else given if self._is_list else (given,)
        thickness, color = self._chosen.thickness, self._color
        self.render_data.send(
            cc, RenderData([RenderAnnotation(self._shape(rect), thickness, color) for rect in rects])
        )

    def _shape(self, rect: Rect | NormalizedRect) -> Shape:
        box = _rectangle(rect)
        box.top_left_thickness = self._chosen.top_left_thickness
        if self._chosen.oval:
            return FilledOval(Oval(box)) if self._chosen.filled else Oval(box)
        return FilledRectangle(box) if self._chosen.filled else box


def _rectangle(rect: Rect | NormalizedRect) -> Rectangle:
    """Return the box of a region; an empty one where nothing of it can be seen."""
    normalized = isinstance(rect, NormalizedRect)
    width, height = rect.width, rect.height
    left, top = f32(rect.x_center - width / 2), f32(rect.y_center - height / 2)
    right, bottom = left + width, top + height
    if rect.rotation == 0.0 and (right < 0 or bottom < 0 or (normalized and (left > 1 or top > 1))):
        return Rectangle(0.0, 0.0, 0.0, 0.0)
    return Rectangle(left, top, right, bottom, normalized, rect.rotation)
