"""When packets came into their queues and times into the graph, as far as that still matters."""

from __future__ import annotations

from collections import Counter
from itertools import islice, repeat
from math import nan
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_REMEMBERED: Final = 1000
"""Times whose arrival in the graph is remembered; and packets of a queue that no call has taken."""


class Arrivals:
    """When packets arrived; a packet is a queue and a time."""

    def __init__(self) -> None:
        self._packets: dict[tuple[int, int], float] = {}
        self._times: dict[int, float] = {}
        self._look_at = 4 * _REMEMBERED

    def add(self, queues: Sequence[int], times: Sequence[int], at: Sequence[float]) -> None:
        """Note packets, those that came first before the others."""
        self._packets.update(zip(zip(queues, times, strict=True), at, strict=True))
        entered = self._times
        for time, when in zip(times, at, strict=True):
            if time not in entered:
                entered[time] = when

    def leave(self, queues: Sequence[int], times: Sequence[int]) -> Any:
        """Forget packets; return when they arrived, NaN for one that is not known: another call had it, too."""
        import numpy as np

        packets = zip(queues, times, strict=True)
        return np.array(list(map(self._packets.pop, packets, repeat(nan))), dtype=np.float64)

    def of_times(self, times: Sequence[int]) -> Any:
        """Return when times came into the graph, NaN for one that is not known."""
        import numpy as np

        return np.array(list(map(self._times.get, times, repeat(nan))), dtype=np.float64)

    def forget(self, waiting: Mapping[int, int]) -> None:
        """Forget the oldest times; and packets, where many more are known than are *waiting* in a queue.

        A call ahead of time is used in place of the one that would take its packet (S36).
        """
        for old in list(islice(self._times, max(0, len(self._times) - _REMEMBERED))):
            del self._times[old]
        if len(self._packets) < self._look_at:
            return
        known = Counter(queue for queue, _ in self._packets)
        for packet in list(self._packets):
            if known[packet[0]] > waiting[packet[0]] + _REMEMBERED:
                known[packet[0]] -= 1
                del self._packets[packet]
        self._look_at = len(self._packets) + 4 * _REMEMBERED


class Taking:
    """Which queues the rows of each entry take a packet out of."""

    def __init__(self) -> None:
        import numpy as np

        self._counts = self._starts = self._queues = np.zeros(0, np.int64)

    def learn(self, taken: Sequence[tuple[int, ...]]) -> None:
        """Take note of the entries from the first one on."""
        import numpy as np

        self._queues = np.array([queue for queues in taken for queue in queues], dtype=np.int64)
        self._counts = np.array([len(queues) for queues in taken])
        self._starts = np.cumsum(self._counts) - self._counts

    def of(self, numbers: Any) -> tuple[Any, Any]:
        """Return a place in *numbers* and a queue for each packet that rows of these entries take."""
        import numpy as np

        counts = self._counts[numbers]
        places = np.repeat(np.arange(len(numbers)), counts)
        before = np.cumsum(counts) - counts
        return places, self._queues[np.repeat(self._starts[numbers] - before, counts) + np.arange(len(places))]
