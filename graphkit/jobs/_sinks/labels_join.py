"""LabelsJoin: landmarks, and whose they are (a handedness, an id), which come over two streams."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Labelled(NamedTuple):
    """Landmarks that wait no longer.

    Attributes:
        timestamp: microseconds.
        payload: the landmarks of all.
        labels: whose they are, in the same order; fewer or none if that is not known.
    """

    timestamp: int
    payload: Any
    labels: list[str]


class LabelsJoin:
    """Lets landmarks wait for the labels of their time; every method returns those that are ready.

    A graph that settles the labels late, or never, must not make landmarks pile up: the oldest go
    without them when more than *most_waiting* wait.

    Args:
        most_waiting: packets that may wait.
    """

    def __init__(self, most_waiting: int = 64) -> None:
        self._most_waiting = most_waiting
        self._waiting: deque[tuple[int, Any]] = deque()
        self._labels: dict[int, list[str]] = {}
        self._settled: int | None = None

    def landmarks(self, timestamp: int, payload: Any) -> list[Labelled]:
        """Take the landmarks of *timestamp* (microseconds)."""
        self._waiting.append((timestamp, payload))
        return self._ready()

    def labels(self, timestamp: int, labels: Sequence[Any]) -> list[Labelled]:
        """Take an id or a ClassificationList for each, or none; all times up to *timestamp* are then settled."""
        if labels:
            self._labels[timestamp] = [label_of(item) for item in labels]
        self._settled = timestamp
        while len(self._labels) > self._most_waiting:
            del self._labels[min(self._labels)]
        return self._ready()

    def rest(self) -> list[Labelled]:
        """Return everything that still waits."""
        return [self._next() for _ in range(len(self._waiting))]

    def _ready(self) -> list[Labelled]:
        ready = []
        while self._waiting and self._may_go(self._waiting[0][0]):
            ready.append(self._next())
        return ready

    def _next(self) -> Labelled:
        timestamp, payload = self._waiting.popleft()
        return Labelled(timestamp, payload, self._labels.pop(timestamp, []))

    def _may_go(self, timestamp: int) -> bool:
        if len(self._waiting) > self._most_waiting:
            return True
        return self._settled is not None and timestamp <= self._settled


def label_of(classifications: Any) -> str:
    """Return the text of an id, or of the best class of a ClassificationList; "" without one."""
    if isinstance(classifications, int):
        return str(classifications)
    best = next(iter(classifications), None)
    return "" if best is None else best.label or best.display_name or str(best.index)
