"""A plan as a Mermaid flowchart, and as a table of streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphkit.config import GraphPlan


def to_mermaid(plan: GraphPlan) -> str:
    """Return a flowchart: a box a node, an arrow a connection, rounded ends for the graph's own streams."""
    lines = ["flowchart TD"]
    lines += [f'  in_{name}(["{name}"])' for name in plan.graph_inputs.names]
    for node in plan.nodes:
        label = node.calculator if node.name == node.calculator else f"{node.name}<br/>{node.calculator}"
        lines.append(f'  n{node.id}["{label}"]')
    lines += [f'  out_{name}(["{name}"])' for name in plan.graph_outputs.names]
    for stream in plan.streams:
        source = f"n{stream.producer}" if stream.producer >= 0 else f"in_{stream.name}"
        for node_id, input_id in stream.consumers:
            arrow = "-.->" if plan.nodes[node_id].back_edges[input_id] else "-->"
            lines.append(f"  {source} {arrow}|{stream.name}| n{node_id}")
        if stream.name in plan.graph_outputs.names:
            lines.append(f"  {source} --> out_{stream.name}")
    return "\n".join(lines)


def stream_table(plan: GraphPlan) -> str:
    """Return a line for each stream, then for each side packet: name, type, who makes it.

    The streams that the graph declares come first: they are what most readers look for.
    """
    declared = {*plan.graph_inputs.names, *plan.graph_outputs.names}
    streams = [
        (s.name, str(s.packet_type), plan.nodes[s.producer].name if s.producer >= 0 else "graph input")
        for s in sorted(plan.streams, key=lambda stream: stream.name not in declared)
    ]
    sides = [
        (s.name, str(s.packet_type), plan.nodes[s.producer].name if s.producer >= 0 else "given to the graph")
        for s in plan.side_packets.values()
    ]
    return "\n".join(_aligned("Streams", streams) + _aligned("Side packets", sides))


def _aligned(title: str, rows: list[tuple[str, str, str]]) -> list[str]:
    if not rows:
        return []
    name_width, type_width = (max(len(row[i]) for row in rows) for i in (0, 1))
    return [f"{title}:", *(f"  {name:{name_width}}  {kind:{type_width}}  {maker}" for name, kind, maker in rows)]
