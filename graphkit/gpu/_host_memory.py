"""Memory for pixels that come back from the GPU, used again once nothing refers to it.

A fresh array of a 720p frame costs up to two milliseconds of page faults, more than the copy into it.
"""

from __future__ import annotations

from collections import deque
from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from graphkit.formats import Pixels

_SMALLEST: Final = 1 << 16
_KEEP: Final = 4
_SIZES: Final = 6


class Lease:
    """The owner of one array; when the array and all its views are gone, the memory is free again."""

    __slots__ = ("__array_interface__", "_free", "_memory")

    def __init__(self, memory: Pixels, shape: tuple[int, ...], dtype: np.dtype[Any], free: deque[Pixels]) -> None:
        self._memory, self._free = memory, free
        self.__array_interface__ = {
            "version": 3, "shape": shape, "typestr": dtype.str, "data": (memory.ctypes.data, False),
        }  # fmt: skip

    def __del__(self) -> None:
        self._free.append(self._memory)


class HostMemory:
    """A few blocks of memory of the sizes used last, each lent to one array at a time. Any thread may ask."""

    def __init__(self) -> None:
        self._free: dict[int, deque[Pixels]] = {}

    def array(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Pixels:
        """Return an array with any contents; small ones are plain arrays."""
        size = prod(shape) * dtype.itemsize
        if size < _SMALLEST:
            return np.empty(shape, dtype)
        free = self._blocks(size)
        try:
            block = free.pop()
        except IndexError:
            block = np.empty(size, np.uint8)
        return np.asarray(Lease(block, shape, dtype, free))

    def _blocks(self, size: int) -> deque[Pixels]:
        """Return the free blocks of *size* bytes; forget the size that was asked for longest ago."""
        free = self._free.pop(size, None)
        if free is None:
            free = deque(maxlen=_KEEP)
        self._free[size] = free
        while len(self._free) > _SIZES:
            self._free.pop(next(iter(self._free)), None)
        return free
