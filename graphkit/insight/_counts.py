"""What a profile counts: the rows of a ledger, many at a time with numpy."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Any, Final

from graphkit.framework._ledger import CALL, DROPPED, QUEUED, WIDTH, Ledger
from graphkit.insight._tallies import Tallies
from graphkit.insight._waits import Arrivals, Taking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.framework._ledger import Entry
    from graphkit.insight._tallies import Counted

PART: Final = "part"
_MOST_THREADS: Final = 1 << 20
_SUMS: Final = {"seen": "i8", "most": "i8", "waiting": "i8", "left": "i8", "waited": "f8", "latency": "f8"}
"""By entry: its rows; of a queue the most packets and those in it now, how many calls took and for how long these
had waited; of calls how long their times had been in the graph."""


@dataclass(slots=True)
class Seen:
    """What was seen of a node or part.

    Attributes:
        run: durations of its calls.
        threads: on how many threads they ran.
        waited: seconds that packets had waited when a call took them, on average.
        latency: seconds that times had been in the graph when they were called for, on average.
        most: packets that were in one of its queues.
        waiting: packets in its queues.
        dropped: packets that its queues lost.
    """

    run: Counted
    threads: int = 0
    waited: float = 0.0
    latency: float = 0.0
    most: int = 0
    waiting: int = 0
    dropped: int = 0


_IS_QUEUED: Final = 1
_IS_CALL: Final = 2


class Counts(Ledger):
    """The counted rows of a run. What it returns is up to now."""

    def __init__(self) -> None:
        super().__init__()
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget all that was counted."""
        import numpy as np

        with self._handing_over:
            self.rows.clear()
            self._runs: dict[tuple[str, str], int] = {}
            self._taking = Taking()
            self._tallies, self._arrivals = Tallies(), Arrivals()
            self._on_threads: set[int] = set()
            self._sums: Any = np.zeros(0, list(_SUMS.items()))

    def keep(self, rows: list[Any]) -> None:
        """Count some."""
        import numpy as np

        self._learn()
        numbers, begin = np.array(rows[WIDTH - 1 :: WIDTH]), np.array(rows[0::WIDTH])
        counts, times = np.array(rows[2::WIDTH]), rows[3::WIDTH]
        self._sums["seen"] += np.bincount(numbers, minlength=len(self._sums))
        runs = self._run_of[numbers]
        is_run = runs >= 0
        runs = runs[is_run]
        self._tallies.add(runs, (np.array(rows[1::WIDTH]) - begin)[is_run])
        self._on_threads.update(np.unique(runs * _MOST_THREADS + counts[is_run]).tolist())
        newest = self._count_arrivals(numbers, begin, counts, times)
        self._count_takes(numbers, begin, times, newest)
        self._count_latencies(numbers, begin, times)
        self._arrivals.forget(self._sums["waiting"])

    def _learn(self) -> None:
        """Get ready for entries that are new."""
        import numpy as np

        known, entries = len(self._sums), self.entries.copy()
        if known == len(entries):
            return
        runs = self._runs
        for kind, name in ((entry.kind, entry.name) for entry in entries[known:]):
            if kind in (CALL, PART):
                runs.setdefault((kind, name), len(runs))
        self._run_of = np.array([runs.get((entry.kind, entry.name), -1) for entry in entries])
        self._kinds = np.array([(entry.kind == QUEUED) + 2 * (entry.kind == CALL) for entry in entries])
        self._is_drop = np.array([entry.kind == DROPPED for entry in entries])
        self._taking.learn([entry.taken for entry in entries])
        self._sums = np.append(self._sums, np.zeros(len(entries) - known, self._sums.dtype))

    def _count_arrivals(self, numbers: Any, begin: Any, counts: Any, times: list[int]) -> Any:
        """Count what came into queues; return in which row a packet last came into each, -1 for none."""
        import numpy as np

        is_queued = self._kinds[numbers] == _IS_QUEUED
        queues, waiting = numbers[is_queued], counts[is_queued]
        self._arrivals.add(queues.tolist(), list(compress(times, is_queued.tolist())), begin[is_queued].tolist())
        np.maximum.at(self._sums["most"], queues, waiting)
        self._sums["waiting"][queues] = waiting  # the last one counts
        newest = np.full(len(self._sums), -1)
        newest[queues] = np.flatnonzero(is_queued)
        return newest

    def _count_takes(self, numbers: Any, begin: Any, times: list[int], newest: Any) -> None:
        """Count what left queues, and how long it had waited if a call took it."""
        import numpy as np

        rows, queues = self._taking.of(numbers)
        arrived = self._arrivals.leave(queues.tolist(), [times[row] for row in rows.tolist()])
        is_known = ~np.isnan(arrived)
        rows, queues, arrived = rows[is_known], queues[is_known], arrived[is_known]
        np.subtract.at(self._sums["waiting"], queues[rows > newest[queues]], 1)
        np.maximum(self._sums["waiting"], 0, out=self._sums["waiting"])
        is_taken = ~self._is_drop[numbers[rows]]
        rows, queues, arrived = rows[is_taken], queues[is_taken], arrived[is_taken]
        room = len(self._sums)
        self._sums["left"] += np.bincount(queues, minlength=room)
        self._sums["waited"] += np.bincount(queues, weights=np.maximum(0, begin[rows] - arrived), minlength=room)

    def _count_latencies(self, numbers: Any, begin: Any, times: list[int]) -> None:
        """Count how long the times of calls had been in the graph."""
        import numpy as np

        is_call = self._kinds[numbers] == _IS_CALL
        latency = begin[is_call] - self._arrivals.of_times(list(compress(times, is_call.tolist())))
        known = np.where(latency > 0, latency, 0)
        self._sums["latency"] += np.bincount(numbers[is_call], weights=known, minlength=len(self._sums))

    # -- results ----------------------------------------------------------------------------------------

    def seen(self, *, parts: bool) -> dict[str, Seen]:
        """Return what was seen of nodes, or of parts, by name."""
        with self._handing_over:
            self.hand_over()
            rows: defaultdict[str, list[tuple[Entry, dict[str, Any]]]] = defaultdict(list)
            for entry, sums in self._entries_seen():
                if (entry.kind == PART) is parts:
                    rows[entry.name].append((entry, sums))
            return {name: self._seen(PART if parts else CALL, name, some) for name, some in rows.items()}

    def packets(self) -> dict[str, int]:
        """Return how many packets each stream has carried."""
        with self._handing_over:
            self.hand_over()
            fed: dict[str, int] = {}
            carried: Counter[str] = Counter()
            for entry, sums in self._entries_seen():
                if entry.kind == QUEUED:
                    fed[entry.stream] = max(sums["seen"], fed.get(entry.stream, 0))
                for stream in entry.made:
                    carried[stream] += sums["seen"]
            return {**fed, **carried}

    def _entries_seen(self) -> Iterator[tuple[Entry, dict[str, Any]]]:
        """Yield the entries that have rows, with their sums."""
        for entry, values in zip(self.entries, self._sums.tolist(), strict=False):
            if values[0]:
                yield entry, dict(zip(_SUMS, values, strict=True))

    def _seen(self, kind: str, name: str, rows: list[tuple[Entry, dict[str, Any]]]) -> Seen:
        number = self._runs.get((kind, name), -1)
        calls, queues, drops = (
            [sums for entry, sums in rows if entry.kind == kind] for kind in (CALL, QUEUED, DROPPED)
        )
        left = sum(sums["left"] for sums in queues)
        called = sum(sums["seen"] for sums in calls) if queues else 0
        return Seen(
            run=self._tallies.of(number),
            threads=sum(pair // _MOST_THREADS == number for pair in self._on_threads),
            waited=sum(sums["waited"] for sums in queues) / left if left else 0.0,
            latency=sum(sums["latency"] for sums in calls) / called if called else 0.0,
            most=max((sums["most"] for sums in queues), default=0),
            waiting=sum(sums["waiting"] for sums in queues),
            dropped=sum(sums["seen"] for sums in drops),
        )
