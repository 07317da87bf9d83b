"""Profile: how often each node was called, how long its calls took and its packets waited."""

from __future__ import annotations

import json
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from graphkit.framework._ledger import LedgerInstrument
from graphkit.insight._counts import PART, Counts
from graphkit.insight._profile_table import as_table

if TYPE_CHECKING:
    from graphkit.framework import CalculatorContext, RunView
    from graphkit.insight._counts import Seen


@dataclass(frozen=True, slots=True)
class NodeProfile:
    """One node, or one part of the work such as decoding. Times are in seconds.

    Attributes:
        name: of the node or part.
        calculator: of a node; "" for a part.
        calls: of process().
        mean, p95, deviation, total, longest: of these calls.
        share: of the time of all nodes, 0 to 1; of a part: of the time elapsed.
        waited: from a packet's arrival in a queue of the node to the call, on average.
        latency: from the arrival of a time in the graph to the call for it, on average.
        rate: calls per second.
        dropped: packets that the node's queues lost, and those that it counted as dropped.
        queue: the most packets that were in one of its queues.
        waiting: packets in its queues now.
        threads: on how many threads it ran.
        opening: seconds in open().
    """

    name: str
    calculator: str
    calls: int
    mean: float
    p95: float
    deviation: float
    total: float
    longest: float
    share: float
    waited: float
    latency: float
    rate: float
    dropped: int
    queue: int
    waiting: int
    threads: int
    opening: float

    def as_dict(self) -> dict[str, Any]:
        """Return the profile as JSON data: MediaPipe's names if it has the column, times in microseconds."""
        return {
            "name": self.name,
            "calculator": self.calculator,
            "completed": self.calls,
            "dropped": self.dropped,
            "fps": round(self.rate, 3),
            "time_mean": _us(self.mean),
            "time_stddev": _us(self.deviation),
            "time_total": _us(self.total),
            "time_percent": round(100 * self.share, 3),
            "time_p95": _us(self.p95),
            "time_max": _us(self.longest),
            "input_latency_mean": _us(self.latency),
            "thread_count": self.threads,
            "waited_mean": _us(self.waited),
            "queue_high_water": self.queue,
            "open_time": _us(self.opening),
        }


class Profile(LedgerInstrument):
    """Counts what happens in a run; its text is a table.

    ::

        profile = Profile()
        graph.add_instrument(profile)
        ...
        print(profile)
    """

    def __init__(self) -> None:
        self._counts = Counts()
        super().__init__(self._counts)
        self._run: RunView | None = None
        self._opening: dict[str, float] = {}
        self._began, self._ended = perf_counter(), 0.0

    # -- results ----------------------------------------------------------------------------------------

    @property
    def seconds(self) -> float:
        """How long the run has taken so far, or took."""
        return (self._ended or perf_counter()) - self._began

    def nodes(self) -> list[NodeProfile]:
        """Return the nodes and the observers of the program that were called or got packets, the longest first."""
        run, nodes = self._run, self._counts.seen(parts=False)
        calculators = {} if run is None else {node.name: node.calculator for node in run.graph.nodes}
        counters = {} if run is None else run.counters()
        whole = sum(seen.run.total for seen in nodes.values())
        rows = [
            self._row(name, calculators.get(name, "observer"), seen, whole, counters.get(f"{name}-dropped", 0))
            for name, seen in sorted(nodes.items())
        ]
        return sorted(rows, key=lambda row: row.total, reverse=True)

    def parts(self) -> list[NodeProfile]:
        """Return the parts of the work that nodes and library threads did, the longest first."""
        whole = self.seconds
        rows = [
            self._row(name, "", seen, whole, 0) for name, seen in sorted(self._counts.seen(parts=True).items())
        ]
        return sorted(rows, key=lambda row: row.total, reverse=True)

    def packets_by_stream(self) -> dict[str, int]:
        """Return how many packets each stream has carried."""
        return self._counts.packets()

    def packets_lost(self) -> dict[str, int]:
        """Return how many packets the queues of each node have lost unprocessed."""
        return {name: seen.dropped for name, seen in self._counts.seen(parts=False).items() if seen.dropped}

    def as_dict(self) -> dict[str, Any]:
        """Return the profile as JSON data."""
        return {
            "seconds": round(self.seconds, 6),
            "nodes": [row.as_dict() for row in self.nodes()],
            "parts": [row.as_dict() for row in self.parts()],
        }

    def to_json(self) -> str:
        """Return the profile as JSON text."""
        return json.dumps(self.as_dict(), indent=2)

    def __str__(self) -> str:
        return as_table(self.nodes(), self.parts(), self.seconds)

    # -- hooks ------------------------------------------------------------------------------------------

    def run_started(self, run: RunView) -> None:
        """Begin again."""
        self._counts.begin_anew()
        self._run, self._opening = run, {}
        self._began, self._ended = perf_counter(), 0.0

    def run_ended(self) -> None:
        """Stop the clock."""
        self._ended = perf_counter()

    def opened(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        """Note how long it took."""
        self._opening[cc.node_name] = seconds

    def part_done(self, part: str, begin: float, seconds: float) -> None:
        """Count the part."""
        self._counts.write_work(PART, part, begin, seconds)

    # -- helpers ----------------------------------------------------------------------------------------

    def _row(self, name: str, calculator: str, seen: Seen, whole: float, counted: int) -> NodeProfile:
        run, seconds = seen.run, self.seconds
        return NodeProfile(
            name=name,
            calculator=calculator,
            calls=run.count,
            mean=run.mean,
            p95=run.quantile(0.95),
            deviation=run.deviation,
            total=run.total,
            longest=run.longest,
            share=run.total / whole if whole else 0.0,
            waited=seen.waited,
            latency=seen.latency,
            rate=run.count / seconds if seconds else 0.0,
            dropped=seen.dropped + counted,
            queue=seen.most,
            waiting=seen.waiting,
            threads=seen.threads,
            opening=self._opening.get(name, 0.0) if calculator else 0.0,
        )


def _us(seconds: float) -> float:
    return round(1e6 * seconds, 3)
