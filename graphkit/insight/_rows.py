"""Rows of a ledger by what they are about, as columns: how a trace is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from graphkit.framework._ledger import WIDTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit.framework._ledger import Entry


class Group(NamedTuple):
    """The rows of one entry, in the order in which they ended. Times are nanoseconds since the first row began.

    Attributes:
        entry: what they are about.
        rows: their places among all rows.
        begin, end: int64 arrays.
        begin_us, end_us, lasted_us: as microseconds, a list of whole ones and one of their thousandths.
        counts: threads; of a queue: packets in it.
        times: timestamps.
    """

    entry: Entry
    rows: Any
    begin: Any
    end: Any
    begin_us: tuple[list[int], list[int]]
    end_us: tuple[list[int], list[int]]
    lasted_us: tuple[list[int], list[int]]
    counts: list[int]
    times: list[int]


def groups_of(rows: list[Any], entries: Sequence[Entry]) -> list[Group]:
    """Return rows by their entries; at least one row."""
    import numpy as np

    numbers = np.array(rows[WIDTH - 1 :: WIDTH])
    order = np.argsort(numbers.astype(np.int16) if len(entries) < 1 << 15 else numbers, kind="stable")
    began, ended = np.array(rows[0::WIDTH]), np.array(rows[1::WIDTH])
    zero = round(began.min() * 1e9)
    begin, end = (np.rint(column[order] * 1e9).astype(np.int64) - zero for column in (began, ended))
    columns = [begin, end, *(parts for ns in (begin, end, end - begin) for parts in microseconds(ns))]
    columns += [np.array(rows[at::WIDTH], dtype=object)[order].tolist() for at in (2, 3)]
    borders = [0, *(np.flatnonzero(np.diff(numbers[order])) + 1).tolist(), len(numbers)]
    return [
        _group(entries[numbers[order[a]]], order[a:b], [column[a:b] for column in columns])
        for a, b in zip(borders, borders[1:], strict=False)
    ]


def _group(entry: Entry, rows: Any, columns: list[Any]) -> Group:
    begin, end, *parts, counts, times = columns
    begins, ends, lasted = zip(parts[::2], parts[1::2], strict=True)
    return Group(entry, rows, begin, end, begins, ends, lasted, counts, times)


def microseconds(ns: Any) -> tuple[list[int], list[int]]:
    """Return whole microseconds and the nanoseconds that are left."""
    whole = ns // 1000
    return whole.tolist(), (ns - whole * 1000).tolist()
