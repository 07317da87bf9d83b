"""Packet types over the whole graph: what each stream carries if ports say "any", "same as" or "one of".

Streams that a node links by "same as" form a group. What the producers of a group make and what its
consumers take must have a type in common; that type goes to every port that left it open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from graphkit.config._checking.wiring import GRAPH
from graphkit.framework import ANY, PacketType
from graphkit.framework._converters import converter_hint
from graphkit.framework._packet_type import Kind, compatible, type_label

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from graphkit.config._checking.contracts import CheckedNode
    from graphkit.config._checking.faults import Faults
    from graphkit.config._checking.wiring import Edge, End, Wiring
    from graphkit.framework import PayloadType, PortMap, PortSpec


class _Port(NamedTuple):
    """One typed end of an edge."""

    edge: Edge
    end: End
    spec: PortSpec
    produces: bool


def resolve_types(nodes: Sequence[CheckedNode], wiring: Wiring, faults: Faults) -> dict[int, PacketType]:
    """Resolve every port of every contract, in place.

    Returns:
        The type of each edge, by ``id(edge)``.
    """
    groups = _Groups(nodes, wiring)
    types: dict[int, PacketType] = {}
    for edges, ports in groups.members():
        resolved = _resolve(nodes, ports, faults)
        for edge in edges:
            types[id(edge)] = resolved
        for port in ports:
            port.spec.type = _settled(port.spec.type, resolved)
    for edge in wiring.side_packets.values():
        types.setdefault(id(edge), ANY)
    return types


def _settled(declared: PacketType | None, resolved: PacketType) -> PacketType:
    """Return a port's type, given its group's type."""
    if declared is None or declared.kind in (Kind.ANY, Kind.SAME_AS):
        return resolved
    if declared.kind is Kind.ONE_OF and len(declared.types) > 1 and resolved.kind is Kind.ONE_OF:
        fitting = tuple(t for t in declared.types if compatible(resolved, PacketType(Kind.ONE_OF, (t,))))
        return PacketType(Kind.ONE_OF, fitting) if fitting else declared
    return declared


# --- groups ----------------------------------------------------------------------------------------------


class _Groups:
    """Edges in groups, by union and find."""

    def __init__(self, nodes: Sequence[CheckedNode], wiring: Wiring) -> None:
        self._nodes = nodes
        self._edges = [*wiring.streams.values(), *wiring.side_packets.values()]
        self._leader = list(range(len(self._edges)))
        self._number = {id(edge): i for i, edge in enumerate(self._edges)}
        self._wiring = wiring
        for number, node in enumerate(nodes):
            self._tie(number, node)

    def _tie(self, number: int, node: CheckedNode) -> None:
        """Join the edges that the "same as" ports of a node link."""
        if node.contract is None:
            return
        sides = (
            (node.contract.inputs, self._wiring.streams), (node.contract.outputs, self._wiring.streams),
            (node.contract.input_side_packets, self._wiring.side_packets),
            (node.contract.output_side_packets, self._wiring.side_packets),
        )  # fmt: skip
        for ports, edges in sides:
            # A key may name a stream and a side packet: a port means one of its own kind first.
            by_key = _edges_by_key([side for side in sides if side[1] is not edges])
            by_key.update(_edges_by_key([side for side in sides if side[1] is edges]))
            for name, (_, spec) in zip(ports.tag_map.names, ports.items(), strict=True):
                if spec.type is not None and spec.type.kind is Kind.SAME_AS:
                    other, edge = by_key.get(spec.type.same_as), edges.get(name)
                    if other is not None and edge is not None:
                        self._join(self._number[id(edge)], self._number[id(other)])

    def _join(self, first: int, second: int) -> None:
        first, second = self._find(first), self._find(second)
        self._leader[max(first, second)] = min(first, second)

    def _find(self, number: int) -> int:
        while self._leader[number] != number:
            self._leader[number] = self._leader[self._leader[number]]
            number = self._leader[number]
        return number

    def members(self) -> Iterator[tuple[list[Edge], list[_Port]]]:
        """Yield the edges of each group and all their ports, producers first."""
        grouped: dict[int, list[Edge]] = {}
        for i, edge in enumerate(self._edges):
            grouped.setdefault(self._find(i), []).append(edge)
        streams = {id(edge) for edge in self._wiring.streams.values()}
        for edges in grouped.values():
            ports = [port for edge in edges for port in self._ports(edge, is_stream=id(edge) in streams)]
            ports.sort(key=lambda port: not port.produces)
            yield edges, ports

    def _ports(self, edge: Edge, *, is_stream: bool) -> Iterator[_Port]:
        ends = [(edge.producer, True)] if edge.producer is not None else []
        for end, produces in [*ends, *((end, False) for end in edge.consumers)]:
            contract = None if end.node == GRAPH else self._nodes[end.node].contract
            if contract is None:
                continue
            if is_stream:
                side = contract.outputs if produces else contract.inputs
            else:
                side = contract.output_side_packets if produces else contract.input_side_packets
            yield _Port(edge, end, side.specs()[end.port], produces)


def _edges_by_key(sides: Sequence[tuple[PortMap, dict[str, Edge]]]) -> dict[Hashable, Edge | None]:
    """Return the edge at each key of *sides*; earlier sides win."""
    found: dict[Hashable, Edge | None] = {}
    for ports, edges in reversed(sides):
        names = ports.tag_map.names
        found.update({key: edges.get(name) for key, name in zip(ports.tag_map.keys, names, strict=True)})
    return found


# --- one group ---------------------------------------------------------------------------------------------


def _resolve(nodes: Sequence[CheckedNode], ports: list[_Port], faults: Faults) -> PacketType:
    """Return the type that all *ports* of a group agree on; ANY if none names one."""
    agreed: tuple[PayloadType, ...] | None = None
    deciding: _Port | None = None
    for port in ports:
        declared = port.spec.type
        if declared is None or declared.kind is not Kind.ONE_OF:
            continue
        if agreed is None or deciding is None:
            agreed, deciding = declared.types, port
            continue
        common = _common(agreed, deciding, declared, port)
        if common:
            if len(common) < len(agreed) and not deciding.produces:
                deciding = port
            agreed = common
        else:
            _report(nodes, deciding, agreed, port, faults)
    return ANY if agreed is None else PacketType(Kind.ONE_OF, agreed)


def _common(
    agreed: tuple[PayloadType, ...], deciding: _Port, declared: PacketType, port: _Port
) -> tuple[PayloadType, ...]:
    kept = tuple(t for t in agreed if compatible(PacketType(Kind.ONE_OF, (t,)), declared))
    if kept or deciding.produces:
        return kept
    # No node makes the packets yet: two readers agree on the narrower of their types.
    wanted = PacketType(Kind.ONE_OF, agreed)
    narrower = tuple(t for t in declared.types if compatible(PacketType(Kind.ONE_OF, (t,)), wanted))
    if not narrower and {*agreed, *declared.types} <= {int, float}:
        return (int,)
    return narrower if not port.produces else ()


def _report(
    nodes: Sequence[CheckedNode], deciding: _Port, agreed: tuple[PayloadType, ...], port: _Port, faults: Faults
) -> None:
    node = nodes[port.end.node]
    noun = "stream" if any(port.spec is spec for spec in _specs(node, "inputs", "outputs")) else "side packet"
    found = " or ".join(type_label(t) for t in agreed)
    other = nodes[deciding.end.node]
    if deciding.produces:
        on = "it" if deciding.edge is port.edge else f'"{deciding.edge.name}", which it comes from'
        source = f"node {other.title} puts {found} on {on}"
    else:
        on = "it" if deciding.edge is port.edge else f'"{deciding.edge.name}", tied to it,'
        source = f"node {other.title} reads {on} as {found}"
    verb = "makes" if port.produces else "expects"
    side = f"{'output' if port.produces else 'input'} {noun}"
    faults.add(
        f'node {node.title}: {side} "{port.edge.name}" {verb} {port.spec.type}, but {source}.'
        + ("" if port.produces else converter_hint(agreed, _types_of(port), " Insert {}.")),
        node.place_of(_side_name(noun, produces=port.produces), port.end.key),
        node=node,
    )


def _types_of(port: _Port) -> tuple[PayloadType, ...]:
    return port.spec.type.types if port.spec.type else ()


def _specs(node: CheckedNode, *sides: str) -> Iterator[PortSpec]:
    for side in sides:
        yield from getattr(node.contract, side).specs()


def _side_name(noun: str, *, produces: bool) -> str:
    if noun == "stream":
        return "outputs" if produces else "inputs"
    return "output_side_packets" if produces else "input_side_packets"
