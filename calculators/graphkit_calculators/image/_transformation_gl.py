"""Scaling, turning and mirroring textures, as ImageTransformationCalculator does on the GPU.

Pixels of 8 bits become those that OpenCV makes in memory: it weighs neighbours in steps of 1/2048 and drops bits
on its way, and a model that looks at a small picture notices the level by which others are off.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from graphkit.formats import ImageSize
from graphkit.gpu import FullFrameProgram, GpuBuffer
from graphkit_calculators.gpu._placement import Placement
from graphkit_calculators.image._transformation import (
    Interpolation,
    ScaleMode,
    Transformation,
    fitted_size,
    shrinks,
)

if TYPE_CHECKING:
    from graphkit.gpu import GlCalculatorHelper

_SHADER: Final = """
    uniform sampler2D frame;
    uniform ivec2 whole;  // width and height of the target
    uniform ivec4 inner;  // left, top, width and height of the picture in the target, before that is mirrored
    uniform ivec2 turned;  // width and height of the source, turned
    uniform ivec2 corner, right, down;  // its first pixel, and steps to the next ones, in the source as it is
    uniform bvec2 flip;
    uniform vec4 border;
    uniform bool repeat_edge;
    uniform float white;  // 255 for pictures of 8 bits, which have whole levels; 1 for those of floats
    out vec4 color;

    #define NEAREST 0
    #define LINEAR 1
    #define AREA 2
    #define AREA_LINEAR 3

    // Of the turned source.
    vec4 pixel(ivec2 place) {
        return texelFetch(frame, corner + right * place.x + down * place.y, 0);
    }

    vec4 level(ivec2 place) {
        vec4 value = pixel(clamp(place, ivec2(0), turned - 1));
        return white > 1.0 ? round(value * white) : value;
    }

    // The first of the two source pixels that a scaled one lies between, and the share of the second.
    void between(int at, int from, int to, out int first, out float share) {
        #if SAMPLING == LINEAR
        float place = float((2 * at + 1) * from - to) / float(2 * to);
        first = int(floor(place));
        share = place - float(first);
        #else
        first = at * from / to;
        share = float((at + 1) * from - (first + 1) * to) / float(from);
        share = share <= 0.0 ? 0.0 : share - floor(share);
        #endif
    }

    vec4 linear(ivec2 at, ivec2 from, ivec2 to) {
        ivec2 first;
        vec2 share;
        between(at.x, from.x, to.x, first.x, share.x);
        between(at.y, from.y, to.y, first.y, share.y);
        if (first.x < 0 || first.x >= from.x - 1) share.x = 0.0;
        vec4 a = level(first), b = level(first + ivec2(1, 0));
        vec4 c = level(first + ivec2(0, 1)), d = level(first + 1);
        if (white == 1.0) return mix(mix(a, b, share.x), mix(c, d, share.x), share.y);
        vec4 weights = roundEven(vec4(1.0 - share, share) * 2048.0);
        ivec4 above = ivec4(a * weights.x + b * weights.z) >> 4, below = ivec4(c * weights.x + d * weights.z) >> 4;
        return vec4(((above * int(weights.y) >> 16) + (below * int(weights.w) >> 16) + 2) >> 2);
    }

    // How much of a source pixel lies under a scaled one, in shares of the latter.
    float covered(int pixel, int at, int from, int to) {
        int part = min((pixel + 1) * to, (at + 1) * from) - max(pixel * to, at * from);
        return float(part) / float(from);
    }

    vec4 mean(ivec2 at, ivec2 from, ivec2 to) {
        ivec2 first = at * from / to, end = ((at + 1) * from + to - 1) / to;
        bool even = from % to == ivec2(0);
        vec4 sum = vec4(0.0);
        for (int y = first.y; y < end.y; ++y) {
            vec4 row = vec4(0.0);
            for (int x = first.x; x < end.x; ++x) {
                row += level(ivec2(x, y)) * (even ? 1.0 : covered(x, at.x, from.x, to.x));
            }
            sum += row * (even ? 1.0 : covered(y, at.y, from.y, to.y));
        }
        ivec2 times = from / to;
        if (even) sum *= 1.0 / float(times.x * times.y);
        if (white == 1.0) return sum;
        return even && times == ivec2(2) ? floor(sum + 0.5) : roundEven(sum);
    }

    void main() {
        ivec2 target = ivec2(gl_FragCoord.xy), size = inner.zw;
        if (flip.x) target.x = whole.x - 1 - target.x;
        if (flip.y) target.y = whole.y - 1 - target.y;
        target -= inner.xy;
        if (target != clamp(target, ivec2(0), size - 1)) {
            if (!repeat_edge) {
                color = border;
                return;
            }
            target = clamp(target, ivec2(0), size - 1);
        }
        #if SAMPLING == NEAREST
        color = pixel(target * turned / size);
        #elif SAMPLING == AREA
        color = mean(target, turned, size) / white;
        #else
        color = linear(target, turned, size) / white;
        #endif
    }
