"""GpuBufferToImageFrameCalculator: from the GPU to memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, OneOf, Output, calculator
from graphkit.formats import ImageFrame
from graphkit.gpu import GlCalculatorHelper, GpuBuffer

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class GpuBufferToImageFrameCalculator(Calculator):
    """Reads pictures back; an ImageFrame passes as it is. RGBA8 becomes SRGBA, R8 GRAY8, floats VEC32F1, F2 or F4.

    Emits at every timestamp with a picture. A picture is read back once, however many ask for it.

    Example::

        node {
          calculator: "GpuBufferToImageFrameCalculator"
          input_stream: "gpu_buffer"
          output_stream: "image_frame"
        }
    """

    picture = Input[GpuBuffer | ImageFrame](OneOf(GpuBuffer, ImageFrame))
    frame = Output(ImageFrame)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Ask for the GPU."""
        GlCalculatorHelper.update_contract(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Read back."""
        picture = self.picture.get(cc)
        if picture is not None:
            self.frame.send(cc, picture.image_frame() if isinstance(picture, GpuBuffer) else picture)
