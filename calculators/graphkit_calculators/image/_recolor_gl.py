"""Painting a colour over textures, as RecolorCalculator does on the GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit.errors import FormatError
from graphkit.gpu import FullFrameProgram, GpuBuffer, GpuBufferFormat

if TYPE_CHECKING:
    from graphkit.gpu import GlCalculatorHelper

_SHADER: Final = """
    uniform sampler2D frame, mask;
    uniform vec3 paint;
    uniform int channel;
    uniform bool invert, by_luminance;
    in vec2 sample_coordinate;
    out vec4 color;

    void main() {
        vec4 below = texelFetch(frame, ivec2(gl_FragCoord.xy), 0);
        float weight = texture(mask, sample_coordinate)[channel];
        weight = invert ? 1.0 - weight : weight;
        weight *= by_luminance ? dot(below.rgb, vec3(0.299, 0.587, 0.114)) : 1.0;
        color = mix(below, vec4(paint, 1.0), weight);
    }
"""


class GpuRecolorer:
    """Paints GpuBuffers. Make, use and release it on the helper's GL thread.

    Args:
        helper: the calculator's.
        color: red, green and blue, 0 to 255.
        channel: of a mask of four channels, the one that counts.
        invert: whether what the mask leaves out is painted.
        by_luminance: whether dark places are painted less.
    """

    def __init__(
        self,
        helper: GlCalculatorHelper,
        color: tuple[int, int, int],
        *,
        channel: int,
        invert: bool,
        by_luminance: bool,
    ) -> None:
        self._helper, self._channel = helper, channel
        self._shader = FullFrameProgram(helper.context, _SHADER, name="RecolorCalculator")
        paint = tuple(level / 255.0 for level in color)
        self._shader.set(frame=0, mask=1, paint=paint, invert=invert, by_luminance=by_luminance)

    def draw(self, frame: GpuBuffer, mask: GpuBuffer) -> GpuBuffer:
        """Return *frame* painted where *mask* says; the mask may be of any size.

        Raises:
            FormatError: the frame is of another format than RGBA8, or the mask has two channels.
        """
        if frame.format is not GpuBufferFormat.RGBA8:
            raise FormatError(f"{frame} cannot be recolored; it needs RGBA8.")
        if mask.format.channels == 2:
            raise FormatError(f"{mask} cannot be a mask; it needs one channel or four.")
        helper = self._helper
        # Both before either is bound: an upload binds its texture to unit 0.
        with helper.create_source_texture(frame) as below, helper.create_source_texture(mask) as weights:
            drawn = helper.create_destination_texture(frame.width, frame.height, frame.format)
            helper.bind_framebuffer(drawn)
            below.use(0)
            weights.use(1)
            self._shader.set(channel=self._channel if mask.format.channels == 4 else 0)
            self._shader.render()
            return helper.finish(drawn, below, weights)

    def release(self) -> None:
        """Let go of the shader."""
        self._shader.release()