"""


class _Sampling(IntEnum):
    """Numbers that the shader knows."""

    NEAREST = 0
    LINEAR = 1
    AREA = 2
    AREA_LINEAR = 3


class GpuTransformer:
    """Transforms GpuBuffers. Make, use and release it on the helper's GL thread.

    A picture is turned first and then scaled, so its aspect ratio is the turned picture's.
    """

    def __init__(self, helper: GlCalculatorHelper) -> None:
        self._helper = helper
        self._shaders: dict[_Sampling, FullFrameProgram] = {}

    def draw(self, frame: GpuBuffer, how: Transformation) -> GpuBuffer:
        """Return a transformed picture in the format of *frame*."""
        turned = (
            ImageSize(frame.height, frame.width) if how.degrees % 180 else ImageSize(frame.width, frame.height)
        )
        size, inner = _layout(turned, how)
        with self._helper.create_source_texture(frame) as src:
            dst = self._helper.create_destination_texture(*size, frame.format)
            self._helper.bind_framebuffer(dst)
            src.use(0)
            shader = self._compiled(_sampling(turned, inner, how))
            shader.set(
                frame=0,
                whole=size,
                inner=inner,
                turned=turned,
                **_turn(src.size, turned, how.degrees),
                flip=(how.flip_horizontally, how.flip_vertically),
                border=(*(level / 255.0 for level in how.border), 0.0),
                repeat_edge=how.repeat_edge,
                white=255.0 if frame.format.dtype == np.uint8 else 1.0,
            )
            shader.render()
            return self._helper.finish(dst, src)

    def release(self) -> None:
        """Let go of the shaders."""
        for shader in self._shaders.values():
            shader.release()

    def _compiled(self, sampling: _Sampling) -> FullFrameProgram:
        if sampling not in self._shaders:
            source = f"#define SAMPLING {sampling:d}\n{_SHADER}"
            self._shaders[sampling] = FullFrameProgram(
                self._helper.context, source, name="ImageTransformationCalculator"
            )
        return self._shaders[sampling]


def _turn(source: tuple[int, int], turned: ImageSize, degrees: int) -> dict[str, tuple[int, int]]:
    """Return uniforms: where the first pixel of a turned picture lies in the source, and the steps from there."""
    a, b, c, d = map(int, Placement(degrees).source_from_target(source, turned))
    width, height = (side - 1 for side in turned)
    last_x, last_y = (side - 1 for side in source)
    corner = ((last_x - a * width - c * height) // 2, (last_y - b * width - d * height) // 2)
    return {"corner": corner, "right": (a, b), "down": (c, d)}


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
    if not shrinks(turned, ImageSize(width, height), how):
        return _Sampling.LINEAR
    # OpenCV takes means only where no side grows.
    return _Sampling.AREA if width <= turned.width and height <= turned.height else _Sampling.AREA_LINEAR
