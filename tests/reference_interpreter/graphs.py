"""Graphs as plain data: what the interpreter reads, and what a test writes as a config for the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection


class Call(NamedTuple):
    """One call of a node.

    Attributes:
        time: the input time.
        values: the payload of each input, None where it has no packet.
    """

    time: int
    values: tuple[Any, ...]


@dataclass
class Node:
    """A node.

    Attributes:
        name: of the node.
        does: the name of a behaviour and its settings, see `behaviours`.
        inputs: names of streams.
        outputs: names of streams.
        policy: its input policy: S11 to S15.
        policy_options: the policy's settings, by the names of its config.
        back_edges: which inputs close a cycle: S19.
        offset: its timestamp offset, None for none: S8.
        sees_bounds: whether it is called for settled and empty times, too: S16.
        layer: of a source: S24.
        in_flight: calls at once: S18.
        pure: S18.
        forwards: S36.
        blocking: S28.
        executor: S33; empty for the default one.
    """

    name: str
    does: tuple[str, dict[str, Any]]
    inputs: list[str]
    outputs: list[str]
    policy: str = "Default"
    policy_options: dict[str, Any] = field(default_factory=dict)
    back_edges: tuple[int, ...] = ()
    offset: int | None = 0
    sees_bounds: bool = False
    layer: int = 0
    in_flight: int = 1
    pure: bool = False
    forwards: bool = False
    blocking: bool = False
    executor: str = ""

    @property
    def is_source(self) -> bool:
        """Whether it has outputs and no inputs: S24."""
        return not self.inputs

    @property
    def free(self) -> bool:
        """Whether the rules leave open which call comes next, because it depends on what arrives first."""
        many = len(self.inputs) > 1
        if self.does[0] == "previous":
            return False
        return self.sees_bounds or (many and self.policy in ("Immediate", "SyncSet", "EarlyClose"))


@dataclass
class Graph:
    """A graph.

    Attributes:
        inputs: graph input streams.
        nodes: in an order in which producers come before consumers, back edges aside.
        echoes: graph inputs that an observer of another stream feeds: input by stream.
        max_queue_size: S37; None for what the engine takes.
        report_deadlock: S40.
        num_threads: of the default executor; 0 for what the engine takes.
        executors: type and number of threads by name.
    """

    inputs: list[str]
    nodes: list[Node]
    echoes: dict[str, str] = field(default_factory=dict)
    max_queue_size: int | None = None
    report_deadlock: bool = False
    num_threads: int = 0
    executors: dict[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def streams(self) -> list[str]:
        """Every stream: graph inputs, then outputs of nodes."""
        return [*self.inputs, *(name for node in self.nodes for name in node.outputs)]

    @property
    def may_stop_sources(self) -> bool:
        """Whether a node other than a source may end the sources: S23."""
        return any(node.does[0] == "stop" for node in self.nodes)


def resting(graph: Graph, read: Collection[str]) -> set[str]:
    """Return the nodes that are not called, as nobody reads what they make: S56.

    Args:
        graph: the graph.
        read: streams that the program reads.
    """
    makers = [
        node for node in graph.nodes if node.inputs and node.outputs and (node.pure or node.does[0] == "previous")
    ]
    others = [node for node in graph.nodes if node not in makers]
    if not read and all(node.outputs for node in others):
        return set()
    wanted = {*read, *(name for node in others for name in node.inputs)}
    for _ in makers:
        wanted.update(name for node in makers if wanted.intersection(node.outputs) for name in node.inputs)
    return {
        node.name
        for node in makers
        if node.pure and node.offset is not None and not wanted.intersection(node.outputs)
    }
