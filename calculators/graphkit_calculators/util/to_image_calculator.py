"""ToImageCalculator: any picture as an Image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.calculator import Calculator, calculator
from graphkit.errors import ContractError
from graphkit.formats import Image, ImageFrame
from graphkit.packet_type import OneOf
from graphkit.ports import Input, Output

if TYPE_CHECKING:
    from graphkit.context import CalculatorContext
    from graphkit.contract import CalculatorContract


@calculator
class ToImageCalculator(Calculator):
    """Wraps an ImageFrame (IMAGE_CPU) as an Image, or passes an IMAGE of either type on as one.

    Emits at every timestamp with a picture; copies no pixel.

    Example::

        node {
          calculator: "ToImageCalculator"
          input_stream: "IMAGE_CPU:image_frame"
          output_stream: "IMAGE:image"
        }
    """

    frame = Input(ImageFrame, "IMAGE_CPU", optional=True)
    any_image = Input[Image | ImageFrame](OneOf(Image, ImageFrame), "IMAGE", optional=True)
    image = Output(Image, "IMAGE")

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that one input is connected."""
        if cls.frame.is_connected(cc) == cls.any_image.is_connected(cc):
            raise ContractError("exactly one of IMAGE and IMAGE_CPU must be connected.")

    def process(self, cc: CalculatorContext) -> None:
        """Emit the image."""
        found = self.frame.get(cc) or self.any_image.get(cc)
        if found is not None:
            self.image.send(cc, found if isinstance(found, Image) else Image(found))
