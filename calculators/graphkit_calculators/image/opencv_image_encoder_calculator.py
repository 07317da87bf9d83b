"""OpenCvImageEncoderCalculator: images as JPEG."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import FormatError
from graphkit.formats import ImageFrame
from graphkit.framework import opencv

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@options("mediapipe.OpenCvImageEncoderCalculatorOptions", extension=227563646)
class OpenCvImageEncoderCalculatorOptions:
    """How good the JPEG is."""

    quality: int | None = option(1)


@options("mediapipe.OpenCvImageEncoderCalculatorResults")
class OpenCvImageEncoderCalculatorResults:
    """One encoded image: its bytes, its size and what its samples mean."""

    class ColorSpace(IntEnum):
        """What the samples of the image meant."""

        UNKNOWN = 0
        GRAYSCALE = 1
        RGB = 2

    encoded_image: bytes | None = option(1)
    height: int | None = option(2)
    width: int | None = option(3)
    colorspace: ColorSpace | None = option(4)


@calculator
class OpenCvImageEncoderCalculator(Calculator):
    """Encodes each ImageFrame, SRGB or GRAY8, as JPEG.

    Emits an OpenCvImageEncoderCalculatorResults at every timestamp with an image.

    Knobs: ``quality``, 1 to 100; more is larger. Unset it is 0, the least, as in MediaPipe.

    Example::

        node {
          calculator: "OpenCvImageEncoderCalculator"
          input_stream: "image"
          output_stream: "encoded_image"
          options {
            [mediapipe.OpenCvImageEncoderCalculatorOptions.ext] { quality: 80 }
          }
        }
    """

    blocking = True

    image = Input(ImageFrame)
    encoded = Output(OpenCvImageEncoderCalculatorResults)
    options = Options(OpenCvImageEncoderCalculatorOptions)

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._quality = self.options(cc).quality or 0

    def process(self, cc: CalculatorContext) -> None:
        """Emit the JPEG."""
        frame = self.image.get(cc)
        if frame is not None:
            self.encoded.send(cc, encode(frame, self._quality))


def encode(frame: ImageFrame, quality: int) -> OpenCvImageEncoderCalculatorResults:
    """Return *frame* as JPEG; raises FormatError where it is neither SRGB nor GRAY8."""
    cv2 = opencv()
    colors = OpenCvImageEncoderCalculatorResults.ColorSpace
    if frame.channels not in (1, 3) or frame.data.dtype != np.uint8:
        raise FormatError(f"a JPEG is made of SRGB or GRAY8, found {frame.format.name}.")
    pixels = frame.data if frame.channels == 1 else cv2.cvtColor(frame.data, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, quality))
    if not done:
        raise FormatError(f"OpenCV cannot encode {frame} as JPEG.")
    return OpenCvImageEncoderCalculatorResults(
        encoded_image=data.tobytes(),
        height=frame.height,
        width=frame.width,
        colorspace=colors.GRAYSCALE if frame.channels == 1 else colors.RGB,
    )
