"""What a profile counts: the rows of a ledger, many at a time with numpy."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Any, Final

from graphkit.framework._ledger import Ledger
from graphkit.framework._ledger_calls import PlainCalls
from graphkit.framework._ledger_rows import CALL, DROPPED, QUEUED, SENT, WIDTH
from graphkit.insight._moves import Moves
from graphkit.insight._tallies import Tallies
from graphkit.insight._waits import Arrivals, names_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.framework._ledger_calls import CalledNode, Calls, Clock, Process
    from graphkit.framework._ledger_rows import Topic, WorkingThread
    from graphkit.insight._tallies import Counted

PART: Final = "part"
_SUMS: Final = {
    "seen": "i8",
    "came": "i8",
    "most": "i8",
    "waiting": "i8",
    "left": "i8",
    "waited": "f8",
    "latency": "f8",
}
"""By topic: its rows; of a queue how many packets came, the most at once, those in it now, how many calls took and
for how long these had waited; of calls how long their times had been in the graph."""


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
            self._moves = Moves(())
            self._tallies, self._arrivals = Tallies(), Arrivals()
            self._on_threads: set[tuple[int, WorkingThread]] = set()
            self._sums: Any = np.zeros(0, list(_SUMS.items()))

    def plain_calls_of(self, node: CalledNode, process: Process, clock: Clock) -> Calls | PlainCalls:
        """Return what makes and writes calls; the rows of queues and streams say what they took and emitted."""
        return PlainCalls(self, node, process, clock)

    def keep(self, rows: list[Any]) -> None:
        """Count some."""
        import numpy as np

        self._learn()
        numbers, begin = np.array(rows[WIDTH - 1 :: WIDTH]), np.array(rows[0::WIDTH])
        threads, times = rows[2::WIDTH], rows[3::WIDTH]
        self._sums["seen"] += np.bincount(numbers, minlength=len(self._sums))
        runs = self._run_of[numbers]
        is_run = runs >= 0
        runs = runs[is_run]
        self._tallies.add(runs, (np.array(rows[1::WIDTH]) - begin)[is_run])
        self._on_threads.update(zip(runs.tolist(), compress(threads, is_run.tolist()), strict=True))
        self._count_moves(numbers, begin, threads, times)
        self._count_latencies(numbers, begin, times)
        self._arrivals.forget(self._sums["waiting"])

    def _learn(self) -> None:
        """Get ready for topics that are new."""
        import numpy as np

        known, topics = len(self._sums), self.topics.copy()
        if known == len(topics):
            return
        for topic in topics[known:]:
            if topic.kind in (CALL, PART):
                self._runs.setdefault((topic.kind, topic.name), len(self._runs))
        self._run_of = np.array([self._runs.get((topic.kind, topic.name), -1) for topic in topics])
        kinds = [topic.kind for topic in topics]
        self._is_call, self._is_drop = (np.array([kind == one for kind in kinds]) for one in (CALL, DROPPED))
        self._moves = Moves(topics)
        self._sums = np.append(self._sums, np.zeros(len(topics) - known, self._sums.dtype))

    def _count_moves(self, numbers: Any, begin: Any, counts: list[Any], times: list[int]) -> None:
        """Count what came into queues and what left them."""
        import numpy as np

        rows, queues = self._moves.of(numbers)
        came = self._moves.come(numbers[rows])
        flags, places = came.tolist(), rows.tolist()
        packets = names_of(queues.tolist(), [times[row] for row in places])
        self._arrivals.add(compress(packets, flags), begin[rows[came]].tolist())
        waiting = np.array([counts[row] for row in compress(places, flags)], dtype=np.int64)
        newest = self._count_arrivals(rows[came], queues[came], waiting)
        left = ~came
        arrived = self._arrivals.leave(list(compress(packets, left.tolist())), begin[rows[left]])
        is_known = ~np.isnan(arrived)
        rows, queues, arrived = rows[left][is_known], queues[left][is_known], arrived[is_known]
        level = self._sums["waiting"]
        np.subtract.at(level, queues[rows > newest[queues]], 1)
        np.maximum(level, 0, out=level)
        self._count_waits(numbers[rows], queues, begin[rows] - arrived)

    def _count_arrivals(self, rows: Any, queues: Any, waiting: Any) -> Any:
        """Count what came into queues; return in which row a packet last came into each, -1 for none."""
        import numpy as np

        np.add.at(self._sums["came"], queues, 1)
        np.maximum.at(self._sums["most"], queues, waiting)
        self._sums["waiting"][queues] = waiting  # the last one counts
        newest = np.full(len(self._sums), -1)
        newest[queues] = rows
        return newest

    def _count_waits(self, numbers: Any, queues: Any, waited: Any) -> None:
        """Count how long packets had waited that a call took."""
        import numpy as np

        is_taken, room = ~self._is_drop[numbers], len(self._sums)
        queues = queues[is_taken]
        self._sums["left"] += np.bincount(queues, minlength=room)
        self._sums["waited"] += np.bincount(queues, weights=np.maximum(0, waited[is_taken]), minlength=room)

    def _count_latencies(self, numbers: Any, begin: Any, times: list[int]) -> None:
        """Count how long the times of calls had been in the graph."""
        import numpy as np

        came = self._moves.come(numbers)
        self._arrivals.add_times(list(compress(times, came.tolist())), begin[came].tolist())
        is_call = self._is_call[numbers]
        latency = begin[is_call] - self._arrivals.of_times(compress(times, is_call.tolist()))
        known = np.where(latency > 0, latency, 0)
        self._sums["latency"] += np.bincount(numbers[is_call], weights=known, minlength=len(self._sums))

    # -- results ----------------------------------------------------------------------------------------

    def seen(self, *, parts: bool) -> dict[str, Seen]:
        """Return what was seen of nodes, or of parts, by name."""
        with self._handing_over:
            self.hand_over()
            rows: defaultdict[str, list[tuple[Topic, dict[str, Any]]]] = defaultdict(list)
            for topic, sums in self._topics_seen():
                if topic.kind != SENT and (topic.kind == PART) is parts:
                    rows[topic.name].append((topic, sums))
            return {name: self._seen(PART if parts else CALL, name, some) for name, some in rows.items()}

    def packets(self) -> dict[str, int]:
        """Return how many packets each stream has carried."""
        with self._handing_over:
            self.hand_over()
            sent: Counter[str] = Counter()
            queued: dict[str, int] = {}
            for topic, sums in self._topics_seen():
                if topic.kind == SENT:
                    sent[topic.stream] += sums["seen"]
                elif topic.kind == QUEUED:
                    queued[topic.stream] = max(sums["came"], queued.get(topic.stream, 0))
            return {**queued, **sent}

    def _topics_seen(self) -> Iterator[tuple[Topic, dict[str, Any]]]:
        """Yield the topics that have rows, with their sums."""
        for topic, values in zip(self.topics, self._sums.tolist(), strict=False):
            if values[0] or values[1]:
                yield topic, dict(zip(_SUMS, values, strict=True))

    def _seen(self, kind: str, name: str, rows: list[tuple[Topic, dict[str, Any]]]) -> Seen:
        number = self._runs.get((kind, name), -1)
        calls, queues, drops = (
            [sums for topic, sums in rows if topic.kind == kind] for kind in (CALL, QUEUED, DROPPED)
        )
        left = sum(sums["left"] for sums in queues)
        called = sum(sums["seen"] for sums in calls) if queues else 0
        return Seen(
            run=self._tallies.of(number),
            threads=sum(run == number for run, _ in self._on_threads),
            waited=sum(sums["waited"] for sums in queues) / left if left else 0.0,
            latency=sum(sums["latency"] for sums in calls) / called if called else 0.0,
            most=max((sums["most"] for sums in queues), default=0),
            waiting=sum(sums["waiting"] for sums in queues),
            dropped=sum(sums["seen"] for sums in drops),
        )
