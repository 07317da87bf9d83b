"""A profile as a table of text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit.insight._profile import NodeProfile

_ROOM: Final = 64
"""Longer names lose subgraphs at their beginning."""
_ALWAYS: Final = 20
"""So many nodes are shown, those that took longest; others only if they took time or lost packets."""
_NOTICED: Final = 0.001
_HEADS: Final = ("node", "calls", "mean", "p95", "total", "share", "waited", "dropped", "queue")
_PART_HEADS: Final = ("part", "times", "mean", "p95", "total", "share of the time")


def as_table(nodes: Sequence[NodeProfile], parts: Sequence[NodeProfile], seconds: float) -> str:
    """Return the table of the nodes, and below it that of the parts if there are any.

    Nodes that took next to no time are summed up in the last line.
    """
    shown = [row for i, row in enumerate(nodes) if i < _ALWAYS or row.share >= _NOTICED or row.dropped]
    names = shown_names([row.name for row in shown])
    rows = [
        (
            names[row.name], str(row.calls), duration(row.mean), duration(row.p95), duration(row.total),
            f"{100 * row.share:.1f} %", duration(row.waited), str(row.dropped or ""), str(row.queue or ""),
        )
        for row in shown
    ]  # fmt: skip
    if len(shown) < len(nodes):
        rest = [row for row in nodes if row not in shown]
        total, share = sum(row.total for row in rest), sum(row.share for row in rest)
        calls = str(sum(row.calls for row in rest))
        rows.append((f"{len(rest)} others", calls, "", "", duration(total), f"{100 * share:.1f} %", "", "", ""))
    lines = [f"{len(nodes)} nodes in {duration(seconds)}", *_aligned(_HEADS, rows)]
    if parts:
        lines += ["", *_aligned(_PART_HEADS, [_part(row) for row in parts])]
    return "\n".join(lines)


def shown_names(names: Sequence[str]) -> dict[str, str]:
    """Return names of nodes as they are shown: of a long one the end, unless another ends the same."""
    short = {name: _end_of(name) for name in names}
    counts = Counter(short.values())
    return {name: name if counts[end] > 1 else end for name, end in short.items()}


def _end_of(name: str) -> str:
    parts = name.split("__")
    while len("__".join(parts)) > _ROOM and len(parts) > 1:
        parts.pop(0)
    end = "__".join(parts)
    return end if end == name else f"...{end}"


def duration(seconds: float) -> str:
    """Return a duration in three digits: ``12.3 us``, ``4.56 ms``, ``7.89 s``; "" for none."""
    if not seconds:
        return ""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{_digits(seconds / size)} {unit}"
    return f"{_digits(seconds / 1e-6)} us"


def _digits(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def _part(row: NodeProfile) -> tuple[str, ...]:
    share = f"{100 * row.share:.1f} %"
    return (row.name, str(row.calls), duration(row.mean), duration(row.p95), duration(row.total), share)


def _aligned(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines with the first column to the left and the others to the right."""
    widths = [max(len(row[i]) for row in (heads, *rows)) for i in range(len(heads))]
    lines = []
    for row in (heads, *rows):
        cells = [
            row[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
