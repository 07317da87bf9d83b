"""Rows of a ledger as columns, and what threads did by what it is about: how a trace is written."""

from __future__ import annotations

from itertools import count, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from graphkit.framework._ledger_rows import WIDTH, WorkingThread
from graphkit.insight._moves import Moves

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graphkit.framework._ledger_rows import Topic

_THOUSANDTHS = [f"{ns:03}" for ns in range(1000)]


class Columns:
    """Rows, in the order in which they ended; at least one. Times are nanoseconds since the first row began.

    Args:
        rows: one behind the other.
        topics: by number.

    Attributes:
        rows, topics: see above.
        moves: queues by row.
        numbers: of the topics of the rows, an int array.
        begin: an int64 array.
        counts: an int array: of a queue the packets in it, else the number of the thread, from 1.
        threads: by that number.
    """

    def __init__(self, rows: list[Any], topics: Sequence[Topic]) -> None:
        import numpy as np

        self.rows, self.topics, self.moves = rows, topics, Moves(topics)
        self.numbers = np.array(rows[WIDTH - 1 :: WIDTH])
        began = np.array(rows[0::WIDTH])
        self._zero = round(began.min() * 1e9)
        self.begin = self.ns(began)
        counts = rows[2::WIDTH]
        working = [one for one in dict.fromkeys(counts) if isinstance(one, WorkingThread)]
        self.threads = dict(zip(working, count(1)))
        self.counts = np.array(list(map(self.threads.get, counts, counts)))

    def ns(self, seconds: Any) -> Any:
        """Return nanoseconds since the first row began."""
        import numpy as np

        return np.rint(seconds * 1e9).astype(np.int64) - self._zero


class Group(NamedTuple):
    """The rows of one topic.

    Attributes:
        topic: what they are about.
        rows: their places among all rows.
        begin, end: in nanoseconds, int64 arrays.
        begin_us, end_us, lasted_us: as microseconds, a list of whole ones and one of their thousandths as text.
        threads: numbers of the threads.
        times: timestamps.
    """

    topic: Topic
    rows: list[int]
    begin: Any
    end: Any
    begin_us: tuple[list[int], list[str]]
    end_us: tuple[list[int], list[str]]
    lasted_us: tuple[list[int], list[str]]
    threads: list[int]
    times: list[int]


def groups_of(columns: Columns) -> Iterator[Group]:
    """Yield the rows by their topics, but for packets that came into queues."""
    import numpy as np

    some = np.flatnonzero(~columns.moves.come(columns.numbers))
    numbers = columns.numbers[some]
    order = np.argsort(numbers.astype(np.int16) if len(columns.topics) < 1 << 15 else numbers, kind="stable")
    some, numbers = some[order], numbers[order]
    begin, end = columns.begin[some], columns.ns(np.array(columns.rows[1::WIDTH])[some])
    us = [microseconds(ns) for ns in (begin, end, end - begin)]
    threads, places = columns.counts[some].tolist(), some.tolist()
    times = [columns.rows[place * WIDTH + 3] for place in places]
    borders = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    for a, b in pairwise(borders) if places else ():
        began, ended, lasted = ((whole[a:b], rest[a:b]) for whole, rest in us)
        topic, own = columns.topics[numbers[a]], slice(a, b)
        yield Group(topic, places[own], begin[own], end[own], began, ended, lasted, threads[own], times[own])


def microseconds(ns: Any) -> tuple[list[int], list[str]]:
    """Return whole microseconds, and the nanoseconds that are left as three digits."""
    whole = ns // 1000
    return whole.tolist(), [_THOUSANDTHS[rest] for rest in (ns - whole * 1000).tolist()]
