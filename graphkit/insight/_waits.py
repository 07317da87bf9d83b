"""When packets came into their queues and times into the graph, as far as that still matters."""

from __future__ import annotations

from collections import Counter
from itertools import islice, repeat
from math import nan
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_REMEMBERED: Final = 1000
"""Times whose arrival in the graph is remembered; and packets of a queue that no call has taken."""
_MOST_QUEUES: Final = 1 << 20


class Arrivals:
    """When packets arrived."""

    def __init__(self) -> None:
        self._packets: dict[int, float] = {}
        self._times: dict[int, float] = {}
        self._look_at = 4 * _REMEMBERED

    def add(self, packets: Iterable[int], at: Iterable[float]) -> None:
        """Note packets, as `names_of` makes them."""
        self._packets.update(zip(packets, at, strict=True))

    def leave(self, packets: Sequence[int], begin: Any) -> Any:
        """Forget packets that calls took, which began then; return when they arrived, NaN if that is not known.

        It is known once: a call ahead of time has its packet before it arrives (S36), and is left out.
        """
        import numpy as np

        arrived = np.array(list(map(self._packets.pop, packets, repeat(nan))), dtype=np.float64)
        for early in np.flatnonzero(arrived > begin).tolist():
            packet, at = packets[early], arrived[early]
            arrived[early] = nan
            try:
                arrived[packets.index(packet, early + 1)] = at
            except ValueError:
                self._packets[packet] = float(at)
        return arrived

    def add_times(self, times: Sequence[int], at: Sequence[float]) -> None:
        """Note times of packets, the first ones first: they may have come into the graph with them."""
        first = dict(zip(reversed(times), reversed(at), strict=True))
        for time in sorted(first.keys() - self._times.keys()):
            self._times[time] = first[time]

    def of_times(self, times: Iterable[int]) -> Any:
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
        known = Counter(packet % _MOST_QUEUES for packet in self._packets)
        for packet in list(self._packets):
            queue = packet % _MOST_QUEUES
            if known[queue] > waiting[queue] + _REMEMBERED:
                known[queue] -= 1
                del self._packets[packet]
        self._look_at = len(self._packets) + 4 * _REMEMBERED


def names_of(queues: Iterable[int], times: Iterable[int]) -> list[int]:
    """Return a number for each packet, made of its queue and time: tuples would wake the garbage collector."""
    return [time * _MOST_QUEUES + queue for queue, time in zip(queues, times, strict=True)]
