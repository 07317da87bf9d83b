"""Cutting regions out of textures, as ImageCroppingCalculator does on the GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit.gpu import FullFrameProgram, GpuBuffer
from graphkit_calculators.tensor._roi import Roi, corners

if TYPE_CHECKING:
    from graphkit.formats import ImageSize
    from graphkit.gpu import GlCalculatorHelper

_SHADER: Final = """
    uniform sampler2D frame;
    uniform mat3x2 source_from_target;  // middles of pixels are whole numbers on both sides
    uniform bool replicate;
    out vec4 color;

    void main() {
        ivec2 place = ivec2(floor(source_from_target * vec3(gl_FragCoord.xy - 0.5, 1.0) + 0.5));
        ivec2 last = textureSize(frame, 0) - 1, inside = clamp(place, ivec2(0), last);
        color = replicate || place == inside ? texelFetch(frame, inside, 0) : vec4(0.0);
    }
"""


class GpuCropper:
    """Cuts regions out of GpuBuffers. Make, use and release it on the helper's GL thread.

    Args:
        helper: the calculator's.
        replicate: whether the outside repeats the edge; it is transparent black otherwise.
    """

    def __init__(self, helper: GlCalculatorHelper, *, replicate: bool) -> None:
        self._helper = helper
        self._shader = FullFrameProgram(helper.context, _SHADER, name="ImageCroppingCalculator")
        self._shader.set(frame=0, replicate=replicate)

    def draw(self, frame: GpuBuffer, roi: Roi, size: ImageSize) -> GpuBuffer:
        """Return the nearest pixels of *roi*, in the format of *frame*."""
        with self._helper.create_source_texture(frame) as src:
            dst = self._helper.create_destination_texture(size.width, size.height, frame.format)
            self._helper.bind_framebuffer(dst)
            src.use(0)
            self._shader.set(source_from_target=source_from_target(roi, size))
            self._shader.render()
            return self._helper.finish(dst, src)

    def release(self) -> None:
        """Let go of the shader."""
        self._shader.release()


def source_from_target(roi: Roi, size: ImageSize) -> tuple[float, ...]:
    """Return the 2x3 matrix, by columns, from pixels of the target to pixels of the source.

    The corners of the region lie on the middles of the outermost pixels.
    """
    bottom_left, top_left, top_right, _ = corners(roi)
    right = (top_right - top_left) / max(size.width - 1, 1)
    down = (bottom_left - top_left) / max(size.height - 1, 1)
    return tuple(float(value) for column in (right, down, top_left) for value in column)
