"""Profile: how often each node was called, how long its calls took and its packets waited."""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from graphkit.framework import EMPTY, Instrument
from graphkit.insight._profile_table import as_table
from graphkit.insight._tallies import Counted, Sum, Tally

if TYPE_CHECKING:
    from graphkit.framework import CalculatorContext, RunView, Timestamp

_REMEMBERED: Final = 1000
"""Times whose arrival in the graph is remembered, for latencies."""


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


class _Calls:
    """What one thread has seen of one node or part."""

    __slots__ = ("latency", "run", "waited")

    def __init__(self) -> None:
        self.run, self.waited, self.latency = Tally(), Sum(), Sum()


class _Queue:
    """The packets that came into a queue of a node.

    Attributes:
        came: how many packets.
        most: the most at once.
        waiting: how many wait now.
        arrivals: when those arrived, by their time. Calls of one node may run side by side, so each takes its own.
    """

    __slots__ = ("arrivals", "came", "most", "waiting")

    def __init__(self) -> None:
        self.came = self.most = self.waiting = 0
        self.arrivals: dict[int, float] = {}

    def arrived(self, timestamp: int, waiting: int, at: float) -> None:
        """Note a packet."""
        self.came += 1
        self.waiting = waiting
        if waiting > self.most:  # noqa: PLR1730 - max() takes twice as long
            self.most = waiting
        self.arrivals[timestamp] = at
        if not self.came % _REMEMBERED:
            self._forget()

    def _forget(self) -> None:
        """Forget packets for which a call ahead of time was used (S36)."""
        arrivals = self.arrivals
        for old in list(arrivals)[: max(0, len(arrivals) - self.waiting - _REMEMBERED)]:
            arrivals.pop(old, None)

    def left(self, timestamp: int) -> float | None:
        """Forget a packet; return when it arrived, if that is known."""
        at = self.arrivals.pop(timestamp, None)
        if at is not None and self.waiting:
            self.waiting -= 1
        return at


