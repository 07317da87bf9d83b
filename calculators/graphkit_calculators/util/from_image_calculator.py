"""FromImageCalculator: an Image as a picture in memory, on the GPU, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Output, calculator
from graphkit.formats import Image, ImageFrame
from graphkit.gpu import GlCalculatorHelper, GpuBuffer

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class FromImageCalculator(Calculator):
    """Reads an Image as an ImageFrame (IMAGE_CPU) or a GpuBuffer (IMAGE_GPU).

    SOURCE_ON_GPU tells where it was made.
    Emits at every timestamp with an image, on the outputs that are connected. On its own side an image is not
    copied; IMAGE_CPU reads one on the GPU back once, IMAGE_GPU uploads one in memory when it is first drawn with.

    Example::

        node {
          calculator: "FromImageCalculator"
          input_stream: "IMAGE:image"
          output_stream: "IMAGE_CPU:image_frame"
        }
    """

    for_outputs_only = True

    image = Input(Image, "IMAGE")
    frame = Output(ImageFrame, "IMAGE_CPU", optional=True)
    buffer = Output(GpuBuffer, "IMAGE_GPU", optional=True)
    source_on_gpu = Output(bool, "SOURCE_ON_GPU", optional=True)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Ask for the GPU where it is needed."""
        if cls.buffer.is_connected(cc):
            GlCalculatorHelper.update_contract(cc)

    def open(self, cc: CalculatorContext) -> None:
        """Look at what is connected: moving pixels costs."""
        self._wants_frame = self.frame.is_connected(cc)
        self._helper = GlCalculatorHelper(cc) if self.buffer.is_connected(cc) else None

    def process(self, cc: CalculatorContext) -> None:
        """Emit the picture."""
        image = self.image.get(cc)
        if image is None:
            return
        if self._wants_frame:
            self.frame.send(cc, image.cpu())
        if self._helper is not None:
            self.buffer.send(cc, self._helper.gpu_buffer(image))
        self.source_on_gpu.send(cc, image.uses_gpu)
