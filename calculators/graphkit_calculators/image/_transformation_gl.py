"""Scaling, turning and mirroring textures, as ImageTransformationCalculator does on the GPU."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from graphkit.formats import ImageSize
from graphkit.gpu import FullFrameProgram, GpuBuffer
from graphkit_calculators.gpu._placement import Placement
from graphkit_calculators.image._transformation import Interpolation, ScaleMode, Transformation, fitted_size

if TYPE_CHECKING:
    from graphkit.gpu import GlCalculatorHelper

_SHADER: Final = """
    uniform sampler2D frame;
    uniform vec4 inner;  // left, top, width and height of the picture in the target, in pixels
    uniform mat2 source_from_target;
    uniform int sampling;
    uniform vec4 border;
    uniform bool repeat_edge;
    out vec4 color;

    const int NEAREST = 0, LINEAR = 1;

    // The mean of the source pixels under a rectangle, those at its rim by the share that it covers.
    vec4 mean(vec2 low, vec2 high) {
        ivec2 size = textureSize(frame, 0);
        ivec2 first = max(ivec2(floor(low + 1e-3)), 0), last = min(ivec2(ceil(high - 1e-3)), size) - 1;
        vec4 sum = vec4(0.0);
        for (int y = first.y; y <= last.y; ++y) {
            for (int x = first.x; x <= last.x; ++x) {
                vec2 covered = min(high, vec2(x + 1, y + 1)) - max(low, vec2(x, y));
                sum += covered.x * covered.y * texelFetch(frame, ivec2(x, y), 0);
            }
        }
        return sum / ((high.x - low.x) * (high.y - low.y));
    }

    void main() {
        vec2 place = (gl_FragCoord.xy - inner.xy) / inner.zw, half_pixel = 0.5 / inner.zw;
        if (any(lessThan(place, vec2(0.0))) || any(greaterThan(place, vec2(1.0)))) {
            if (!repeat_edge) {
                color = border;
                return;
            }
            place = clamp(place, half_pixel, 1.0 - half_pixel);
        }
        vec2 a = source_from_target * (place - half_pixel - 0.5) + 0.5;
        vec2 b = source_from_target * (place + half_pixel - 0.5) + 0.5;
        vec2 low = min(a, b), high = max(a, b), size = vec2(textureSize(frame, 0));
        if (sampling == NEAREST) {
            color = texelFetch(frame, min(ivec2(low * size + 1e-3), ivec2(size) - 1), 0);
        } else if (sampling == LINEAR) {
            color = texture(frame, 0.5 * (low + high));
        } else {
            color = mean(low * size, high * size);
        }
    }
"""


class _Sampling(IntEnum):
    """Numbers that the shader knows."""

    NEAREST = 0
    LINEAR = 1
    AREA = 2


class GpuTransformer:
    """Transforms GpuBuffers. Make, use and release it on the helper's GL thread.

    A picture is turned first and then scaled, so its aspect ratio is the turned picture's.
    """

    def __init__(self, helper: GlCalculatorHelper) -> None:
        self._helper = helper
        self._shader = FullFrameProgram(helper.context, _SHADER, name="ImageTransformationCalculator")
        self._shader.set(frame=0)

    def draw(self, frame: GpuBuffer, how: Transformation) -> GpuBuffer:
        """Return a transformed picture in the format of *frame*."""
        turned = (
            ImageSize(frame.height, frame.width) if how.degrees % 180 else ImageSize(frame.width, frame.height)
        )
        size, inner = _layout(turned, how)
        placement = Placement(how.degrees, ScaleMode.STRETCH, how.flip_horizontally, how.flip_vertically)
        with self._helper.create_source_texture(frame) as src:
            dst = self._helper.create_destination_texture(*size, frame.format)
            self._helper.bind_framebuffer(dst)
            src.use(0)
            self._shader.set(
                inner=inner,
                source_from_target=placement.source_from_target(src.size, size),
                sampling=int(_sampling(turned, inner, how)),
                border=(*(level / 255.0 for level in how.border), 0.0),
                repeat_edge=how.repeat_edge,
            )
            self._shader.render()
            return self._helper.finish(dst, src)

    def release(self) -> None:
        """Let go of the shader."""
        self._shader.release()


def _layout(turned: ImageSize, how: Transformation) -> tuple[ImageSize, tuple[int, int, int, int]]:
    """Return the size of the output, and left, top, width and height of the picture in it."""
    if not how.scales:
        return turned, (0, 0, *turned)
    if not how.keeps_aspect:
        return how.size, (0, 0, *how.size)
    fitted = fitted_size(turned, how.size)
    if how.scale_mode is ScaleMode.FILL_AND_CROP:
        return fitted, (0, 0, *fitted)
    left, top = (how.size.width - fitted.width) // 2, (how.size.height - fitted.height) // 2
    return how.size, (left, top, *fitted)


def _sampling(turned: ImageSize, inner: tuple[int, int, int, int], how: Transformation) -> _Sampling:
    _, _, width, height = inner
    if how.interpolation is Interpolation.NEAREST or (width, height) == turned:
        return _Sampling.NEAREST
    shrinks = width < turned.width and height < turned.height
    return _Sampling.AREA if shrinks else _Sampling.LINEAR
