"""GlOverlayCalculator: one picture over another, on the GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.gpu import FullFrameProgram, GlCalculatorHelper, GpuBuffer

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

_SHADER: Final = """
    in vec2 sample_coordinate;
    uniform sampler2D frame;
    uniform sampler2D overlay;
    uniform bool is_mask;
    uniform vec3 mask_color;
    uniform float opacity;
    out vec4 color;

    void main() {
        vec4 below = texelFetch(frame, ivec2(gl_FragCoord.xy), 0);
        vec4 above = texture(overlay, sample_coordinate);
        above = is_mask ? vec4(mask_color, above.r) : above;
        float share = above.a * opacity;
        color = vec4(mix(below.rgb, above.rgb, share), max(below.a, share));
    }
"""


@options("graphkit.GlOverlayCalculatorOptions")
class GlOverlayCalculatorOptions:
    """How the overlay is drawn.

    Attributes:
        opacity: 0 for invisible to 1 for what its alpha says.
        red, green, blue: color, 0 to 255, in which a one-channel overlay is drawn.
    """

    opacity: float = option(1, default=1.0)
    red: int = option(2, default=255)
    green: int = option(3, default=255)
    blue: int = option(4, default=255)


@calculator
class GlOverlayCalculator(Calculator):
    """Draws OVERLAY over VIDEO, stretched to its size.

    Emits at every timestamp with a VIDEO frame, in its format and size; where there is no OVERLAY the frame passes
    as it is. An overlay of four channels covers by its alpha, one of one channel is a mask that is painted in the
    color of the options: edges, for instance, or a segmentation.

    Example::

        node {
          calculator: "GlOverlayCalculator"
          input_stream: "VIDEO:input_video"
          input_stream: "OVERLAY:edges"
          output_stream: "VIDEO:output_video"
          node_options {
            [type.googleapis.com/graphkit.GlOverlayCalculatorOptions] { opacity: 0.8 red: 0 green: 255 blue: 0 }
          }
        }
    """

    video = Input(GpuBuffer, "VIDEO")
    overlay = Input(GpuBuffer, "OVERLAY")
    drawn = Output(GpuBuffer, "VIDEO")
    options = Options(GlOverlayCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Ask for the GPU."""
        GlCalculatorHelper.update_contract(cc)

    def open(self, cc: CalculatorContext) -> None:
        """Compile."""
        self._helper = GlCalculatorHelper(cc)
        self._helper.run_in_gl_context(self._set_up, self.options(cc))

    def process(self, cc: CalculatorContext) -> None:
        """Draw one frame."""
        video, overlay = self.video.get(cc), self.overlay.get(cc)
        if video is None:
            return
        if overlay is not None:
            video = self._helper.run_in_gl_context(self._draw, video, overlay)
        self.drawn.send(cc, video)

    def close(self, cc: CalculatorContext) -> None:
        """Release the shader."""
        self._helper.run_in_gl_context(self._shader.release)

    def _set_up(self, wanted: GlOverlayCalculatorOptions) -> None:
        self._shader = FullFrameProgram(self._helper.context, _SHADER, name="GlOverlayCalculator")
        color = (wanted.red / 255.0, wanted.green / 255.0, wanted.blue / 255.0)
        self._shader.set(frame=0, overlay=1, opacity=wanted.opacity, mask_color=color)

    def _draw(self, video: GpuBuffer, overlay: GpuBuffer) -> GpuBuffer:
        helper = self._helper
        with helper.create_source_texture(video) as below, helper.create_source_texture(overlay) as above:
            dst = helper.create_destination_texture(video.width, video.height, video.format)
            helper.bind_framebuffer(dst)
            below.use(0)
            above.use(1)
            self._shader.set(is_mask=overlay.format.channels == 1)
            self._shader.render()
            return helper.finish(dst, below, above)
