"""GpuTensor: a tensor whose values are on the GPU, and in memory once they are asked for."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from graphkit.formats import Tensor
from graphkit.gpu._lending import TensorRow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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

    Attributes:
        rows: of what its rows are made; one, unless it was ``joined``.
    """

    __slots__ = ("_make", "rows")

    def __init__(
        self,
        picture: GpuBuffer,
        levels: Floats,
        *,
        cut: TensorCut | None = None,
        planes: Callable[[Pixels], Floats] | None = None,
        origin: str = "",
    ) -> None:
        row = TensorRow(picture, min(picture.format.channels, 3), levels, cut)
        self._describe((row,), partial(_read_back, row, planes), origin)

    @classmethod
    def joined(cls, tensors: Sequence[GpuTensor]) -> GpuTensor:
        """Return *tensors*, of one share group and one shape, as one of several rows."""
        whole = cls.__new__(cls)
        rows = tuple(chain.from_iterable(tensor.rows for tensor in tensors))
        whole._describe(rows, lambda: np.concatenate([tensor.data for tensor in tensors]), tensors[0].origin)
        return whole

    def _describe(self, rows: tuple[TensorRow, ...], make: Callable[[], Floats], origin: str) -> None:
        self.rows, self._make = rows, make
        self.layout = "NCHW"
        self.for_gpu = True
        self.origin = origin

    def __getattr__(self, name: str) -> Any:
        """Make ``data``, the one attribute that is made late."""
        if name != "data":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self.data = self._make()
        self.data.setflags(write=False)
        return self.data

    @property
    def shape(self) -> tuple[int, ...]:
        """The logical shape: (N, H, W, 3) or (N, H, W, 1)."""
        channels, height, width = self.rows[0].stored_shape
        return (len(self.rows), height, width, channels)

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """The shape in memory: (N, 3, H, W) or (N, 1, H, W)."""
        return (len(self.rows), *self.rows[0].stored_shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Float32."""
        return _FLOAT32

    def borrow(self, device: int) -> Lease | None:
        """Return the values in the memory of CUDA's *device*, None if they must be read back."""
        return self.rows[0].picture.group.cuda.borrow(self.rows, device)


def _read_back(row: TensorRow, planes: Callable[[Pixels], Floats] | None) -> Floats:
    pixels = (row.picture if row.cut is None else row.cut.draw()).array()
    if planes is not None:
        return planes(pixels)
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    return np.ascontiguousarray(row.levels[pixels[None, :, :, : row.channels].transpose(0, 3, 1, 2)])
