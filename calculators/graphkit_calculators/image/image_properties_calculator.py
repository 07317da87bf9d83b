"""ImagePropertiesCalculator: the size of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.calculator import Calculator, calculator
from graphkit.errors import ContractError
from graphkit.formats import Image, ImageFrame, ImageSize
from graphkit.packet_type import OneOf
from graphkit.ports import Input, Output

if TYPE_CHECKING:
    from graphkit.context import CalculatorContext
    from graphkit.contract import CalculatorContract


@calculator
class ImagePropertiesCalculator(Calculator):
    """Tells width and height of each image, in pixels.

    Emits at every timestamp with an image. The image comes on IMAGE, as Image or ImageFrame, or on
    IMAGE_CPU, which takes an ImageFrame only.

    Example::

        node {
          calculator: "ImagePropertiesCalculator"
          input_stream: "IMAGE:image"
          output_stream: "SIZE:size"
        }
    """

    image = Input[Image | ImageFrame](OneOf(Image, ImageFrame), "IMAGE", optional=True)
    frame = Input(ImageFrame, "IMAGE_CPU", optional=True)
    size = Output(ImageSize, "SIZE")

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that one input is connected."""
        if cls.image.is_connected(cc) == cls.frame.is_connected(cc):
            raise ContractError("exactly one of IMAGE and IMAGE_CPU must be connected.")

    def open(self, cc: CalculatorContext) -> None:
        """Look at what is connected."""
        self._read = self.image if self.image.is_connected(cc) else self.frame

    def process(self, cc: CalculatorContext) -> None:
        """Emit the size."""
        image = self._read.get(cc)
        if image is not None:
            self.size.send(cc, ImageSize(image.width, image.height))
