"""SobelEdgesCalculator: the edges of a gray picture, on the GPU."""

from __future__ import annotations

from graphkit import calculator
from graphkit.gpu import GlSimpleCalculator


@calculator
class SobelEdgesCalculator(GlSimpleCalculator):
    """Draws how fast the red channel changes at each pixel: the length of its Sobel gradient, cut off at 1.

    Emits at every timestamp with a frame, in RGBA8 (gray, alpha 1), in the size of the input. Feed it a gray
    picture, such as LuminanceCalculator's. Beyond its border the picture repeats its outermost pixels.

    Example::

        node {
          calculator: "SobelEdgesCalculator"
          input_stream: "luma_video"
          output_stream: "output_video"
        }
    """

    fragment_shader = """
        uniform sampler2D frame;
        out vec4 color;

        float at(int x, int y) {
            ivec2 place = ivec2(gl_FragCoord.xy) + ivec2(x, y);
            return texelFetch(frame, clamp(place, ivec2(0), textureSize(frame, 0) - 1), 0).r;
        }

        void main() {
            float h = at(1, -1) + 2.0 * at(1, 0) + at(1, 1) - at(-1, -1) - 2.0 * at(-1, 0) - at(-1, 1);
            float v = at(-1, 1) + 2.0 * at(0, 1) + at(1, 1) - at(-1, -1) - 2.0 * at(0, -1) - at(1, -1);
            color = vec4(vec3(length(vec2(h, v))), 1.0);
        }
    """
