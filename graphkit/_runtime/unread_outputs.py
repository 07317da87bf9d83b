"""Which outputs nobody reads in a run, so that nodes need not make them.

Readers are the program's observers and every node that does more than make its outputs. From there the wish goes
up through the graph: a gate that a side packet has closed wants nothing, a splitter wants the elements of its
ranges, a node that is only there for its outputs wants its inputs if its outputs are wanted. Cycles are no
trouble: it starts with nothing wanted, and adds until nothing changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.framework import EVERYTHING, NOTHING, Calculator, Packet, Timestamp

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from graphkit._runtime.node import Node
    from graphkit.config import GraphPlan
    from graphkit.framework import Wanted


def wanted_streams(
    plan: GraphPlan, side_packets: Mapping[str, Packet[Any]], observed: Collection[str]
) -> list[Wanted]:
    """Return what is read of each stream, by stream id.

    Args:
        plan: the graph.
        side_packets: those given when the run starts, by name. Constants of the graph are known too; what other
            nodes make is not, and leaves everything open.
        observed: names of the streams that the program looks at.
    """
    known = _known(plan, side_packets)
    wanted = [EVERYTHING if stream.name in observed else NOTHING for stream in plan.streams]
    changed = True
    while changed:
        changed = False
        for node in reversed(plan.nodes):
            outputs = [wanted[stream] for stream in node.output_streams]
            for stream, wish in zip(node.input_streams, node.cls.wanted_inputs(node, outputs, known), strict=True):
                joined = wanted[stream].joined(wish)
                changed |= joined != wanted[stream]
                wanted[stream] = joined
    return wanted


def _known(plan: GraphPlan, given: Mapping[str, Packet[Any]]) -> dict[str, Packet[Any]]:
    """Return the side packets that are given or constant, and an empty one where nobody gives or makes it."""
    missing: Packet[Any] = Packet.empty(Timestamp.UNSET)
    known = {name: missing for name, declared in plan.side_packets.items() if declared.producer < 0}
    for node in plan.nodes:
        if node.output_side_packets:
            known.update((name, Packet(value)) for name, value in node.cls.known_side_packets(node).items())
    return {**known, **given}


def restrict_outputs(
    plan: GraphPlan,
    nodes: Sequence[Node],
    side_packets: Mapping[str, Packet[Any]],
    observed: Collection[str],
) -> None:
    """Tell the nodes of a run that can leave outputs out what is read of theirs.

    Args:
        plan: the graph.
        nodes: those of the run, in plan order; more may follow.
        side_packets: see `wanted_streams`.
        observed: see `wanted_streams`.
    """
    able = [node for node in nodes if type(node.calculator).restrict_outputs is not Calculator.restrict_outputs]
    if not able:
        return
    wanted = wanted_streams(plan, side_packets, observed)
    for node in able:
        node.calculator.restrict_outputs([wanted[stream] for stream in node.plan.output_streams])
