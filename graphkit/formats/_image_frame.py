"""Pixels in memory: `ImageFrame` and the formats it may have."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final, Self, TypeAlias

import numpy as np

from graphkit.errors import FormatError
from graphkit.formats._read_only import check_array, read_only

Pixels: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[Any]]
"""Rows, columns and channels of a picture, (height, width, channels) or (height, width)."""


class ImageFormat(IntEnum):
    """What the samples of an image mean; the numbers are MediaPipe's."""

    UNKNOWN = 0
    SRGB = 1
    SRGBA = 2
    GRAY8 = 3
    GRAY16 = 4
    YCBCR420P = 5
    YCBCR420P10 = 6
    SRGB48 = 7
    SRGBA64 = 8
    VEC32F1 = 9
    LAB8 = 10
    SBGRA = 11
    VEC32F2 = 12
    VEC32F4 = 13

    @property
    def channels(self) -> int:
        """Samples a pixel.

        Raises:
            FormatError: the format has planes of different sizes, or is unknown.
        """
        return _layout(self)[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a sample.

        Raises:
            FormatError: the format has planes of different sizes, or is unknown.
        """
        return _layout(self)[0]


_U8: Final = np.dtype(np.uint8)
_U16: Final = np.dtype(np.uint16)
_F32: Final = np.dtype(np.float32)

_LAYOUTS: Final[dict[ImageFormat, tuple[np.dtype[Any], int]]] = {
    ImageFormat.SRGB: (_U8, 3),
    ImageFormat.SRGBA: (_U8, 4),
    ImageFormat.GRAY8: (_U8, 1),
    ImageFormat.GRAY16: (_U16, 1),
    ImageFormat.SRGB48: (_U16, 3),
    ImageFormat.SRGBA64: (_U16, 4),
    ImageFormat.VEC32F1: (_F32, 1),
    ImageFormat.VEC32F2: (_F32, 2),
    ImageFormat.VEC32F4: (_F32, 4),
    ImageFormat.LAB8: (_U8, 3),
    ImageFormat.SBGRA: (_U8, 4),
}
# LAB8 and SBGRA look like SRGB and SRGBA, which is what an array is taken for unless said otherwise.
_DEDUCED: Final = {
    layout: format_ for format_, layout in _LAYOUTS.items() if format_ not in (ImageFormat.LAB8, ImageFormat.SBGRA)
}


def _layout(format_: ImageFormat) -> tuple[np.dtype[Any], int]:
    try:
        return _LAYOUTS[format_]
    except KeyError:
        known = ", ".join(known.name for known in _LAYOUTS)
        message = f"{format_.name} is not an interleaved image format; use one of {known}."
        raise FormatError(message, expected=known, found=format_) from None


class ImageFrame:
    """An image in memory, rows from the top, channels interleaved.

    Args:
        data: (H, W, C), (H, W) or (H, W, 1) array, uint8, uint16 or float32. The frame takes a whole array over
            without a copy and makes it read-only. A view (a crop, ``[:, :, ::-1]``) is copied if others can
            still write to its memory; rows may be padded.
        format: deduced from dtype and channels if not given: uint8 with 3, 4, 1 channels is SRGB,
            SRGBA, GRAY8; uint16 is SRGB48, SRGBA64, GRAY16; float32 with 1, 2, 4 is VEC32F1, F2, F4.

    Attributes:
        data: (H, W, C), or (H, W) for one channel.
        format: never UNKNOWN.

    Raises:
        FormatError: no array, or shape or dtype fit no format, or not the one given.
    """

    __slots__ = ("data", "format")

    data: Pixels
    format: ImageFormat

    def __init__(self, data: Pixels, format: ImageFormat | None = None) -> None:
        self.format = _format_of(data, format)
        data = read_only(data)
        self.data = data[:, :, 0] if data.ndim == 3 and data.shape[2] == 1 else data

    @classmethod
    def lent(cls, data: Pixels, format: ImageFormat | None = None) -> Self:
        """Make a frame of an array or view that its owner keeps as it is while the frame is in use: never copied.

        Raises:
            FormatError: as for ``ImageFrame(data, format)``.
        """
        frame = cls.__new__(cls)
        frame.format = _format_of(data, format)
        data = data[:, :, 0] if data.shape[2:] == (1,) else data.view()
        data.setflags(write=False)
        frame.data = data
        return frame

    @property
    def width(self) -> int:
        """Pixels per row."""
        return self.data.shape[1]

    @property
    def height(self) -> int:
        """Rows."""
        return self.data.shape[0]

    @property
    def channels(self) -> int:
        """Samples a pixel."""
        return self.data.shape[2] if self.data.ndim == 3 else 1

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ImageFrame):
            return NotImplemented
        return self.format == other.format and np.array_equal(self.data, other.data)

    __hash__ = None  # type: ignore[assignment]  # equal by contents

    def __repr__(self) -> str:
        return f"ImageFrame({self.width}x{self.height}, {self.format.name})"

    def _repr_png_(self) -> bytes | None:
        from graphkit.formats._png import png_of

        return png_of(self)


def _format_of(data: Pixels, format: ImageFormat | None) -> ImageFormat:
    """Return the format of an array, the given one or the one that fits; raises FormatError."""
    check_array(data, "ImageFrame")
    layout = (data.dtype, data.shape[2] if data.ndim == 3 else 1)
    if format is None:
        format = _DEDUCED.get(layout)
    elif not isinstance(format, ImageFormat):
        raise FormatError(
            f"{format!r} is no image format; use one of ImageFormat, such as ImageFormat.SRGB.",
            expected=ImageFormat,
            found=format,
        )
    elif _layout(format) != layout:
        expected, found = _describe(*_layout(format)), _found(data)
        raise FormatError(f"{format.name} needs {expected}, found {found}.", expected=expected, found=found)
    if format is None or not 2 <= data.ndim <= 3:
        raise FormatError(
            f"no image format fits {_found(data)}; expected (H, W) or (H, W, C), C in "
            "1, 3, 4 for uint8 and uint16 and in 1, 2, 4 for float32.",
            expected="(H, W) or (H, W, C)",
            found=_found(data),
        )
    return format


def _describe(dtype: np.dtype[Any], channels: int) -> str:
    return f"{dtype.name} with {channels} channel{'s' if channels > 1 else ''}"


def _found(data: Pixels) -> str:
    return f"an array of shape {data.shape}, {data.dtype.name}"
