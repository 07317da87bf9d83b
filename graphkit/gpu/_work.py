"""Counts of the work of contexts, which make up the cost of a frame on a GPU."""

from __future__ import annotations

from dataclasses import astuple, dataclass


@dataclass(slots=True)
class GpuWork:
    """Counts of one context, or of all of a group. They only grow; subtract an earlier copy.

    Attributes:
        passes: pictures drawn.
        dispatches: compute shaders run.
        fences: points made that others may wait for; each sends what was told so far to the GPU.
        waits: times that a context or a thread had to wait for one.
        hops: times that another thread had something done on the context's thread and waited for it.
    """

    passes: int = 0
    dispatches: int = 0
    fences: int = 0
    waits: int = 0
    hops: int = 0

    def __add__(self, other: GpuWork) -> GpuWork:
        return GpuWork(*(one + more for one, more in zip(astuple(self), astuple(other), strict=True)))

    def since(self, earlier: GpuWork) -> GpuWork:
        """Return what was added after *earlier*."""
        return GpuWork(*(now - then for now, then in zip(astuple(self), astuple(earlier), strict=True)))

    def copy(self) -> GpuWork:
        """Return the numbers of now."""
        return GpuWork(*astuple(self))
