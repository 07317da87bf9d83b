"""GpuTensor: a tensor whose values are on the GPU, and in memory once they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from graphkit.formats import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.formats import Pixels
    from graphkit.gpu._buffer import GpuBuffer
    from graphkit.gpu._lending import Lease, TensorCut

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]
_FLOAT32: Final = np.dtype(np.float32)


class GpuTensor(Tensor):
    """The levels of a picture, or of a part of it, as float32, stored as NCHW.

    Nothing is sampled before the values are asked for: ``borrow`` lends them to CUDA, and ``data`` reads them
    back when it is first asked for.

    Args:
        picture: RGBA8, for a tensor of (1, H, W, 3), or R8, for one of (1, H, W, 1).
        levels: (256,) float32, what each level of 8 bits becomes.
        cut: the part of the picture; None for all of it, pixel by pixel.
        planes: makes (1, C, H, W) of pixels in memory, as *levels* do, and faster; None for *levels* themselves.
        origin: see `Tensor`.
    """

    __slots__ = ("_channels", "_cut", "_levels", "_picture", "_planes")

    def __init__(
        self,
        picture: GpuBuffer,
        levels: Floats,
        *,
        cut: TensorCut | None = None,
        planes: Callable[[Pixels], Floats] | None = None,
        origin: str = "",
    ) -> None:
        self._picture, self._levels, self._cut = picture, levels, cut
        self._planes = planes or self._looked_up
        self._channels = min(picture.format.channels, 3)
        self.layout = "NCHW"
        self.for_gpu = True
        self.origin = origin

    def __getattr__(self, name: str) -> Any:
        """Make ``data``, the one attribute that is made late."""
        if name != "data":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self.data = self._planes((self._picture if self._cut is None else self._cut.draw()).array())
        self.data.setflags(write=False)
        return self.data

    @property
    def shape(self) -> tuple[int, ...]:
        """The logical shape: (1, H, W, 3) or (1, H, W, 1)."""
        width, height = self._size
        return (1, height, width, self._channels)

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """The shape in memory: (1, 3, H, W) or (1, 1, H, W)."""
        width, height = self._size
        return (1, self._channels, height, width)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Float32."""
        return _FLOAT32

    def borrow(self, device: int) -> Lease | None:
        """Return the values in the memory of CUDA's *device*, None if they must be read back."""
        return self._picture.group.cuda.borrow(self._picture, self._channels, self._levels, device, self._cut)

    @property
    def _size(self) -> tuple[int, int]:
        return (self._picture.width, self._picture.height) if self._cut is None else self._cut.size

    def _looked_up(self, pixels: Pixels) -> Floats:
        pixels = pixels.reshape(*pixels.shape[:2], -1)
        return np.ascontiguousarray(self._levels[pixels[None, :, :, : self._channels].transpose(0, 3, 1, 2)])
