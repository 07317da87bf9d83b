"""`Image`: pixels that may be in memory or on the GPU."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from graphkit.errors import FormatError
from graphkit.formats._image_frame import ImageFrame


@runtime_checkable
class GpuPixels(Protocol):
    """What an `Image` asks of a buffer on the GPU."""

    @property
    def width(self) -> int:
        """Pixels per row."""

    @property
    def height(self) -> int:
        """Rows."""

    def image_frame(self) -> ImageFrame:
        """Return the pixels in memory, rows from the top; waits for the GPU if it must."""


class Image:
    """An image for calculators that work on either side.

    Args:
        source: an `ImageFrame`, or a buffer on the GPU. It is read back at most once, when `cpu`
            is first called.
    """

    __slots__ = ("_frame", "source")

    source: ImageFrame | GpuPixels

    def __init__(self, source: ImageFrame | GpuPixels) -> None:
        if isinstance(source, ImageFrame):
            self._frame: ImageFrame | None = source
        elif isinstance(source, GpuPixels):
            self._frame = None
        else:
            raise FormatError(
                f"an Image is made of an ImageFrame or a buffer on the GPU, found {type(source).__name__}; "
                "wrap an array as ImageFrame(array) first.",
                expected="ImageFrame | GpuBuffer",
                found=type(source),
            )
        self.source = source

    @property
    def uses_gpu(self) -> bool:
        """Whether the image was made on the GPU."""
        return not isinstance(self.source, ImageFrame)

    @property
    def width(self) -> int:
        """Pixels per row."""
        return self.source.width

    @property
    def height(self) -> int:
        """Rows."""
        return self.source.height

    def cpu(self) -> ImageFrame:
        """Return the pixels in memory."""
        if self._frame is None:
            assert not isinstance(self.source, ImageFrame)
            self._frame = self.source.image_frame()
        return self._frame

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Image):
            return NotImplemented
        return self.source is other.source or self.cpu() == other.cpu()

    __hash__ = None  # type: ignore[assignment]  # equal by contents

    def __repr__(self) -> str:
        return f"Image({self.width}x{self.height}, {'GPU' if self.uses_gpu else 'CPU'})"

    def _repr_png_(self) -> bytes | None:
        return self.cpu()._repr_png_()
