"""OpenCvEncodedImageToImageFrameCalculator: the bytes of a JPEG, PNG or the like as an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import FormatError
from graphkit.formats import ImageFrame, decode_image
from graphkit.framework import opencv

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@options("mediapipe.OpenCvEncodedImageToImageFrameCalculatorOptions", extension=303447308)
class OpenCvEncodedImageToImageFrameCalculatorOptions:
    """Whether the picture is turned as its metadata say."""

    apply_orientation_from_exif_data: bool = option(1, default=False)


@calculator
class OpenCvEncodedImageToImageFrameCalculator(Calculator):
    """Decodes the contents of an image file, in any format that OpenCV reads.

    Emits an ImageFrame in SRGB, or grey where the file is, at every timestamp with bytes. An alpha
    channel is an error, unless the orientation is applied, which drops it.

    Knobs: ``apply_orientation_from_exif_data`` turns pictures of phones upright.

    Example::

        node {
          calculator: "OpenCvEncodedImageToImageFrameCalculator"
          input_stream: "encoded_image"
          output_stream: "image_frame"
        }
    """

    blocking = True

    encoded = Input(bytes)
    decoded = Output(ImageFrame)
    options = Options(OpenCvEncodedImageToImageFrameCalculatorOptions)

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._oriented = self.options(cc).apply_orientation_from_exif_data

    def process(self, cc: CalculatorContext) -> None:
        """Emit the image."""
        data = self.encoded.get(cc)
        if data is not None:
            self.decoded.send(cc, decode(data, oriented=self._oriented))


def decode(data: bytes, *, oriented: bool = False) -> ImageFrame:
    """Return the image of an encoded one; raises FormatError where it is none or has an alpha channel."""
    cv2 = opencv()
    flags = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH if oriented else cv2.IMREAD_UNCHANGED
    pixels = decode_image(data, flags)
    if pixels is None:
        raise FormatError(f"{len(data)} bytes that start with {data[:8]!r} are no image that OpenCV can decode.")
    if pixels.ndim == 2:
        return ImageFrame(pixels)
    if pixels.shape[2] != 3:
        raise FormatError(f"the encoded image has {pixels.shape[2]} channels; 1 and 3 are known.")
    return ImageFrame(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
