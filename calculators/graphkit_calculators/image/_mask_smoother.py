"""MaskSmoother: what the mask smoothing calculators do to a mask and the one before it."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np

from graphkit.errors import FormatError
from graphkit.formats import Image, ImageFormat, ImageFrame
from graphkit.gpu import GpuBuffer
from graphkit_calculators.image._mask_smoothing_gl import CERTAINTY, GpuMaskSmoother

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

_COEFFICIENTS: Final = tuple(map(np.float32, CERTAINTY))
_CHUNK: Final = 16_384  # pixels; three float32 buffers of as many stay in the fast caches


class MaskSmoother:
    """Mixes masks where they lie, in memory or on the GPU.

    Args:
        ratio: how much of the previous mask stays where the new one knows nothing, 0 to 1.
    """

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio
        self._gpu = GpuMaskSmoother(ratio)

    def mixed(self, image: Image, previous: Image | None) -> Image:
        """Return *image* mixed with *previous*; as it is where that is missing or of another size."""
        if previous is None or (previous.width, previous.height) != (image.width, image.height):
            return image
        if isinstance(image.source, GpuBuffer):
            return Image(self._gpu.draw(image.source, previous))
        return Image(ImageFrame(blend(_values(image), _values(previous), self._ratio)))

    def release(self) -> None:
        """Let go of the shader."""
        self._gpu.release()


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
