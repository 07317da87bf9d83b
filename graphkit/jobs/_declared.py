"""Why a stream has its type: which calculator says so, and where that is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from graphkit.errors._places import place_of
from graphkit.framework._packet_type import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphkit.config import GraphPlan


def declared_types(plan: GraphPlan, names: Iterable[str]) -> str:
    """Return a sentence for each of these streams: its type, and the first reader that declares it."""
    told = []
    for name in names:
        stream = plan.streams[plan.stream_ids[name]]
        if stream.packet_type.kind is Kind.ONE_OF and stream.consumers:
            node = plan.nodes[stream.consumers[0][0]]
            place = Path(place_of(node.cls)).name
            told.append(f' "{name}" carries {stream.packet_type}, as {node.calculator} ({place}) declares.')
    return "".join(told)
