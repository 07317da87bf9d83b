"""What the pixels of a GpuBuffer are, in OpenGL, in numpy and as an ImageFrame."""
# ruff: noqa: PIE796 - MediaPipe has several names for one format

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

import numpy as np

from graphkit.errors import FormatError
from graphkit.formats import ImageFormat

_U8, _F16, _F32 = np.dtype(np.uint8), np.dtype(np.float16), np.dtype(np.float32)
_MODERNGL: Final = {_U8: "f1", _F16: "f2", _F32: "f4"}
_GL_TYPE: Final = {_U8: 0x1401, _F16: 0x140B, _F32: 0x1406}
_GL_FORMAT: Final = {1: 0x1903, 2: 0x8227, 4: 0x1908}


class _Layout(NamedTuple):
    channels: int
    dtype: np.dtype[np.generic]


class GpuBufferFormat(Enum):
    """Formats that every desktop OpenGL can draw into and read back.

    MediaPipe's names are aliases. There is no three-channel format (drivers pad it anyway, and reading it back is
    slow), so RGB24 is RGBA8; BGRA32 is RGBA8 too: the order of bytes is the storage's own business.
    """

    RGBA8 = _Layout(4, _U8)
    R8 = _Layout(1, _U8)
    RG8 = _Layout(2, _U8)
    RGBA16F = _Layout(4, _F16)
    R16F = _Layout(1, _F16)
    RG16F = _Layout(2, _F16)
    RGBA32F = _Layout(4, _F32)
    R32F = _Layout(1, _F32)
    RG32F = _Layout(2, _F32)
    BGRA32 = RGBA8
    RGBA32 = RGBA8
    RGB24 = RGBA8
    ONE_COMPONENT_8 = R8
    ONE_COMPONENT_8_ALPHA = R8
    ONE_COMPONENT_8_RED = R8
    TWO_COMPONENT_8 = RG8
    GRAY_HALF_16 = R16F
    TWO_COMPONENT_HALF_16 = RG16F
    RGBA_HALF_64 = RGBA16F
    GRAY_FLOAT_32 = R32F
    TWO_COMPONENT_FLOAT_32 = RG32F
    RGBA_FLOAT_128 = RGBA32F

    @property
    def channels(self) -> int:
        """Samples a pixel."""
        return self.value.channels

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Type of a sample in memory; uint8 samples read as 0..1 in shaders."""
        return self.value.dtype

    @property
    def pixel_bytes(self) -> int:
        """Bytes a pixel."""
        return self.value.channels * self.value.dtype.itemsize

    @property
    def moderngl_dtype(self) -> str:
        """What moderngl calls the type of a sample."""
        return _MODERNGL[self.value.dtype]

    @property
    def gl_format(self) -> int:
        """GL_RED, GL_RG or GL_RGBA."""
        return _GL_FORMAT[self.value.channels]

    @property
    def gl_type(self) -> int:
        """GL_UNSIGNED_BYTE, GL_HALF_FLOAT or GL_FLOAT."""
        return _GL_TYPE[self.value.dtype]

    def shape(self, width: int, height: int) -> tuple[int, ...]:
        """Return the shape of the pixels in memory: (H, W) for one channel, else (H, W, C)."""
        return (height, width) if self.channels == 1 else (height, width, self.channels)


_OF_IMAGE: Final = {
    ImageFormat.SRGB: GpuBufferFormat.RGBA8,
    ImageFormat.SRGBA: GpuBufferFormat.RGBA8,
    ImageFormat.SBGRA: GpuBufferFormat.RGBA8,
    ImageFormat.GRAY8: GpuBufferFormat.R8,
    ImageFormat.VEC32F1: GpuBufferFormat.R32F,
    ImageFormat.VEC32F2: GpuBufferFormat.RG32F,
    ImageFormat.VEC32F4: GpuBufferFormat.RGBA32F,
}
_TO_IMAGE: Final = {
    (4, _U8): ImageFormat.SRGBA,
    (1, _U8): ImageFormat.GRAY8,
    (1, _F32): ImageFormat.VEC32F1,
    (2, _F32): ImageFormat.VEC32F2,
    (4, _F32): ImageFormat.VEC32F4,
}


def format_for_image(format_: ImageFormat) -> GpuBufferFormat:
    """Return the format a frame has on the GPU; raises FormatError for those that have none."""
    try:
        return _OF_IMAGE[format_]
    except KeyError:
        known = ", ".join(known.name for known in _OF_IMAGE)
        raise FormatError(
            f"a frame of format {format_.name} cannot become a GpuBuffer; convert it to one of {known}.",
            expected=known,
            found=format_.name,
        ) from None


def image_format_of(format_: GpuBufferFormat) -> ImageFormat:
    """Return the format of the frame that a buffer reads back as; half floats become float32.

    Raises:
        FormatError: no image format has two channels of uint8.
    """
    dtype = _F32 if format_.dtype == _F16 else format_.dtype
    try:
        return _TO_IMAGE[format_.channels, dtype]
    except KeyError:
        raise FormatError(
            f"no image format fits a GpuBuffer of {format_.name}; read its array() instead.",
            found=format_.name,
        ) from None
