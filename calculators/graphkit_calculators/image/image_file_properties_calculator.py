"""ImageFilePropertiesCalculator: how far the lens of a photograph reached, from its file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from graphkit import Calculator, Input, Output, SideInput, SideOutput, calculator
from graphkit.errors import ContractError, FormatError
from graphkit.formats import ImageFileProperties
from graphkit_calculators.image._exif import FOCAL_LENGTH, FOCAL_LENGTH_35MM, HEIGHT, WIDTH, read_exif

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

_WANTED: Final = {
    "width": WIDTH,
    "height": HEIGHT,
    "focal length": FOCAL_LENGTH,
    "focal length of 35 mm film": FOCAL_LENGTH_35MM,
}
_DIAGONAL_OF_FILM: Final = math.hypot(36.0, 24.0)  # millimetres


@calculator
class ImageFilePropertiesCalculator(Calculator):
    """Reads size and focal length out of the EXIF data of a JPEG, and works out the focal length in pixels.

    The bytes of the file come as a stream or as a side packet, and so do the properties go out: as a stream they
    are emitted for every packet of bytes; as a side packet they are set once. A file without these data is an
    error. It has no options.

    Example::

        node {
          calculator: "ImageFilePropertiesCalculator"
          input_stream: "image_bytes"
          output_side_packet: "image_file_properties"
        }
    """

    encoded = Input(bytes, optional=True)
    encoded_side = SideInput(bytes, optional=True)
    properties = Output(ImageFileProperties, optional=True)
    properties_side = SideOutput(ImageFileProperties, optional=True)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that bytes come in one way and properties go out one way."""
        for what, one, other in (
            ("the bytes come in as", cls.encoded, cls.encoded_side),
            ("the properties go out as", cls.properties, cls.properties_side),
        ):
            if one.is_connected(cc) == other.is_connected(cc):
                raise ContractError(f"{what} a stream or as a side packet; use one of both.")
        if cls.encoded_side.is_connected(cc) and cls.properties.is_connected(cc):
            raise ContractError("bytes that are a side packet give a side packet; connect output_side_packet.")

    def open(self, cc: CalculatorContext) -> None:
        """Read a file that is a side packet."""
        encoded = self.encoded_side.get(cc)
        if encoded is not None:
            self.properties_side.set(cc, properties_of(encoded))

    def process(self, cc: CalculatorContext) -> None:
        """Read a file that comes as a packet."""
        encoded = self.encoded.get(cc)
        if encoded is None:
            return
        if self.properties.is_connected(cc):
            self.properties.send(cc, properties_of(encoded))
        else:
            self.properties_side.set(cc, properties_of(encoded))


def properties_of(encoded: bytes) -> ImageFileProperties:
    """Return the properties of a JPEG file.

    Raises:
        FormatError: it is no JPEG, or its EXIF data are missing, damaged or do not say size and focal length.
    """
    values = read_exif(encoded)
    missing = [name for name, tag in _WANTED.items() if not values.get(tag)]
    if missing:
        raise FormatError(
            f"the EXIF data do not say the {', '.join(missing)}; a photograph of a phone usually does."
        )
    width, height = int(values[WIDTH]), int(values[HEIGHT])
    real, film = values[FOCAL_LENGTH], values[FOCAL_LENGTH_35MM]
    return ImageFileProperties(width, height, real, film, _in_pixels(width, height, real, film))


def _in_pixels(width: int, height: int, focal_length: float, focal_length_35mm: float) -> float:
    """Return the focal length in pixels: the sensor is as much smaller than film as the lens is shorter."""
    diagonal = _DIAGONAL_OF_FILM * focal_length / focal_length_35mm
    return math.hypot(width, height) * focal_length / diagonal
