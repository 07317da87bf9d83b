"""ImageFrameToGpuBufferCalculator: from memory to the GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Output, calculator
from graphkit.formats import ImageFrame
from graphkit.gpu import GlCalculatorHelper, GpuBuffer

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class ImageFrameToGpuBufferCalculator(Calculator):
    """Uploads frames.

    SRGB becomes RGBA8 with alpha 1, GRAY8 becomes R8, VEC32F1, F2 and F4 become R32F, RG32F and RGBA32F.
    Emits at every timestamp with a frame.

    Example::

        node {
          calculator: "ImageFrameToGpuBufferCalculator"
          input_stream: "image_frame"
          output_stream: "gpu_buffer"
        }
    """

    frame = Input(ImageFrame)
    buffer = Output(GpuBuffer)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Ask for the GPU."""
        GlCalculatorHelper.update_contract(cc)

    def open(self, cc: CalculatorContext) -> None:
        """Find the GL context."""
        self._helper = GlCalculatorHelper(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Upload."""
        frame = self.frame.get(cc)
        if frame is not None:
            self.buffer.send(cc, self._helper.run_in_gl_context(self._upload, frame))

    def _upload(self, frame: ImageFrame) -> GpuBuffer:
        # Here, so that the upload overlaps with what other threads do, and not in the first node that draws.
        with self._helper.create_source_texture(frame) as source:
            return source.get_frame(GpuBuffer)
