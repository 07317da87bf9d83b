"""GivenSource: what a program has at hand, as (microseconds, payload) pairs or frames of a reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit.errors import FormatError
from graphkit.jobs._source import InputSet, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from graphkit.jobs._pixels import Picture, Pixels


class GivenSource(Source):
    """The items of an iterable, which is read on the job's thread. Closed with the source if it can be.

    Args:
        items: (microseconds, payload) pairs, or objects with ``timestamp_us`` and ``data``; an array becomes the
            picture that the stream takes. Times increase.
        stream: the graph input stream that they go to.
        wrap: makes an array the payload that the stream takes.
    """

    def __init__(self, items: Iterable[Any], stream: str, wrap: Callable[[Pixels], Picture]) -> None:
        self._items, self._stream, self._wrap = items, stream, wrap

    def __iter__(self) -> Iterator[InputSet]:
        for item in self._items:
            timestamp, payload = _pair(item)
            given = self._wrap(payload) if isinstance(payload, np.ndarray) else payload
            yield InputSet(timestamp, {self._stream: given})

    def close(self) -> None:
        """Close the iterable, if it can be."""
        close = getattr(self._items, "close", None)
        if close is not None:
            close()


def _pair(item: Any) -> tuple[int, Any]:
    if hasattr(item, "timestamp_us"):
        return item.timestamp_us, item.data
    if isinstance(item, tuple) and len(item) == 2:
        return int(item[0]), item[1]
    raise FormatError(
        f"what is fed are (microseconds, payload) pairs or frames of a VideoReader, found {type(item).__name__}",
        expected="(microseconds, payload)",
        found=type(item).__name__,
    )
