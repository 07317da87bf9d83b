"""What a trace keeps of a run: the newest events, the oldest dropped if there are too many.

A run makes about a hundred a frame. Their values lie one behind the other in a few long lists: tuples that are
kept would have the garbage collector look through the whole process again and again.
"""

from __future__ import annotations

import threading
from collections import deque
from itertools import count
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Packets: TypeAlias = "tuple[tuple[str, int], ...]"
QUEUED: Final = "queued"
DROPPED: Final = "dropped"
_IN_A_LIST: Final = 1 << 14
"""So many values are about 2000 events."""
_OF_A_MOVE: Final = 6
_OF_WORK: Final = 8


class Work(NamedTuple):
    """Something that a thread did: a call of a node, or a part of the work.

    Attributes:
        begin: when.
        kind: "open", "process", "close" or "part".
        thread: the number of the thread.
        name: of the node or part.
        seconds: for how long.
        time: the input time of a call.
        taken: (stream, time) of the packets that the call got.
        emitted: the same of those that it emitted.
    """

    begin: float
    kind: str
    thread: int
    name: str
    seconds: float
    time: int = 0
    taken: Packets = ()
    emitted: Packets = ()


class Move(NamedTuple):
    """A packet that came into a queue, or was dropped.

    Attributes:
        at: when.
        kind: "queued" or "dropped".
        node, stream: of the queue.
        time: of the packet.
        waiting: packets that were in the queue then.
    """

    at: float
    kind: str
    node: str
    stream: str
    time: int
    waiting: int = 0


class Events:
    """The newest events of a run.

    Args:
        most: how many are kept.

    Attributes:
        threads: names of threads, by number.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._list: list[Any] = []
        self._lists: deque[list[Any]] = deque([self._list])
        self._counts: deque[int] = deque()
        self._lost = 0
        self._turning, self._threads = threading.Lock(), count(1)
        self._here = threading.local()
        self.threads: dict[int, str] = {}

    def add(self, values: Sequence[Any]) -> None:
        """Keep the values of a `Move`, or those of a `Work` as `values_of` returns them."""
        values_so_far = self._list
        values_so_far.extend(values)  # at once, whatever other threads do
        if len(values_so_far) > _IN_A_LIST:
            self._turn_over(values_so_far)

    def _turn_over(self, full: list[Any]) -> None:
        """Begin another list, and drop the oldest ones if the others hold enough."""
        with self._turning:
            if self._list is not full:
                return
            self._list = []
            self._lists.append(self._list)
            self._counts.append(_count(full))
            while sum(self._counts) - self._counts[0] >= self._most:
                self._counts.popleft()
                self._lost += _count(self._lists.popleft())

    @property
    def lost(self) -> int:
        """How many were dropped."""
        return self._lost + max(0, sum(map(_count, tuple(self._lists))) - self._most)

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
        kept = [event for values in tuple(self._lists) for event in _events(values.copy())]
        return sorted(kept[max(0, len(kept) - self._most) :], key=itemgetter(0))


def values_of(work: Work) -> list[Any]:
    """Return the values of a work as they are kept: how many packets it took and emitted, then those."""
    packets = [value for packet in (*work.taken, *work.emitted) for value in packet]
    return [*work[:6], len(work.taken), len(work.emitted), *packets]


def _count(values: list[Any]) -> int:
    """Return how many events a list has."""
    found = at = 0
    while at < len(values):
        kind = values[at + 1]
        if kind is QUEUED or kind is DROPPED:
            at += _OF_A_MOVE
        else:
            at += _OF_WORK + 2 * (values[at + 6] + values[at + 7])
        found += 1
    return found


def _events(values: list[Any]) -> Iterator[Work | Move]:
    at, end = 0, len(values)
    while at < end:
        if values[at + 1] in (QUEUED, DROPPED):
            yield Move._make(values[at : at + _OF_A_MOVE])
            at += _OF_A_MOVE
            continue
        begin, kind, thread, name, seconds, time, took, emitted = values[at : at + _OF_WORK]
        packets = at + _OF_WORK
        between = packets + 2 * took
        at = between + 2 * emitted
        taken, made = _pairs(values, packets, between), _pairs(values, between, at)
        yield Work(begin, kind, thread, name, seconds, time, taken, made)


def _pairs(values: list[Any], begin: int, end: int) -> Packets:
    if begin == end:
        return ()
    if end - begin == 2:  # nearly always
        return ((values[begin], values[begin + 1]),)
    return tuple(zip(values[begin:end:2], values[begin + 1 : end : 2], strict=True))
