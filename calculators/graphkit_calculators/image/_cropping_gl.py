"""Cutting regions out of textures, as ImageCroppingCalculator does on the GPU: the pixels that OpenCV takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit.gpu import FullFrameProgram, GpuBuffer
from graphkit_calculators.gpu._perspective_places import block_width, shader
from graphkit_calculators.image._cropping import source_from_target

if TYPE_CHECKING:
    from graphkit.formats import ImageSize
    from graphkit.gpu import GlCalculatorHelper
    from graphkit_calculators.tensor._roi import Roi

_MAIN: Final = """
    uniform sampler2D frame;
    uniform bool replicate;
    out vec4 color;

    void main() {
        ivec2 place = place_of(ivec2(gl_FragCoord.xy));
        ivec2 inside = clamp(place, ivec2(0), textureSize(frame, 0) - 1);
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
        source = shader(helper.context, 1, _MAIN)
        self._shader = FullFrameProgram(helper.context, source, name="ImageCroppingCalculator")
        self._shader.set(frame=0, replicate=replicate)

    def draw(self, frame: GpuBuffer, roi: Roi, size: ImageSize) -> GpuBuffer:
        """Return the nearest pixels of *roi*, in the format of *frame*."""
        with self._helper.create_source_texture(frame) as src:
            dst = self._helper.create_destination_texture(size.width, size.height, frame.format)
            self._helper.bind_framebuffer(dst)
            src.use(0)
            columns = tuple(source_from_target(roi, size).T.ravel().tolist())
            self._shader.set(source_from_target=columns, block=block_width(size))
            self._shader.render()
            return self._helper.finish(dst, src)

    def release(self) -> None:
        """Let go of the shader."""
        self._shader.release()
