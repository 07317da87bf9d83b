"""Measurable parts of the work that nodes and library threads do: decode, encode, inference, transfers.

Code that does such a part stands in ``with part("decode"):``, which costs a tenth of a microsecond without
a listener.
"""

from __future__ import annotations

from contextlib import nullcontext
from time import perf_counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import TracebackType

    Listener = Callable[[str, float, float], None]

_NOBODY: Final = nullcontext()
_listeners: Final[list[Listener]] = []


def part(name: str) -> AbstractContextManager[None]:
    """Return a block whose time is reported to the listeners, on this thread, when it ends."""
    return _Part(name) if _listeners else _NOBODY


def listen(listener: Listener) -> None:
    """Call *listener* with the name, the begin and the seconds of every part from now on; it must not raise."""
    _listeners.append(listener)


def stop_listening(listener: Listener) -> None:
    """Remove *listener*; an unknown one changes nothing."""
    if listener in _listeners:
        _listeners.remove(listener)


class _Part:
    """One part."""

    __slots__ = ("_begin", "_name")

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._begin = perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = perf_counter() - self._begin
        for listener in tuple(_listeners):
            listener(self._name, self._begin, seconds)
