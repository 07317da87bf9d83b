"""How many packets wait, over the time of a trace: in all queues together, and in each that ever holds several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.insight._rows import Columns

_SHOWN_DEPTH: Final = 2
"""Queues that never hold so many packets get no track of their own."""
_SHOWN_PAUSE_NS: Final = 100_000
"""Between the calls of light nodes the number of packets that wait changes too often to be seen."""
_TAKEN: Final = -1


def depths(columns: Columns) -> Iterator[tuple[str, Any, Any]]:
    """Yield names of tracks, each with when it changes, in nanoseconds, and to how many packets."""
    import numpy as np

    at, queues, waiting, names = _steps(columns)
    if not len(at):
        return
    order = np.argsort(queues, kind="stable")
    queue, known = queues[order], waiting[order]
    begins = np.append(True, np.diff(queue) > 0)
    depth = _levels(known, begins)
    change = np.empty_like(depth)
    change[order] = depth - np.where(begins, 0, np.roll(depth, 1))
    shown = np.append(np.diff(at) >= _SHOWN_PAUSE_NS, True)
    yield "packets that wait", at[shown], np.cumsum(change)[shown]
    deep = np.unique(queue[known >= _SHOWN_DEPTH]).tolist()
    for number in sorted(deep, key=names.__getitem__):
        own = slice(*np.searchsorted(queue, (number, number + 1)))
        node, stream = names[number]
        yield f"queue of {node}: {stream}", at[order[own]], depth[own]


def _steps(columns: Columns) -> tuple[Any, Any, Any, list[tuple[str, str]]]:
    """Return when queues gained or lost a packet, in order of time.

    That is: nanoseconds; the number of the queue; how many packets it then held, -1 for one less than before; and
    node and stream of the queues by number.
    """
    import numpy as np

    names: dict[tuple[str, str], int] = {}
    queue_of = np.array([names.setdefault((topic.name, topic.stream), len(names)) for topic in columns.topics])
    rows, topics = columns.moves.of(columns.numbers)
    come = columns.moves.come(columns.numbers[rows])
    at = columns.begin[rows]
    order = np.lexsort((~come, at))  # at the same time, a packet comes before it leaves
    waiting = np.where(come, columns.counts[rows], _TAKEN)
    return at[order], queue_of[topics][order].astype(np.int32), waiting[order], list(names)


def _levels(waiting: Any, begins: Any) -> Any:
    """Return how many packets a queue holds after each of its steps; *begins* marks the first ones of a queue."""
    import numpy as np

    at = np.arange(len(waiting))
    is_known = waiting >= 0
    known = np.maximum.accumulate(np.where(is_known | begins, at, 0))
    return np.maximum(0, waiting[known] - (at - known))
