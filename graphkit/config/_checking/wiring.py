"""The producer and the readers of each stream and side packet of the expanded graph."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from graphkit.config._text.names import keyed, tag_map
from graphkit.errors import did_you_mean
from graphkit.framework import TagMap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graphkit.config._checking.contracts import CheckedNode
    from graphkit.config._checking.faults import Faults
    from graphkit.config._model import Entry, GraphConfig
    from graphkit.config._text.source import Place
    from graphkit.framework import Key

_INDEX: Final = re.compile(r"[0-9]{1,18}\Z")
GRAPH: Final = -1
"""The program, which feeds graph inputs, in place of a node's number."""


class End(NamedTuple):
    """One end of a connection: a port of a node, or of the graph.

    Attributes:
        node: number of the node, GRAPH for a graph input.
        port: id of the port on its side of the node.
        key: tag and index of that port.
    """

    node: int
    port: int
    key: Key


@dataclass(slots=True)
class Edge:
    """One stream or side packet.

    Attributes:
        producer: None for a side packet that only consumers name: the program must give it.
    """

    name: str
    place: Place
    producer: End | None
    consumers: list[End] = field(default_factory=list)


@dataclass(slots=True)
class Wiring:
    """All connections, by name, with the graph's own ends.

    Attributes:
        back_edges: (node, input id) of inputs that are marked so.
    """

    streams: dict[str, Edge]
    side_packets: dict[str, Edge]
    back_edges: set[tuple[int, int]]
    graph_inputs: TagMap
    graph_outputs: TagMap
    graph_output_side_packets: TagMap


def connect(graph: GraphConfig, nodes: Sequence[CheckedNode], faults: Faults) -> Wiring:
    """Connect producers and consumers; missing and doubled producers go to *faults*."""
    graph_inputs = tag_map(graph.inputs, "the graph's input streams", faults) or TagMap()
    side_inputs = tag_map(graph.input_side_packets, "the graph's input side packets", faults) or TagMap()
    streams = _Edges("stream", "outputs", "inputs", nodes, faults)
    streams.add_graph_inputs(graph_inputs, keyed(graph.inputs) if graph_inputs else {})
    streams.add_producers()
    side_packets = _Edges("side packet", "output_side_packets", "input_side_packets", nodes, faults)
    side_packets.add_graph_inputs(side_inputs, keyed(graph.input_side_packets) if side_inputs else {})
    side_packets.add_producers()
    streams.add_consumers(graph, side_packets.edges)
    side_packets.add_consumers(graph, None)
    outputs = streams.graph_outputs(graph.outputs)
    side_outputs = side_packets.graph_outputs(graph.output_side_packets)
    back_edges = {edge for number, node in enumerate(nodes) for edge in _back_edges(number, node, faults)}
    return Wiring(streams.edges, side_packets.edges, back_edges, graph_inputs, outputs, side_outputs)


