"""NpySource: an array that ``numpy.save`` wrote, as pictures, numbers, tensors or matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit.errors import FormatError, InputError, UsageError
from graphkit.errors._base import shortened
from graphkit.formats import Image, ImageFrame, Tensor
from graphkit.framework._packet_type import Kind
from graphkit.gpu import GpuBuffer
from graphkit.jobs._source import InputSet, Source
from graphkit.jobs._times import time_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.jobs._pixels import Picture
    from graphkit.jobs._source import Origin


class NpySource(Source):
    """The items of an array, by what the stream carries. They get times at the rate of the job, from 0.

    Args:
        origin: what it is made for.

    Raises:
        UsageError: the stream carries what cannot be read from an array.
        InputError: the file is damaged or no array.
    """

    endings = (".npy",)

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._rate = origin.rate
        self._items = _items(origin)

    def __iter__(self) -> Iterator[InputSet]:
        for index, item in enumerate(self._items):
            yield InputSet(time_at(index, self._rate), {self.stream: item})


def _items(origin: Origin) -> Iterator[Any]:
    array, carried = _load_array(origin.place), origin.carried
    kinds: tuple[Any, ...] = carried.types if carried.kind is Kind.ONE_OF else (np.ndarray,)
    for kind in kinds:
        if kind is ImageFrame or kind is Image or kind is GpuBuffer:
            return _pictures(origin, array)
        if kind is Tensor:
            return iter([Tensor(array)])
        if kind == list[Tensor]:
            return iter([[Tensor(array)]])
        if kind is np.ndarray:
            return _split(array, array.ndim <= 2)
        if kind in (int, float, bool):
            return _numbers(origin.place, array, kind)
    raise UsageError(
        f"{origin.place}: the stream carries {carried}, which cannot be read from an array. Use .jsonl."
    )


def _load_array(file: str) -> Any:
    try:
        array = np.load(file, allow_pickle=False)
    except Exception as exc:  # a header is Python source, and what it may raise has no end
        raise InputError(f"is no array that numpy.save wrote: {shortened(str(exc))}.", path=file) from exc
    if not isinstance(array, np.ndarray):
        raise InputError("is an archive of several arrays; give it one, as numpy.save writes it.", path=file)
    if array.dtype.kind not in "biuf":
        raise InputError(f"holds {shortened(str(array.dtype), 100)}; an array of numbers is needed.", path=file)
    array.setflags(write=False)  # so that its items need no copies
    return array


def _pictures(origin: Origin, array: Any) -> Iterator[Picture]:
    if array.ndim < 2:
        raise InputError(
            f"an array of shape {array.shape} holds no picture; (H, W), (H, W, C) or more are.", path=origin.place
        )
    for number, item in enumerate(_split(array, _is_one_image(array))):
        try:
            yield origin.wrap(item)
        except FormatError as exc:
            raise InputError(f"item {number}: {exc}", path=origin.place) from exc


def _numbers(file: str, array: Any, kind: type[int | float | bool]) -> Iterator[int | float | bool]:
    for number, value in enumerate(np.atleast_1d(array).ravel().tolist()):
        try:
            yield kind(value)
        except (ValueError, OverflowError) as exc:
            raise InputError(f"item {number} is {value}, which is no {kind.__name__}.", path=file) from exc


def _is_one_image(array: Any) -> bool:
    return array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))


def _split(array: Any, single: bool) -> Iterator[Any]:
    """Return the array as the one item, or its items along the first axis."""
    return iter([array]) if single else iter(array)
