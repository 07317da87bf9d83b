"""ToImageCalculator: any picture as an Image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, OneOf, Output, calculator
from graphkit.errors import ContractError
from graphkit.formats import Image, ImageFrame
from graphkit.gpu import GpuBuffer

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class ToImageCalculator(Calculator):
    """Wraps an ImageFrame (IMAGE_CPU) or a GpuBuffer (IMAGE_GPU) as an Image, or passes an IMAGE of any type on.

    Emits at every timestamp with a picture; copies no pixel, between memory and GPU neither.

    Example::

        node {
          calculator: "ToImageCalculator"
          input_stream: "IMAGE_CPU:image_frame"
          output_stream: "IMAGE:image"
        }
    """

    frame = Input(ImageFrame, "IMAGE_CPU", optional=True)
    buffer = Input(GpuBuffer, "IMAGE_GPU", optional=True)
    any_image = Input[Image | ImageFrame | GpuBuffer](OneOf(Image, ImageFrame, GpuBuffer), "IMAGE", optional=True)
    image = Output(Image, "IMAGE")

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that one input is connected."""
        if sum(port.is_connected(cc) for port in (cls.frame, cls.buffer, cls.any_image)) != 1:
            raise ContractError("exactly one of IMAGE, IMAGE_CPU and IMAGE_GPU must be connected.")

    def process(self, cc: CalculatorContext) -> None:
        """Emit the image."""
        found = self.frame.get(cc) or self.buffer.get(cc) or self.any_image.get(cc)
        if found is not None:
            self.image.send(cc, found if isinstance(found, Image) else Image(found))
