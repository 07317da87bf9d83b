"""SegmentationSmoothingCalculator: masks that do not flicker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import FormatError
from graphkit.formats import Image, ImageFormat, ImageFrame
from graphkit.gpu import GpuBuffer
from graphkit_calculators.image._mask_smoothing_gl import CERTAINTY, GpuMaskSmoother

if TYPE_CHECKING:
    from graphkit import CalculatorContext

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

_COEFFICIENTS: Final = tuple(map(np.float32, CERTAINTY))
_CHUNK: Final = 16_384  # pixels; three float32 buffers of as many stay in the fast caches


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
        self._ratio = self.options(cc).combine_with_previous_ratio
        self._gpu = GpuMaskSmoother(self._ratio)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the mixed mask."""
        image, previous = self.mask.get(cc), self.previous.get(cc)
        if image is None:
            return
        if previous is None or (previous.width, previous.height) != (image.width, image.height):
            self.smoothed.send(cc, image)
            return
        self.smoothed.send(cc, self._mixed(image, previous))

    def close(self, cc: CalculatorContext) -> None:
        """Release the shader."""
        self._gpu.release()

    def _mixed(self, image: Image, previous: Image) -> Image:
        if isinstance(image.source, GpuBuffer):
            return Image(self._gpu.draw(image.source, previous))
        return Image(ImageFrame(blend(_values(image), _values(previous), self._ratio)))


def _values(image: Image) -> Floats:
    frame = image.cpu()
    if frame.format is not ImageFormat.VEC32F1:
        raise FormatError(f"a mask of one float32 channel (VEC32F1) was expected; found {frame}.")
    return frame.data


def blend(new: Floats, old: Floats, ratio: float) -> Floats:
    """Return ``new + (old - new) * uncertainty(new) * ratio``, (H, W) float32.

    It is worked out in pieces that stay in the processor's caches: over whole images memory would be the limit.
    """
    flat_new, flat_old = np.ascontiguousarray(new).reshape(-1), np.ascontiguousarray(old).reshape(-1)
    result = np.empty_like(flat_new)
    x, share = np.empty((2, min(_CHUNK, len(result))), np.float32)
    half, one, factor = np.float32(0.5), np.float32(1), np.float32(ratio)
    for start in range(0, len(result), _CHUNK):
        piece = slice(start, start + _CHUNK)
        p, out = flat_new[piece], result[piece]
        square, weight = x[: len(p)], share[: len(p)]
        np.subtract(p, half, out=square)
        np.multiply(square, square, out=square)
        np.multiply(square, _COEFFICIENTS[0], out=weight)
        for coefficient in _COEFFICIENTS[1:]:
            np.add(weight, coefficient, out=weight)
            np.multiply(weight, square, out=weight)
        np.minimum(weight, one, out=weight)
        np.subtract(one, weight, out=weight)
        np.multiply(weight, factor, out=weight)
        np.subtract(flat_old[piece], p, out=out)
        np.multiply(out, weight, out=out)
        np.add(out, p, out=out)
    return result.reshape(new.shape)
