"""Mixing a mask with the one before it on the GPU, as SegmentationSmoothingCalculator does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit.errors import FormatError
from graphkit.gpu import GpuBuffer
from graphkit_calculators.gpu._picture_shader import PictureShader

if TYPE_CHECKING:
    from graphkit.formats import Image
    from graphkit.gpu import GlContext

# How certain a mask value p is: a polynomial of x = (p - 0.5)^2 without a constant, the highest power first. The
# numbers are MediaPipe's.
CERTAINTY: Final = (-624.717, 291.309, -57.8051, -0.748699, 5.68842)

_SHADER: Final = """
    uniform sampler2D mask, previous;
    uniform float ratio;
    uniform float coefficients[5];
    out vec4 color;

    void main() {
        ivec2 place = ivec2(gl_FragCoord.xy);
        float p = texelFetch(mask, place, 0).r, old = texelFetch(previous, place, 0).r;
        float x = (p - 0.5) * (p - 0.5), certainty = 0.0;
        for (int power = 0; power < 5; ++power) {
            certainty = (certainty + coefficients[power]) * x;
        }
        float mixed = p + (old - p) * (1.0 - min(certainty, 1.0)) * ratio;
        color = vec4(mixed, 0.0, 0.0, mixed);
    }
"""


class GpuMaskSmoother:
    """Mixes masks on the GPU. Any thread.

    Args:
        ratio: how much of the previous mask stays where the new one knows nothing, 0 to 1.
    """

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio
        self._shader = PictureShader("SegmentationSmoothingCalculator", _source)

    def draw(self, mask: GpuBuffer, previous: Image) -> GpuBuffer:
        """Return *mask* mixed with *previous*, in the format of *mask*.

        Args:
            mask: of one channel, or of four, of which the first counts.
            previous: of the same size; uploaded where it is in memory.

        Raises:
            FormatError: *mask* has two channels.
        """
        if mask.format.channels == 2:
            raise FormatError(f"{mask} cannot be a mask; it needs one channel or four.")
        source = previous.source
        old = source if isinstance(source, GpuBuffer) else GpuBuffer.from_image_frame(mask.group, previous.cpu())
        return self._shader.draw(
            {"mask": mask, "previous": old},
            (mask.width, mask.height),
            mask.format,
            ratio=self._ratio,
            coefficients=CERTAINTY,
        )

    def release(self) -> None:
        """Let go of the shader."""
        self._shader.release()


def _source(_: GlContext) -> str:
    return _SHADER
