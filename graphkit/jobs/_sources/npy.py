"""NpySource: an array that ``numpy.save`` wrote, as pictures, numbers, tensors or matrices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit.errors import InputError, UsageError
from graphkit.formats import Image, ImageFrame, Tensor, type_name
from graphkit.framework._packet_type import Kind
from graphkit.gpu import GpuBuffer
from graphkit.jobs._source import InputSet, Source
from graphkit.jobs._times import time_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
            return (origin.wrap(item) for item in _split(array, _is_one_image(array)))
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
        with Path(file).open("rb") as opened:
            return np.lib.format.read_array(opened, allow_pickle=False)
    except Exception as exc:  # numpy reads the header as Python text, and raises whatever that raises
        raise InputError(f"is no array that numpy.save wrote: {exc}.", path=file) from exc


def _numbers(file: str, array: Any, kind: Callable[[Any], Any]) -> Iterator[Any]:
    for index, item in enumerate(np.atleast_1d(array).ravel().tolist()):
        try:
            yield kind(item)
        except (ValueError, TypeError, OverflowError) as exc:
            raise InputError(f"item {index} is no {type_name(kind)}: {exc}.", path=file) from exc


def _is_one_image(array: Any) -> bool:
    return array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))


def _split(array: Any, single: bool) -> Iterator[Any]:
    """Return the array as the one item, or its items along the first axis."""
    return iter([array]) if single else iter(array)
