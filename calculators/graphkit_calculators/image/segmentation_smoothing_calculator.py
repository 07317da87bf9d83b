"""SegmentationSmoothingCalculator: masks that do not flicker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.formats import Image
from graphkit_calculators.image._mask_smoother import MaskSmoother

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@options("mediapipe.SegmentationSmoothingCalculatorOptions", extension=377425128)
class SegmentationSmoothingCalculatorOptions:
    """How much of the previous mask stays."""

    combine_with_previous_ratio: float = option(1, default=0.0)


@calculator
class SegmentationSmoothingCalculator(Calculator):
    """Mixes a mask with the one before it, most where the new one is unsure (near 0.5).

    Emits at every timestamp with a MASK; where MASK_PREVIOUS has no packet, the mask as it is. Both are Images
    of float32 (VEC32F1) of one size, but a previous mask of another size is left out, so that a video may
    change its size. Where MASK is on the GPU it is mixed there; it may have one channel, or four, of which the
    first counts, and the result then stands in the first and the last.

    Knobs: ``combine_with_previous_ratio``, 0 to 1: how much of the previous mask remains where the new one knows
    nothing.

    Example::

        node {
          calculator: "SegmentationSmoothingCalculator"
          input_stream: "MASK:mask"
          input_stream: "MASK_PREVIOUS:previous_mask"
          output_stream: "MASK_SMOOTHED:smoothed_mask"
          options {
            [mediapipe.SegmentationSmoothingCalculatorOptions.ext] { combine_with_previous_ratio: 0.7 }
          }
        }
    """

    blocking = True
    pure = True

    mask = Input(Image, "MASK")
    previous = Input(Image, "MASK_PREVIOUS")
    smoothed = Output(Image, "MASK_SMOOTHED")
    options = Options(SegmentationSmoothingCalculatorOptions)

    def open(self, cc: CalculatorContext) -> None:
        """Read the option."""
        self._smoother = MaskSmoother(self.options(cc).combine_with_previous_ratio)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the mixed mask."""
        image = self.mask.get(cc)
        if image is not None:
            self.smoothed.send(cc, self._smoother.mixed(image, self.previous.get(cc)))

    def close(self, cc: CalculatorContext) -> None:
        """Release the shader."""
        self._smoother.release()
