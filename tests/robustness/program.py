"""Programs as plain data: what somebody does with a graph, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reference_interpreter import Call, Graph

Action = tuple[Any, ...]


@dataclass
class Program:
    """What a program does with a graph.

    Attributes:
        graph: the graph.
        epochs: what it does between two moments at which it waits until the graph is idle: ``("push", stream,
            time, value)``, ``("bound", stream, bound)``, ``("close", stream)``, ``("stop sources",)`` and
            ``("cancel",)``.
        threads: whether each stream is fed by a thread of its own.
        blocks: whether adding a packet waits while the graph is throttled.
        observed: streams that observers see.
        bounds_observed: streams whose observers see bounds, too.
        together: streams that are observed together.
        pollers: sizes of pollers by stream, -1 for no limit.
        observer_fails: a stream and which of its packets makes its observer raise.
        leaves: whether the run ends by leaving a ``with`` block.
        runs: how often the program is run with one graph.
        seed: of the pauses that its nodes make.
    """

    graph: Graph
    epochs: list[list[Action]]
    threads: bool = False
    blocks: bool = True
    observed: list[str] = field(default_factory=list)
    bounds_observed: list[str] = field(default_factory=list)
    together: list[str] = field(default_factory=list)
    pollers: dict[str, int] = field(default_factory=dict)
    observer_fails: tuple[str, int] | None = None
    leaves: bool = False
    runs: int = 1
    seed: int = 0

    @property
    def comes_to_rest(self) -> bool:
        """Whether a graph that is idle has done all it can: nothing waits for a reader of a poller."""
        return all(size < 0 for size in self.pollers.values())

    @property
    def cuts_sources(self) -> bool:
        """Whether it may end sources before they end themselves."""
        told = any(action[0] == "stop sources" for epoch in self.epochs for action in epoch)
        return told or (self.leaves and not self.comes_to_rest)

    @property
    def light(self) -> bool:
        """Whether everything runs on the one thread that feeds the graph, in an order that is fixed."""
        nodes = self.graph.nodes
        waits = any(node.blocking or node.executor or node.is_source or node.in_flight > 1 for node in nodes)
        return not (waits or self.threads or self.pollers or any(node.pure for node in nodes))


@dataclass
class Snapshot:
    """A moment at which the graph is idle.

    Attributes:
        calls: how many calls each node had.
        bounds: of every stream.
        seen: how many packets of each observed stream were seen.
    """

    calls: dict[str, int]
    bounds: dict[str, int]
    seen: dict[str, int]


@dataclass
class Record:
    """What came of one run.

    Attributes:
        calls: of each node, in the order in which they began.
        opened: how often each node was opened.
        closed: how often each node was closed.
        busiest: the most calls of a node that ran at once.
        seen: (time, value) of the packets of each observed or polled stream; value None for a bound.
        sets: (time, values) of those observed together.
        snapshots: one after each epoch that went well.
        error: what the program got, None for nothing.
        epoch: in which it got it.
        told: the errors that the error callback got.
        complaints: what is wrong whatever the rules say.
    """

    calls: dict[str, list[Call]] = field(default_factory=dict)
    opened: Counter[str] = field(default_factory=Counter)
    closed: Counter[str] = field(default_factory=Counter)
    busiest: Counter[str] = field(default_factory=Counter)
    seen: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    bounds_seen: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    polled: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    sets: list[tuple[int, tuple[Any, ...]]] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    error: BaseException | None = None
    epoch: int = 0
    told: list[BaseException] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
