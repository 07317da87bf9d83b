"""What a trace keeps of a run: events as small tuples, the oldest dropped if there are too many."""

from __future__ import annotations

import threading
from collections import deque
from itertools import count
from typing import Any, NamedTuple, TypeAlias

Packets: TypeAlias = "tuple[tuple[str, int], ...]"


class Work(NamedTuple):
    """Something that a thread did: a call of a node, or a part of the work.

    Attributes:
        thread: the number of the thread.
        kind: "open", "process", "close" or "part".
        name: of the node or part.
        begin, seconds: when, and for how long.
        time: the input time of a call.
        taken: (stream, time) of the packets that the call got.
        emitted: the same of those that it emitted.
    """

    thread: int
    kind: str
    name: str
    begin: float
    seconds: float
    time: int = 0
    taken: Packets = ()
    emitted: Packets = ()


class Move(NamedTuple):
    """A packet that came into a queue, or was dropped.

    Attributes:
        is_drop: whether it was dropped.
        node, stream: of the queue.
        time: of the packet.
        waiting: packets that were in the queue then.
        at: when.
    """

    is_drop: bool
    node: str
    stream: str
    time: int
    waiting: int
    at: float


class Events:
    """The newest events of a run.

    Args:
        most: how many are kept.

    Attributes:
        threads: names of threads, by number.
    """

    def __init__(self, most: int) -> None:
        # Plain tuples of plain values: the garbage collector does not look at them again and again.
        self._kept: deque[tuple[Any, ...]] = deque(maxlen=most)
        self._keep, self._number, self._threads = self._kept.append, count(), count(1)
        self._here = threading.local()
        self.threads: dict[int, str] = {}
        self._last = -1

    def add(self, event: tuple[Any, ...]) -> None:
        """Keep the values of a `Work` or a `Move`; if there are too many, drop the oldest event."""
        self._keep(event)
        self._last = next(self._number)

    @property
    def lost(self) -> int:
        """How many were dropped."""
        return max(0, self._last + 1 - len(self._kept))

    def thread(self) -> int:
        """Return the number of the calling thread."""
        here = self._here
        try:
            number: int = here.number
        except AttributeError:
            number = here.number = next(self._threads)
            self.threads[number] = threading.current_thread().name
        return number

    def in_order(self) -> list[Work | Move]:
        """Return those that are kept, by when they began."""
        works = len(Work._fields)
        kept = (Work._make(event) if len(event) == works else Move._make(event) for event in self._kept.copy())
        return sorted(kept, key=_begin)


def _begin(event: Work | Move) -> float:
    return event.begin if isinstance(event, Work) else event.at
