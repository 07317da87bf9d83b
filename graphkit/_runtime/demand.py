"""Demand analysis: which outputs have no reader in a run, so that nodes need not make them.

Readers are the program's observers and every node that does more than make its outputs. From there demand goes up
through the graph: a gate that a side packet has closed reads nothing, a splitter reads the elements of its ranges,
a node with ``for_outputs_only`` reads its inputs if its outputs are read, and rests if they are not (S56). Cycles
are no problem: the analysis starts with no demand, and adds until nothing changes.

Who takes part is told by the names of methods: ``isinstance`` takes 50 us to compare a class with a protocol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from graphkit.framework import EVERYTHING, NOTHING, Packet, Timestamp

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from graphkit._runtime.node import Node
    from graphkit.config import GraphPlan, NodePlan
    from graphkit.framework import Demand, MakesKnownSidePackets, MakesSelectively, ReadsSelectively


def stream_demand(
    plan: GraphPlan, side_packets: Mapping[str, Packet[Any]], observed: Collection[str]
) -> list[Demand]:
    """Return what is read of each stream, by stream id.

    Args:
        plan: the graph.
        side_packets: those given when the run starts, by name. Constants of the graph are known too; what other
            nodes make is unknown, and does not limit the demand.
        observed: names of the streams that the program observes.
    """
    known = _known(plan, side_packets)
    demand = [EVERYTHING if stream.name in observed else NOTHING for stream in plan.streams]
    changed = True
    while changed:
        changed = False
        for node in reversed(plan.nodes):
            demanded = [demand[stream] for stream in node.output_streams]
            for stream, read in zip(node.input_streams, _read_by(node, demanded, known), strict=True):
                joined = demand[stream].joined(read)
                changed |= joined != demand[stream]
                demand[stream] = joined
    return demand


def _read_by(node: NodePlan, demanded: Sequence[Demand], known: Mapping[str, Packet[Any]]) -> Sequence[Demand]:
    """Return what *node* reads of each of its inputs, if *demanded* is read of its outputs."""
    cls = node.cls
    if hasattr(cls, "demanded_inputs"):
        return cast("type[ReadsSelectively]", cls).demanded_inputs(node, demanded, known)
    unread = _only_makes_outputs(node) and not any(demanded)
    return [NOTHING if unread else EVERYTHING] * len(node.input_streams)


def _known(plan: GraphPlan, given: Mapping[str, Packet[Any]]) -> dict[str, Packet[Any]]:
    """Return the side packets that are given or constant, and an empty one if it is neither given nor made."""
    missing: Packet[Any] = Packet.empty(Timestamp.UNSET)
    known = {name: missing for name, declared in plan.side_packets.items() if declared.producer < 0}
    for node in plan.nodes:
        if node.output_side_packets and hasattr(node.cls, "known_side_packets"):
            made = cast("type[MakesKnownSidePackets]", node.cls).known_side_packets(node)
            known.update((name, Packet(value)) for name, value in made.items())
    return {**known, **given}


def restrict_outputs(
    plan: GraphPlan,
    nodes: Sequence[Node],
    side_packets: Mapping[str, Packet[Any]],
    observed: Collection[str],
) -> None:
    """Tell the nodes of a run that can leave outputs out which are read, and let those that nobody reads rest.

    A run without any reader is one that somebody measures: it does all of its work.

    Args:
        plan: the graph.
        nodes: those of the run, in plan order; more may follow.
        side_packets: see `stream_demand`.
        observed: see `stream_demand`.
    """
    has_readers = observed or any(node.input_streams and not node.output_streams for node in plan.nodes)
    able = [node for node in nodes if hasattr(node.calculator, "restrict_outputs") or _may_rest(node)]
    if not (able and has_readers):
        return
    demand = stream_demand(plan, side_packets, observed)
    for node in able:
        read = [demand[stream] for stream in node.plan.output_streams]
        if hasattr(node.calculator, "restrict_outputs"):
            cast("MakesSelectively", node.calculator).restrict_outputs(read)
        if _may_rest(node) and not any(read):
            node.rest()


def _may_rest(node: Node) -> bool:
    """Return whether a node does nothing but make outputs, and settles them without being called."""
    return bool(node.inputs) and node.offset is not None and _only_makes_outputs(node.plan)


def _only_makes_outputs(node: NodePlan) -> bool:
    cls = node.cls
    return (cls.pure or cls.for_outputs_only) and bool(node.output_streams) and not node.output_side_packets
