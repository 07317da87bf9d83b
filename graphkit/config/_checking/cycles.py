"""Cycles: what may close one, and back edges into nodes that can never run (S19, S20)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, NamedTuple

from graphkit.config._checking.wiring import GRAPH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graphkit.config._checking.contracts import CheckedNode
    from graphkit.config._checking.faults import Faults
    from graphkit.config._checking.handlers import Policy
    from graphkit.config._checking.wiring import Wiring

_LOG: Final = logging.getLogger(__name__)
# The tags of MediaPipe's calculators for inputs that are made for back edges.
_LOOP_TAGS: Final = ("LOOP", "FINISHED")


class Link(NamedTuple):
    """A stream from one node of a cycle to the next."""

    stream: str
    reader: int
    port: int


class Cycles:
    """What is known of the nodes when searching for a way out of a cycle.

    Args:
        nodes: of the graph.
        wiring: of the graph.
        policies: of the nodes.
    """

    def __init__(self, nodes: Sequence[CheckedNode], wiring: Wiring, policies: Sequence[Policy]) -> None:
        self._nodes, self._wiring, self._policies = nodes, wiring, policies

    def report(self, cycle: Sequence[int], faults: Faults) -> None:
        """Add the fault of a cycle, each node of which feeds the next, the last one the first."""
        path = " -> ".join(f'"{self._nodes[number].name}"' for number in [*cycle, cycle[0]])
        closing = self._nodes[cycle[0]]
        faults.add(
            f"the nodes form a cycle without a back edge: {path}. {self._remedy(cycle)}.",
            closing.config.place,
            node=closing,
        )

    def warn_of_dead_ends(self) -> None:
        """Log a warning for every back edge into a node that waits for it, and that it waits for."""
        for number, port in sorted(self._wiring.back_edges):
            handler, node = self._policies[number].handler, self._nodes[number]
            if handler is None or handler.can_do_without(port):
                continue
            cycle = self._cycle_through(number, node.inputs.names[port])
            if not cycle or any(self._settles_ahead(member) for member in cycle):
                continue
            _LOG.warning(
                "%s: node %s: input %s is a back edge, but %s waits for it, so neither the node nor what feeds "
                "the edge can run, unless a calculator among them emits in open(). %s.",
                node.config.place.location,
                node.title,
                _label(node, port),
                self._policies[number].name,
                self._remedy(cycle, marked=(number, port)),
            )

    def _remedy(self, cycle: Sequence[int], marked: tuple[int, int] | None = None) -> str:
        links = [link for link in self._links(cycle) if (link.reader, link.port) != marked]
        for link in links:
            handler, reader = self._policies[link.reader].handler, self._nodes[link.reader]
            made_for_it = reader.inputs.keys[link.port][0] in _LOOP_TAGS
            if made_for_it and handler is not None and handler.can_do_without(link.port):
                tag_index = _label(reader, link.port)
                where = "the input that closes it" if marked is None else "an input that can do without instead"
                return (
                    f"Mark {where}, in node {reader.title}: input_stream_info {{ "
                    f'tag_index: "{tag_index}" back_edge: true }}'
                )
        for link in self._links(cycle):
            main = self._stream_from_outside(link.reader, cycle)
            if main is not None:
                without_mark = "" if marked is None else "Take the mark away. "
                return (
                    f"{without_mark}Feed back what came for the packet before: node {{ calculator: "
                    f'"PreviousLoopbackCalculator" input_stream: "MAIN:{main}" input_stream: "LOOP:{link.stream}" '
                    'input_stream_info { tag_index: "LOOP" back_edge: true } output_stream: '
                    f'"PREV_LOOP:previous_{link.stream}" }}, and let node {self._nodes[link.reader].title} read '
                    f'"previous_{link.stream}" in place of "{link.stream}"'
                )
        if any(True for _ in self._links(cycle)):
            return "Nothing from outside reaches it, so no node of it could begin: remove one of the connections"
        return "Side packets cannot run in a circle: remove one of the connections"

    def _links(self, cycle: Sequence[int]) -> Iterator[Link]:
        """Yield the streams of a cycle, those that close it first; none inside subgraphs."""
        for reader, maker in zip(cycle, [cycle[-1], *cycle[:-1]], strict=True):
            if self._nodes[reader].config.ancestry and not all(self._nodes[n].config.ancestry for n in cycle):
                continue
            for edge in self._wiring.streams.values():
                if edge.producer is not None and edge.producer.node == maker:
                    yield from (Link(edge.name, reader, end.port) for end in edge.consumers if end.node == reader)

    def _stream_from_outside(self, reader: int, cycle: Sequence[int]) -> str | None:
        """Return an input of *reader* that no node of *cycle* makes."""
        for name in self._nodes[reader].inputs.names:
            edge = self._wiring.streams.get(name)
            if edge is not None and edge.producer is not None and edge.producer.node not in cycle:
                return name
        return None

    def _cycle_through(self, number: int, stream: str) -> list[int]:
        """Return the nodes from *number* to the producer of *stream*; none if the one does not feed the other."""
        edge = self._wiring.streams.get(stream)
        if edge is None or edge.producer is None or edge.producer.node == GRAPH:
            return []
        came_from = {number: number}
        front = [number]
        while front:
            maker = front.pop(0)
            if maker == edge.producer.node:
                path = [maker]
                while path[-1] != number:
                    path.append(came_from[path[-1]])
                return path[::-1]
            for reader in self._readers(maker):
                if reader not in came_from:
                    came_from[reader] = maker
                    front.append(reader)
        return []

    def _readers(self, maker: int) -> Iterator[int]:
        for edge in self._wiring.streams.values():
            if edge.producer is not None and edge.producer.node == maker:
                for end in edge.consumers:
                    if (end.node, end.port) not in self._wiring.back_edges:
                        yield end.node

    def _settles_ahead(self, number: int) -> bool:
        contract = self._nodes[number].contract
        return contract is not None and (contract.timestamp_offset or 0) > 0


def _label(node: CheckedNode, port: int) -> str:
    tag, index = node.inputs.keys[port]
    return f"{tag}:{index}" if index or not tag else tag
