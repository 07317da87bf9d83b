"""Cutting a rotated region out of a picture on the GPU into the memory of a tensor.

The shader does what OpenCV does in memory, to the last bit: it samples at the same multiples of 1/32 pixel, weighs
four pixels and rounds to 8 bits. A tracker feeds on its own output, so that one level of difference in one pixel
would move landmarks by pixels a second later; this way a graph finds the same on either side.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import FormatError
from graphkit.gpu import GpuBufferFormat, TensorCut
from graphkit_calculators.gpu._perspective_places import block_width, places, shader
from graphkit_calculators.gpu._picture_shader import PictureShader
from graphkit_calculators.tensor._image_warp import source_matrix

if TYPE_CHECKING:
    from graphkit.formats import Pixels
    from graphkit.gpu import GlContext, GpuBuffer
    from graphkit_calculators.tensor._roi import Roi

_STEPS: Final = 32
_FORMATS: Final = (GpuBufferFormat.RGBA8, GpuBufferFormat.R8)

_SAMPLING: Final = """
    uniform sampler2D frame;
    uniform bool replicate;

    vec4 level(ivec2 place, ivec2 last) {
        ivec2 inside = clamp(place, ivec2(0), last);
        return replicate || inside == place ? round(texelFetch(frame, inside, 0) * 255.0) : vec4(0.0);
    }

    vec4 sampled(ivec2 target) {
        ivec2 place = place_of(target);
        ivec2 corner = place >> 5, last = textureSize(frame, 0) - 1;
        vec2 share = vec2(place & 31) / 32.0;
        vec4 above = mix(level(corner, last), level(corner + ivec2(1, 0), last), share.x);
        vec4 below = mix(level(corner + ivec2(0, 1), last), level(corner + ivec2(1, 1), last), share.x);
        return floor(mix(above, below, share.y) + 0.5);
    }
"""
_MAIN: Final = """
    out vec4 color;

    void main() {
        color = sampled(ivec2(gl_FragCoord.xy)) / 255.0;
    }
"""


class GpuWarp:
    """`warp_roi` for pictures on the GPU.

    Args:
        context: draws; None for one that the pictures are made in, taken with the first of them.
        replicate: whether the outside repeats the edge; it is black otherwise.
    """

    def __init__(self, context: GlContext | None, *, replicate: bool) -> None:
        self._replicate = replicate
        self._shader = PictureShader("ImageToTensorCalculator", _source, context)

    def __call__(self, picture: GpuBuffer, roi: Roi, size: tuple[int, int]) -> Pixels:
        """Return the pixels of *roi*; any thread.

        Args:
            picture: RGBA8 or R8.
            roi: in pixels of the picture.
            size: width and height of the result.

        Returns:
            (height, width, 4) uint8 for RGBA8, (height, width) for R8; read-only.

        Raises:
            FormatError: the picture is of another format.
        """
        with self.draw(picture, roi, size) as tensor:
            return tensor.array()

    def draw(self, picture: GpuBuffer, roi: Roi, size: tuple[int, int]) -> GpuBuffer:
        """Return what a call returns, of the picture's format and still on the GPU; any thread."""
        return self._draw(picture, size, self._uniforms(picture, roi, size))

    def cut(self, picture: GpuBuffer, roi: Roi, size: tuple[int, int]) -> TensorCut:
        """Return how to sample what `draw` draws; nothing is drawn yet."""
        uniforms = self._uniforms(picture, roi, size)
        return TensorCut(size, places(_STEPS) + _SAMPLING, uniforms, partial(self._draw, picture, size, uniforms))

    def _draw(self, picture: GpuBuffer, size: tuple[int, int], uniforms: dict[str, Any]) -> GpuBuffer:
        return self._shader.draw({"frame": picture}, size, picture.format, **uniforms)

    def _uniforms(self, picture: GpuBuffer, roi: Roi, size: tuple[int, int]) -> dict[str, Any]:
        if picture.format not in _FORMATS:
            known = " and ".join(known.name for known in _FORMATS)
            raise FormatError(f"IMAGE_GPU is of format {picture.format.name}; tensors are made of {known}.")
        columns = tuple(source_matrix(roi, size).T.ravel().tolist())
        return {"source_from_target": columns, "block": block_width(size), "replicate": self._replicate}

    def release(self) -> None:
        """Let go of the shader."""
        self._shader.release()


def _source(context: GlContext) -> str:
    return shader(context, _STEPS, _SAMPLING + _MAIN)
