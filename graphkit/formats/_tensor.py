"""`Tensor`: what goes into a model and comes out of it."""

from __future__ import annotations

from typing import Any, Final, Literal, Self, TypeAlias

import numpy as np

from graphkit.errors import FormatError
from graphkit.formats._read_only import check_array, read_only

Layout: TypeAlias = Literal["NHWC", "NCHW"]
"""The order of the dimensions of a batch of pictures: channels last, or first."""

_LAYOUTS: Final = frozenset(("NHWC", "NCHW"))


class Tensor:
    """An array with a logical shape that does not depend on its order in memory.

    Images are logically (N, H, W, C). One may be stored as (N, C, H, W), the order that inference
    wants, so that it need not be transposed on the way there.

    Args:
        data: any shape, most often float32. The tensor takes a whole array over without a copy and makes it
            read-only; a view is copied if others can still write to its memory.
        layout: how *data* is stored; "NCHW" needs four dimensions.
        for_gpu: whether pictures that are made of it belong on the GPU, as the graph wants its model there.
        origin: what made it, and from what, for messages: 'node "x" made of an SRGB picture'; "" if unknown.

    Raises:
        FormatError: no array, an unknown layout, or "NCHW" with other than four dimensions.
    """

    __slots__ = ("data", "for_gpu", "layout", "origin")

    data: np.ndarray[tuple[int, ...], np.dtype[Any]]
    layout: Layout
    for_gpu: bool
    origin: str

    def __init__(
        self,
        data: np.ndarray[tuple[int, ...], np.dtype[Any]],
        layout: Layout = "NHWC",
        *,
        for_gpu: bool = False,
        origin: str = "",
    ) -> None:
        check_array(data, "Tensor")
        if layout != "NHWC":
            _check_layout(data, layout)
        self.data = read_only(data)
        self.layout = layout
        self.for_gpu = for_gpu
        self.origin = origin

    @classmethod
    def lent(
        cls,
        data: np.ndarray[tuple[int, ...], np.dtype[Any]],
        layout: Layout = "NHWC",
        *,
        for_gpu: bool = False,
    ) -> Self:
        """Make a tensor of an array whose memory stays as it is while the tensor is in use: never copied."""
        tensor = cls.__new__(cls)
        if layout != "NHWC":
            _check_layout(data, layout)
        data.setflags(write=False)
        tensor.data, tensor.layout, tensor.for_gpu, tensor.origin = data, layout, for_gpu, ""
        return tensor

    @property
    def shape(self) -> tuple[int, ...]:
        """The logical shape: (N, H, W, C) for four dimensions, else that of the data."""
        if self.layout == "NCHW":
            n, c, h, w = self.data.shape
            return (n, h, w, c)
        return self.data.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of an element."""
        return self.data.dtype

    def nhwc(self) -> np.ndarray[tuple[int, ...], np.dtype[Any]]:
        """Return the array in its logical shape: the data, or a transposed view of it."""
        return self.data if self.layout == "NHWC" else self.data.transpose(0, 2, 3, 1)

    def nchw(self) -> np.ndarray[tuple[int, ...], np.dtype[Any]]:
        """Return the array as (N, C, H, W): the data, or a transposed view of it.

        Raises:
            FormatError: the tensor has other than four dimensions.
        """
        if self.layout == "NCHW":
            return self.data
        _check_layout(self.data, "NCHW")
        return self.data.transpose(0, 3, 1, 2)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tensor):
            return NotImplemented
        return self.dtype == other.dtype and np.array_equal(self.nhwc(), other.nhwc())

    __hash__ = None  # type: ignore[assignment]  # equal by contents

    def __repr__(self) -> str:
        stored = "" if self.layout == "NHWC" else f", stored {self.layout}"
        return f"Tensor({self.shape}, {self.dtype.name}{stored})"


def _check_layout(data: np.ndarray[tuple[int, ...], np.dtype[Any]], layout: str) -> None:
    if layout not in _LAYOUTS:
        message = f'tensor layout {layout!r} is unknown; use "NHWC" or "NCHW".'
        raise FormatError(message, expected=_LAYOUTS, found=layout)
    if data.ndim != 4:
        message = f"layout {layout} needs four dimensions, found an array of shape {data.shape}."
        raise FormatError(message, expected=4, found=data.shape)
