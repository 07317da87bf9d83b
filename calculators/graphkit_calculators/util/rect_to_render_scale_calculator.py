"""RectToRenderScaleCalculator: how thick to draw on something of a size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.formats import ImageSize, NormalizedRect
from graphkit_calculators.util._rect_math import f32

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.RectToRenderScaleCalculatorOptions", extension=299463409)
class RectToRenderScaleCalculatorOptions:
    """Scale of one pixel, and where there is nothing."""

    multiplier: float = option(1, default=0.01)
    process_timestamp_bounds: bool = option(2, default=False)


@calculator
class RectToRenderScaleCalculator(Calculator):
    """Makes a scale for drawing out of the size of a thing, so that near things get thick lines.

    Emits at every timestamp with a rect or an image size. RENDER_SCALE is the longer side of NORM_RECT in
    pixels of an image of IMAGE_SIZE, times ``multiplier``; where there is no rect, it is ``multiplier``.

    Knobs: ``multiplier``; ``process_timestamp_bounds`` emits at timestamps without either, too.

    Example::

        node {
          calculator: "RectToRenderScaleCalculator"
          input_stream: "NORM_RECT:roi"
          input_stream: "IMAGE_SIZE:image_size"
          output_stream: "RENDER_SCALE:render_scale"
          options { [mediapipe.RectToRenderScaleCalculatorOptions.ext] { multiplier: 0.0012 } }
        }
    """

    for_outputs_only = True

    rect = Input(NormalizedRect, "NORM_RECT")
    image_size = Input(ImageSize, "IMAGE_SIZE")
    scale = Output(float, "RENDER_SCALE")
    options = Options(RectToRenderScaleCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Ask for bounds where the option does."""
        cc.process_timestamp_bounds = cls.options(cc).process_timestamp_bounds

    def open(self, cc: CalculatorContext) -> None:
        """Read the option."""
        self._multiplier = f32(self.options(cc).multiplier)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the scale."""
        rect = self.rect.get(cc)
        if rect is None:
            self.scale.send(cc, self._multiplier)
            return
        width, height = self.image_size(cc)
        longer = max(f32(rect.width * width), f32(rect.height * height))
        self.scale.send(cc, f32(longer * self._multiplier))
