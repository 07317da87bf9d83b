"""Which packets the rows of a ledger are about: what came into queues, and what left them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.framework._ledger_rows import QUEUED, SENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit.framework._ledger_rows import Topic


class Moves:
    """The queues that rows put a packet into, or take one out of.

    Args:
        topics: by number.
    """

    def __init__(self, topics: Sequence[Topic]) -> None:
        import numpy as np

        queues = [(at,) if topic.kind == QUEUED else topic.queues for at, topic in enumerate(topics)]
        self._queues = np.array([queue for some in queues for queue in some], dtype=np.int64)
        self._counts = np.array([len(some) for some in queues])
        self._starts = np.cumsum(self._counts) - self._counts
        self._come = np.array([topic.kind in (SENT, QUEUED) for topic in topics])

    def come(self, numbers: Any) -> Any:
        """Return which rows of the topics *numbers* put packets into queues."""
        return self._come[numbers]

    def of(self, numbers: Any) -> tuple[Any, Any]:
        """Return a place in *numbers* and a queue for each packet that rows of these topics move."""
        import numpy as np

        counts = self._counts[numbers]
        places = np.repeat(np.arange(len(numbers)), counts)
        before = np.cumsum(counts) - counts
        return places, self._queues[np.repeat(self._starts[numbers] - before, counts) + np.arange(len(places))]
