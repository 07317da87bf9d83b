"""A plan as a table of streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphkit.config import GraphPlan


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
