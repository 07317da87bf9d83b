"""ImagePropertiesCalculator: the size of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, OneOf, Output, calculator
from graphkit.errors import ContractError
from graphkit.formats import Image, ImageFrame, ImageSize
from graphkit.gpu import GpuBuffer

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class ImagePropertiesCalculator(Calculator):
    """Tells width and height of each image, in pixels.

    Emits at every timestamp with an image. The image comes on IMAGE, as Image or ImageFrame, on
    IMAGE_CPU, which takes an ImageFrame only, or on IMAGE_GPU, a GpuBuffer, whose pixels stay where they are.

    Example::

        node {
          calculator: "ImagePropertiesCalculator"
          input_stream: "IMAGE:image"
          output_stream: "SIZE:size"
        }
    """

    for_outputs_only = True

    image = Input[Image | ImageFrame](OneOf(Image, ImageFrame), "IMAGE", optional=True)
    frame = Input(ImageFrame, "IMAGE_CPU", optional=True)
    buffer = Input(GpuBuffer, "IMAGE_GPU", optional=True)
    size = Output(ImageSize, "SIZE")

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that one input is connected."""
        if sum(port.is_connected(cc) for port in (cls.image, cls.frame, cls.buffer)) != 1:
            raise ContractError("exactly one of IMAGE, IMAGE_CPU and IMAGE_GPU must be connected.")

    def open(self, cc: CalculatorContext) -> None:
        """Look at what is connected."""
        connected = [tag for tag in ("IMAGE", "IMAGE_CPU", "IMAGE_GPU") if tag in cc.inputs]
        self._tag = connected[0]

    def process(self, cc: CalculatorContext) -> None:
        """Emit the size."""
        packet = cc.inputs[self._tag]
        if packet:
            self.size.send(cc, ImageSize(packet.payload.width, packet.payload.height))
