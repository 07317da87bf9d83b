"""Moving pictures on the GPU by an affine map, as OpenCV does it in memory.

OpenCV samples at multiples of 1/32 pixel, and finds them in whole numbers: a pixel's place is the rounded share of
its column plus the rounded share of its row, both in steps of 1/1024. The shader repeats that, so that results
differ by the rounding of sums alone.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from graphkit_calculators.gpu._picture_shader import PictureShader

if TYPE_CHECKING:
    from graphkit.formats import ImageSize
    from graphkit.gpu import GlContext, GpuBuffer

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

# In single precision, which is all there is before OpenGL 4.0, some samples are 1/32 pixel off.
_DOUBLE: Final = "#version 400 core\n#define real double\n#define real3 dvec3\n"
_SINGLE: Final = "#version 330 core\n#define precise\n#define real float\n#define real3 vec3\n"

_PLACES: Final = """#line 1
    uniform sampler2D frame;
    uniform real3 across, down;  // place in the source, in steps of 1/1024 pixel: of x, of y, of nothing
    uniform bool replicate;
    uniform float white;  // 255 for pictures of 8 bits, which are rounded to whole levels; 0 for those of floats
    out vec4 color;

    int whole(real steps) {
        return int(clamp(roundEven(steps), real(-1e9), real(1e9)));
    }

    // In steps of 1/1024 pixel.
    int place_of(real3 map, ivec2 target) {
        precise real row = map.y * real(target.y) + map.z;
        precise real column = map.x * real(target.x);
        return whole(column) + whole(row);
    }

    vec4 level(ivec2 place, ivec2 last) {
        ivec2 inside = clamp(place, ivec2(0), last);
        vec4 value = texelFetch(frame, inside, 0);
        return replicate || inside == place ? (white > 0.0 ? round(value * white) : value) : vec4(0.0);
    }
"""

_LINEAR: Final = """
    vec4 sampled(ivec2 corner, vec2 share, ivec2 last) {
        vec4 above = mix(level(corner, last), level(corner + ivec2(1, 0), last), share.x);
        vec4 below = mix(level(corner + ivec2(0, 1), last), level(corner + ivec2(1, 1), last), share.x);
        return mix(above, below, share.y);
    }
"""

_CUBIC: Final = """
    // Keys' kernel with OpenCV's constant.
    vec4 weights(float x) {
        const float A = -0.75;
        float y = 1.0 - x;
        vec4 found = vec4(
            ((A * (x + 1.0) - 5.0 * A) * (x + 1.0) + 8.0 * A) * (x + 1.0) - 4.0 * A,
            ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0, ((A + 2.0) * y - (A + 3.0)) * y * y + 1.0, 0.0
        );
        found.w = 1.0 - found.x - found.y - found.z;
        return found;
    }

    vec4 sampled(ivec2 corner, vec2 share, ivec2 last) {
        vec4 x = weights(share.x), y = weights(share.y), sum = vec4(0.0);
        for (int row = 0; row < 4; ++row) {
            for (int column = 0; column < 4; ++column) {
                sum += y[row] * x[column] * level(corner + ivec2(column - 1, row - 1), last);
            }
        }
        return sum;
    }
"""

_MAIN: Final = """
    void main() {
        ivec2 target = ivec2(gl_FragCoord.xy);
        ivec2 place = (ivec2(place_of(across, target), place_of(down, target)) + 16) >> 5;  // of 1/32 pixel
        ivec2 corner = place >> 5, last = textureSize(frame, 0) - 1;
        vec2 share = vec2(place & 31) / 32.0;
        color = sampled(corner, share, last);
        color = white > 0.0 ? floor(color + 0.5) / white : color;
    }
"""

_NEAREST_MAIN: Final = """
    void main() {
        ivec2 target = ivec2(gl_FragCoord.xy);
        ivec2 place = (ivec2(place_of(across, target), place_of(down, target)) + 512) >> 10;
        color = level(place, textureSize(frame, 0) - 1);
        color = white > 0.0 ? color / white : color;
    }
"""

Sampling: TypeAlias = Literal["linear", "cubic", "nearest"]
_BODIES: Final = {"linear": _LINEAR + _MAIN, "cubic": _CUBIC + _MAIN, "nearest": _NEAREST_MAIN}


class GpuAffineWarp:
    """`warp_affine` of GpuBuffers. Any thread.

    Args:
        replicate: whether the outside repeats the edge; it is 0 otherwise.
        sampling: over 2x2 pixels, over 4x4, or of the nearest.
    """

    def __init__(self, *, replicate: bool, sampling: Sampling) -> None:
        self._replicate = replicate
        self._shader = PictureShader("WarpAffineCalculator", partial(_source, _BODIES[sampling]))

    def draw(self, picture: GpuBuffer, absolute: Floats, size: ImageSize) -> GpuBuffer:
        """Return *picture* moved, in its own format.

        Args:
            picture: of any format.
            absolute: (2, 3) from pixels of the result to pixels of *picture*.
            size: of the result.
        """
        across, down = (tuple((row * 1024).tolist()) for row in absolute.astype(np.float64))
        white = 255.0 if picture.format.dtype == np.uint8 else 0.0
        return self._shader.draw(
            {"frame": picture},
            size,
            picture.format,
            across=across,
            down=down,
            replicate=self._replicate,
            white=white,
        )

    def release(self) -> None:
        """Let go of the shader."""
        self._shader.release()


def _source(body: str, context: GlContext) -> str:
    precision = _DOUBLE if context.gl.version_code >= 400 else _SINGLE
    return precision + _PLACES + body
