"""LuminanceCalculator: the brightness of each pixel, on the GPU."""

from __future__ import annotations

from graphkit import calculator
from graphkit.gpu import GlSimpleCalculator


@calculator
class LuminanceCalculator(GlSimpleCalculator):
    """Turns a picture gray: red, green and blue all become the luminance, alpha stays.

    Emits at every timestamp with a frame, in RGBA8, in the size of the input.

    Example::

        node {
          calculator: "LuminanceCalculator"
          input_stream: "input_video"
          output_stream: "luma_video"
        }
    """

    # Weights as MediaPipe's, which differ a little from those of ITU-R BT.709.
    fragment_shader = """
        uniform sampler2D frame;
        out vec4 color;

        void main() {
            vec4 pixel = texelFetch(frame, ivec2(gl_FragCoord.xy), 0);
            color = vec4(vec3(dot(pixel.rgb, vec3(0.2125, 0.7154, 0.0721))), pixel.a);
        }
    """
