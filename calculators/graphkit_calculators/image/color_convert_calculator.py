"""ColorConvertCalculator: images in other colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Output, calculator
from graphkit.errors import ContractError, FormatError
from graphkit.formats import ImageFormat, ImageFrame
from graphkit.framework import opencv

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

_FORMATS = {
    "RGBA": ImageFormat.SRGBA,
    "RGB": ImageFormat.SRGB,
    "GRAY": ImageFormat.GRAY8,
    "BGRA": ImageFormat.SBGRA,
}
_CONVERSIONS = {
    ("RGBA", "RGB"), ("RGBA", "GRAY"), ("RGBA", "BGRA"), ("RGB", "GRAY"), ("RGB", "RGBA"), ("RGB", "BGRA"),
    ("GRAY", "RGB"), ("GRAY", "RGBA"), ("BGRA", "RGB"), ("BGRA", "RGBA"), ("BGRA", "GRAY"),
}  # fmt: skip


@calculator
class ColorConvertCalculator(Calculator):
    """Converts between RGB, RGBA, BGRA and grey, 8 bits a sample.

    Emits at every timestamp with an image. The one input is RGBA_IN, RGB_IN, BGRA_IN or GRAY_IN, the one
    output RGBA_OUT, RGB_OUT, BGRA_OUT or GRAY_OUT; the tags say what is converted. A new alpha
    channel is opaque. Grey is 0.299 R + 0.587 G + 0.114 B.

    Example::

        node {
          calculator: "ColorConvertCalculator"
          input_stream: "RGBA_IN:screen"
          output_stream: "RGB_OUT:image"
        }
    """

    blocking = True

    rgba_in = Input(ImageFrame, "RGBA_IN", optional=True)
    rgb_in = Input(ImageFrame, "RGB_IN", optional=True)
    gray_in = Input(ImageFrame, "GRAY_IN", optional=True)
    bgra_in = Input(ImageFrame, "BGRA_IN", optional=True)
    rgba_out = Output(ImageFrame, "RGBA_OUT", optional=True)
    rgb_out = Output(ImageFrame, "RGB_OUT", optional=True)
    gray_out = Output(ImageFrame, "GRAY_OUT", optional=True)
    bgra_out = Output(ImageFrame, "BGRA_OUT", optional=True)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that the tags name one conversion that is known."""
        inputs = [tag.removesuffix("_IN") for tag, _ in cc.inputs]
        outputs = [tag.removesuffix("_OUT") for tag, _ in cc.outputs]
        if len(inputs) != 1 or len(outputs) != 1:
            raise ContractError(f"one input and one output are needed, found {len(inputs)} and {len(outputs)}.")
        if (inputs[0], outputs[0]) not in _CONVERSIONS:
            known = ", ".join(f"{source}_IN to {target}_OUT" for source, target in sorted(_CONVERSIONS))
            raise ContractError(f"{inputs[0]}_IN to {outputs[0]}_OUT is not known; known: {known}.")

    def open(self, cc: CalculatorContext) -> None:
        """Look at what is connected."""
        cv2 = opencv()
        inputs = (self.rgba_in, self.rgb_in, self.gray_in, self.bgra_in)
        outputs = (self.rgba_out, self.rgb_out, self.gray_out, self.bgra_out)
        self._in = next(port for port in inputs if port.is_connected(cc))
        self._out = next(port for port in outputs if port.is_connected(cc))
        source, target = self._in.tag.removesuffix("_IN"), self._out.tag.removesuffix("_OUT")
        self._formats = (_FORMATS[source], _FORMATS[target])
        self._code = getattr(cv2, f"COLOR_{source}2{target}")

    def process(self, cc: CalculatorContext) -> None:
        """Emit the converted image."""
        frame = self._in.get(cc)
        if frame is None:
            return
        source, target = self._formats
        if frame.format != source:
            raise FormatError(f"{self._in.tag} takes {source.name}, found {frame.format.name}.")
        self._out.send(cc, ImageFrame(opencv().cvtColor(frame.data, self._code), target))
