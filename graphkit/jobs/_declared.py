"""Why a stream carries what it carries: which calculator says so, and where that is written."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING

from graphkit.framework._packet_type import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphkit.config import GraphPlan
    from graphkit.framework import Calculator


def declared_types(plan: GraphPlan, names: Iterable[str]) -> str:
    """Return a sentence for each of these streams: its type, and the first reader that declares it."""
    told = []
    for name in names:
        stream = plan.streams[plan.stream_ids[name]]
        if stream.packet_type.kind is Kind.ONE_OF and stream.consumers:
            node = plan.nodes[stream.consumers[0][0]]
            told.append(
                f' "{name}" carries {stream.packet_type}, as {node.calculator} ({_place(node.cls)}) declares.'
            )
    return "".join(told)


def _place(cls: type[Calculator]) -> str:
    """Return the file and line of a calculator, or its module where the source is not at hand."""
    written = getattr(cls, "function", cls)
    try:
        file, (_, line) = inspect.getfile(written), inspect.getsourcelines(written)
    except (TypeError, OSError):
        return cls.__module__
    return f"{Path(file).name}:{line}"
