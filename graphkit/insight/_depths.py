"""How many packets wait, over the time of a trace: in all queues together, and in each that ever holds several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphkit.framework._ledger import QUEUED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graphkit.framework._ledger import Entry
    from graphkit.insight._rows import Group

_SHOWN_DEPTH: Final = 2
"""Queues that never hold so many packets get no track of their own."""
_SHOWN_PAUSE_NS: Final = 100_000
"""Between the calls of light nodes the number of packets that wait changes too often to be seen."""
_TAKEN: Final = -1


class _Steps(NamedTuple):
    """When queues gained or lost a packet, in order of time.

    Attributes:
        at: nanoseconds.
        queue: which queue, a number from 0.
        waiting: how many packets it then held; -1 for one less than before.
        names: of queues by number: node and stream.
    """

    at: Any
    queue: Any
    waiting: Any
    names: list[tuple[str, str]]


def depths(groups: Sequence[Group], entries: Sequence[Entry]) -> Iterator[tuple[str, Any, Any]]:
    """Yield names of tracks, each with when it changes, in nanoseconds, and to how many packets."""
    import numpy as np

    steps = _steps(groups, entries)
    if steps is None:
        return
    order = np.argsort(steps.queue, kind="stable")
    queue, waiting = steps.queue[order], steps.waiting[order]
    begins = np.append(True, np.diff(queue) > 0)
    depth = _levels(waiting, begins)
    change = np.empty_like(depth)
    change[order] = depth - np.where(begins, 0, np.roll(depth, 1))
    shown = np.append(np.diff(steps.at) >= _SHOWN_PAUSE_NS, True)
    yield "packets that wait", steps.at[shown], np.cumsum(change)[shown]
    deep = np.unique(queue[waiting >= _SHOWN_DEPTH]).tolist()
    for number in sorted(deep, key=steps.names.__getitem__):
        own = slice(*np.searchsorted(queue, (number, number + 1)))
        node, stream = steps.names[number]
        yield f"queue of {node}: {stream}", steps.at[order[own]], depth[own]


def _levels(waiting: Any, begins: Any) -> Any:
    """Return how many packets a queue holds after each of its steps; *begins* marks the first ones of a queue."""
    import numpy as np

    at = np.arange(len(waiting))
    is_known = waiting >= 0
    known = np.maximum.accumulate(np.where(is_known | begins, at, 0))
    return np.maximum(0, waiting[known] - (at - known))


def _steps(groups: Sequence[Group], entries: Sequence[Entry]) -> _Steps | None:
    import numpy as np

    numbers: dict[tuple[str, str], int] = {}
    at: list[Any] = []
    queues: list[int] = []
    waiting: list[Any] = []
    for group in sorted(groups, key=lambda group: group.entry.kind != QUEUED):  # it comes before it leaves
        is_queue = group.entry.kind == QUEUED
        for entry in [group.entry] if is_queue else [entries[queue] for queue in group.entry.taken]:
            at.append(group.begin)
            queues.append(numbers.setdefault((entry.name, entry.stream), len(numbers)))
            waiting.append(np.array(group.counts) if is_queue else np.full(len(group.begin), _TAKEN))
    if not at:
        return None
    queue = np.repeat(queues, [len(some) for some in at])
    when = np.concatenate(at)
    order = np.argsort(when, kind="stable")
    return _Steps(when[order], queue[order], np.concatenate(waiting)[order], list(numbers))
