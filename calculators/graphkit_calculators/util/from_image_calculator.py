"""FromImageCalculator: an Image as a picture in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.calculator import Calculator, calculator
from graphkit.formats import Image, ImageFrame
from graphkit.ports import Input, Output

if TYPE_CHECKING:
    from graphkit.context import CalculatorContext


@calculator
class FromImageCalculator(Calculator):
    """Reads an Image as an ImageFrame (IMAGE_CPU) and tells where it was made (SOURCE_ON_GPU).

    Emits at every timestamp with an image, on the outputs that are connected. An image that lies in
    memory is not copied; one on the GPU is read back once.

    Example::

        node {
          calculator: "FromImageCalculator"
          input_stream: "IMAGE:image"
          output_stream: "IMAGE_CPU:image_frame"
        }
    """

    image = Input(Image, "IMAGE")
    frame = Output(ImageFrame, "IMAGE_CPU", optional=True)
    source_on_gpu = Output(bool, "SOURCE_ON_GPU", optional=True)

    def open(self, cc: CalculatorContext) -> None:
        """Look at what is connected: reading back costs."""
        self._wants_frame = self.frame.is_connected(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the picture."""
        image = self.image.get(cc)
        if image is None:
            return
        if self._wants_frame:
            self.frame.send(cc, image.cpu())
        self.source_on_gpu.send(cc, image.uses_gpu)