class Profile(Instrument):
    """Counts what happens in a run; its text is a table.

    ::

        profile = Profile()
        graph.add_instrument(profile)
        ...
        print(profile)
    """

    def __init__(self) -> None:
        self._run: RunView | None = None
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._began, self._ended = perf_counter(), 0.0
        self._here = threading.local()
        self._threads: list[dict[str, _Calls]] = []
        self._opening: dict[str, float] = {}
        self._entered: dict[int, float] = {}
        self._queues: defaultdict[str, dict[str, _Queue]] = defaultdict(dict)
        self._dropped: Counter[str] = Counter()
        self._carried: Counter[str] = Counter()

    # -- results ----------------------------------------------------------------------------------------

    @property
    def seconds(self) -> float:
        """How long the run has taken so far, or took."""
        return (self._ended or perf_counter()) - self._began

    def nodes(self) -> list[NodeProfile]:
        """Return the nodes and the observers of the program that were called or got packets, the longest first."""
        calculators = {} if self._run is None else {node.name: node.calculator for node in self._run.graph.nodes}
        names = {*self._seen(parts=False), *self._queues.copy(), *self._dropped.copy()}
        found = [self._row(name, calculators.get(name, "observer")) for name in sorted(names)]
        return sorted(found, key=lambda row: row.total, reverse=True)

    def parts(self) -> list[NodeProfile]:
        """Return the parts of the work that nodes and library threads did, the longest first."""
        found = [self._row(name, "") for name in self._seen(parts=True)]
        return sorted(found, key=lambda row: row.total, reverse=True)

    def packets_by_stream(self) -> dict[str, int]:
        """Return how many packets each stream has carried."""
        fed: dict[str, int] = {}
        for queues in tuple(self._queues.values()):
            for stream, queue in tuple(queues.items()):
                fed[stream] = max(queue.came, fed.get(stream, 0))
        return {**fed, **self._carried}

    def packets_lost(self) -> dict[str, int]:
        """Return how many packets the queues of each node have lost unprocessed."""
        return dict(self._dropped)

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
        self._begin_anew()
        self._run = run

    def run_ended(self) -> None:
        """Stop the clock."""
        self._ended = perf_counter()

    def opened(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        """Note how long it took."""
        self._opening[cc.node_name] = seconds

    def packet_queued(self, node: str, stream: str, timestamp: Timestamp, waiting: int, at: float) -> None:
        """Note when the packet came, and how long the queue is."""
        queues = self._queues[node]
        queue = queues.get(stream)
        if queue is None:
            queue = queues[stream] = _Queue()
        queue.arrived(timestamp, waiting, at)
        entered = self._entered
        if timestamp not in entered:
            entered[timestamp] = at
            if len(entered) > _REMEMBERED:
                del entered[next(iter(entered))]

    def packet_dropped(self, node: str, stream: str, timestamp: Timestamp, at: float) -> None:
        """Count the drop."""
        self._dropped[node] += 1
        queue = self._queues[node].get(stream)
        if queue is not None:
            queue.left(timestamp)

    def processed(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        """Count the call."""
        node, inputs = cc.node_name, cc.inputs
        calls = self._calls(node)
        calls.run.add(seconds)
        queues = self._queues.get(node)
        if queues is not None:
            waited = calls.waited
            for name, packet in zip(inputs.tag_map.names, inputs.packets):  # noqa: B905 - strict costs
                if packet._payload is not EMPTY and (queue := queues.get(name)) is not None:
                    at = queue.left(packet._timestamp)
                    if at is not None:
                        waited.add(begin - at)
            calls.latency.add(begin - self._entered.get(cc.input_timestamp, begin))
        carried = self._carried
        for shard in cc.outputs.shards:
            if shard.queue:
                carried[shard.name] += len(shard.queue)

    def part_done(self, part: str, begin: float, seconds: float) -> None:
        """Count the part."""
        self._calls(f"part {part}").run.add(seconds)

    # -- helpers ----------------------------------------------------------------------------------------

    def _calls(self, name: str) -> _Calls:
        """Return what this thread has seen of a node or part."""
        try:
            seen: dict[str, _Calls] = self._here.seen
        except AttributeError:
            seen = self._here.seen = {}
            self._threads.append(seen)
        calls = seen.get(name)
        if calls is None:
            calls = seen[name] = _Calls()
        return calls

    def _seen(self, *, parts: bool) -> list[str]:
        names = {name for seen in self._threads for name in tuple(seen) if name.startswith("part ") is parts}
        return sorted(names)

    def _row(self, name: str, calculator: str) -> NodeProfile:
        run, waited, latency, threads = Counted(), Sum(), Sum(), 0
        for seen in tuple(self._threads):
            if (calls := seen.get(name)) is not None:
                run = run.with_all_of(calls.run.counted())
                waited.include(calls.waited)
                latency.include(calls.latency)
                threads += 1
        counted = 0 if self._run is None else self._run.counters().get(f"{name}-dropped", 0)
        queues = tuple(self._queues.get(name, {}).values())
        whole = self.seconds if not calculator else self._of_all_nodes()
        return NodeProfile(
            name=name.removeprefix("part "),
            calculator=calculator,
            calls=run.count,
            mean=run.mean,
            p95=run.quantile(0.95),
            deviation=run.deviation,
            total=run.total,
            longest=run.longest,
            share=run.total / whole if whole else 0.0,
            waited=waited.mean,
            latency=latency.mean,
            rate=run.count / self.seconds if self.seconds else 0.0,
            dropped=self._dropped[name] + counted,
            queue=max((queue.most for queue in queues), default=0),
            waiting=sum(queue.waiting for queue in queues),
            threads=threads,
            opening=self._opening.get(name, 0.0),
        )

    def _of_all_nodes(self) -> float:
        return sum(
            calls.run.counted().total
            for seen in tuple(self._threads)
            for name, calls in tuple(seen.items())
            if not name.startswith("part ")
        )


def _us(seconds: float) -> float:
    return round(1e6 * seconds, 3)