class _Edges:
    """The edges of one sort, streams or side packets, while they are found."""

    def __init__(self, noun: str, made: str, read: str, nodes: Sequence[CheckedNode], faults: Faults) -> None:
        self.edges: dict[str, Edge] = {}
        self._noun, self._made, self._read = noun, made, read
        self._nodes, self._faults = nodes, faults

    def add_graph_inputs(self, inputs: TagMap, entries: dict[Key, Entry]) -> None:
        for port, (key, name) in enumerate(zip(inputs.keys, inputs.names, strict=True)):
            self._add(Edge(name, entries[key].place, End(GRAPH, port, key)))

    def add_producers(self) -> None:
        for number, node in enumerate(self._nodes):
            made: TagMap = getattr(node, self._made)
            for port, (key, name) in enumerate(zip(made.keys, made.names, strict=True)):
                self._add(Edge(name, node.config.place, End(number, port, key)))

    def _add(self, edge: Edge) -> None:
        first = self.edges.setdefault(edge.name, edge)
        if first is edge or edge.producer is None or first.producer is None:
            return
        self._faults.add(
            f'{self._noun} "{edge.name}" has two producers: {self._title(first.producer)} at '
            f"{first.place.location} and {self._title(edge.producer)}. Rename one of them.",
            self._end_place(edge),
        )

    def _end_place(self, edge: Edge) -> Place:
        end = edge.producer
        return (
            edge.place if end is None or end.node == GRAPH else self._nodes[end.node].place_of(self._made, end.key)
        )

    def _title(self, end: End) -> str:
        return (
            f"the graph's own input {self._noun}" if end.node == GRAPH else f"node {self._nodes[end.node].title}"
        )

    def add_consumers(self, graph: GraphConfig, others: dict[str, Edge] | None) -> None:
        """Add readers; *others* are the side packets if a missing stream is a fault, None for side packets."""
        for number, node in enumerate(self._nodes):
            read: TagMap = getattr(node, self._read)
            for port, (key, name) in enumerate(zip(read.keys, read.names, strict=True)):
                edge = self.edges.get(name)
                if edge is None and others is None:
                    edge = self.edges[name] = Edge(name, node.config.place, None)
                if edge is None:
                    lack = f'input stream "{name}" does not have a corresponding output stream.'
                    said = f"node {node.title}: {lack}{self._hint(name, others or {})}"
                    self._faults.add(said, node.place_of(self._read, key), node=node)
                else:
                    edge.consumers.append(End(number, port, key))

    def _hint(self, name: str, others: dict[str, Edge]) -> str:
        if name in others:
            return " It is a side packet: name it in input_side_packet."
        return did_you_mean(name, self.edges) or (
            " Name it in an output_stream of a node, or in an input_stream of the graph."
        )

    def graph_outputs(self, entries: list[Entry]) -> TagMap:
        """Return the graph's outputs that something makes; a graph may declare others, as MediaPipe's do."""
        if tag_map(entries, f"the graph's output {self._noun}s", self._faults) is None:
            return TagMap()
        known = [edge.name for edge in self.edges.values() if edge.producer is not None]
        made: dict[str, list[str]] = {}
        for entry in entries:
            if entry.name in known:
                made.setdefault(entry.tag, []).append(entry.name)
                continue
            hint = did_you_mean(entry.name, known)
            said = f'the graph\'s output {self._noun} "{entry.name}" has no producer: it never has a packet.{hint}'
            self._faults.warn(said, entry.place)
        return TagMap.from_entries(
            f"{tag}:{index}:{name}" if tag else name
            for tag, names in made.items()
            for index, name in enumerate(names)
        )


def _back_edges(number: int, node: CheckedNode, faults: Faults) -> Iterator[tuple[int, int]]:
    seen: set[Key] = set()
    for i, info in enumerate(node.config.message.input_stream_info):  # type: ignore[attr-defined]
        key = _tag_index(info.tag_index)
        port = None if key is None else node.inputs.id_of(*key)
        if key is None or port is None:
            have = ", ".join(f"{tag}:{index}" if tag else f":{index}" for tag, index in node.inputs) or "none"
            problem = f"is not one of its input streams ({have})"
        elif key in seen:
            problem = "has two input_stream_info"
        else:
            seen.add(key)
            if info.back_edge:
                yield number, port
            continue
        faults.add(
            f'node {node.title}: input_stream_info tag_index "{info.tag_index}" {problem}',
            node.config.place_of("input_stream_info", i),
            node=node,
        )


def _tag_index(text: str) -> Key | None:
    """Return ``TAG``, ``TAG:index``, ``:index`` or ``index`` as tag and index; None for anything else."""
    tag, colon, index = text.partition(":")
    if not colon and _INDEX.match(tag):
        return ("", int(tag))
    if colon and not _INDEX.match(index):
        return None
    return (tag, int(index) if colon else 0)
