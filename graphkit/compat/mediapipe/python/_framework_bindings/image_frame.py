"""``mediapipe.ImageFrame`` and ``mediapipe.ImageFormat``."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from graphkit.formats import ImageFormat
from graphkit.formats import ImageFrame as Frame

__all__ = ["ImageFormat", "ImageFrame", "PixelHolder"]

_DEFAULT_ALIGNMENT: Final = 16


class PixelHolder:
    """What `ImageFrame` and `Image` of mediapipe have in common.

    Args:
        image_format: what the samples mean.
        data: (H, W) or (H, W, channels); copied if it may be written to, referred to if it is read-only.

    Raises:
        ValueError: array and format do not fit each other.
    """

    def __init__(self, image_format: ImageFormat, data: Any) -> None:
        self.frame = frame_of(image_format, data)

    @classmethod
    def of(cls, frame: Frame) -> Any:
        """Return an object for pixels of a graph."""
        made = cls.__new__(cls)
        made.frame = frame
        return made

    @property
    def width(self) -> int:
        """Pixels per row."""
        return self.frame.width

    @property
    def height(self) -> int:
        """Rows."""
        return self.frame.height

    @property
    def channels(self) -> int:
        """Samples a pixel."""
        return self.frame.channels

    @property
    def image_format(self) -> ImageFormat:
        """What the samples mean."""
        return self.frame.format

    def is_empty(self) -> bool:
        """Return whether there are no pixels."""
        return self.frame.data.size == 0

    def is_contiguous(self) -> bool:
        """Return True: rows follow each other without padding."""
        return True

    def is_aligned(self, alignment_boundary: int = _DEFAULT_ALIGNMENT) -> bool:
        """Return whether each row begins at a multiple of that many bytes."""
        return self.frame.data.strides[0] % alignment_boundary == 0 and self._address % alignment_boundary == 0

    def numpy_view(self) -> Any:
        """Return the pixels as a read-only array; it keeps the object alive."""
        return np.asarray(self)

    @property
    def __array_interface__(self) -> dict[str, Any]:
        return self.frame.data.__array_interface__

    @property
    def _address(self) -> int:
        return int(self.frame.data.__array_interface__["data"][0])

    def __getitem__(self, position: int | tuple[int, ...]) -> Any:
        """Return one sample: ``image[row, column]``, and the channel if there is more than one."""
        data = self.frame.data
        where = position if isinstance(position, tuple) else (position,)
        if len(where) != data.ndim:
            raise IndexError(f"index dimension mismatch: the image has {data.ndim} dimensions, found {len(where)}")
        if any(not 0 <= index < size for index, size in zip(where, data.shape, strict=True)):
            raise IndexError(f"{where} is out of bounds of the shape {data.shape}")
        return data[where].item()


class ImageFrame(PixelHolder):
    """Pixels in memory."""

    @property
    def byte_depth(self) -> int:
        """Bytes a sample."""
        return self.frame.data.itemsize


def frame_of(image_format: ImageFormat, data: Any) -> Frame:
    """Return pixels of a program as a frame of graphkit's: a copy of what may be written to, else a reference."""
    array = np.asarray(data)
    if image_format.dtype != array.dtype and not np.can_cast(array.dtype, image_format.dtype, "safe"):
        raise TypeError(
            f"Cannot cast array data from dtype({array.dtype.name!r}) to dtype({image_format.dtype.name!r}) "
            f"according to the rule 'safe': {image_format.name} needs {image_format.dtype.name}"
        )
    channels = array.shape[2] if array.ndim > 2 else 1
    if channels != image_format.channels or not 2 <= array.ndim <= 3:
        raise ValueError(
            f"{image_format.name} has {image_format.channels} channels, found an array of the shape {array.shape}"
        )
    keep = not array.flags.writeable and array.flags.c_contiguous and array.dtype == image_format.dtype
    return Frame(array if keep else np.array(array, image_format.dtype, order="C"), image_format)
