"""GpuTensor: a tensor whose values are on the GPU, and in memory once somebody asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit.formats import Tensor

if TYPE_CHECKING:
    from graphkit.gpu._buffer import GpuBuffer
    from graphkit.gpu._lending import Lease

_FLOAT32: Final = np.dtype(np.float32)


class GpuTensor(Tensor):
    """The levels of a picture as float32, stored as NCHW.

    ``data`` reads the picture back when it is first asked for; ``borrow`` hands the tensor to CUDA instead.

    Args:
        picture: RGBA8, for a tensor of (1, H, W, 3), or R8, for one of (1, H, W, 1).
        levels: (256,) float32, what each level of 8 bits becomes.
        origin: see `Tensor`.
    """

    __slots__ = ("_channels", "_levels", "_picture")

    def __init__(
        self, picture: GpuBuffer, levels: np.ndarray[Any, np.dtype[np.float32]], *, origin: str = ""
    ) -> None:
        self._picture, self._levels = picture, levels
        self._channels = min(picture.format.channels, 3)
        self.layout = "NCHW"
        self.for_gpu = True
        self.origin = origin

    def __getattr__(self, name: str) -> Any:
        """Make ``data``, the one attribute that is not there from the beginning."""
        if name != "data":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        pixels = self._picture.array().reshape(*self._picture.array().shape[:2], -1)
        data = self._levels[pixels[None, :, :, : self._channels].transpose(0, 3, 1, 2)]
        self.data = np.ascontiguousarray(data)
        self.data.setflags(write=False)
        return self.data

    @property
    def shape(self) -> tuple[int, ...]:
        """The logical shape: (1, H, W, 3) or (1, H, W, 1)."""
        return (1, self._picture.height, self._picture.width, self._channels)

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """The shape in memory: (1, 3, H, W) or (1, 1, H, W)."""
        return (1, self._channels, self._picture.height, self._picture.width)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Float32."""
        return _FLOAT32

    def borrow(self, device: int) -> Lease | None:
        """Return the values in the memory of CUDA's *device*, None where they must be read back."""
        return self._picture.group.cuda.borrow(self._picture, self._channels, self._levels, device)
