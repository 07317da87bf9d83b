"""How far a stream is settled: its state as one number, and the arithmetic on it.

The state of a stream is kept as its *settled* timestamp instead of its bound: everything at or below it is
decided (S5, S6). It is always the bound minus one, so a packet at T settles T itself and the hot path does no
arithmetic. A fresh stream has settled UNSTARTED, a finished one POST_STREAM or more.
"""

from __future__ import annotations

from typing import Final

from graphkit.framework._timestamp import Timestamp, describe

UNSTARTED: Final = int(Timestamp.UNSTARTED)
PRE_STREAM: Final = int(Timestamp.PRE_STREAM)
MIN: Final = int(Timestamp.MIN)
MAX: Final = int(Timestamp.MAX)
POST_STREAM: Final = int(Timestamp.POST_STREAM)
DONE_SETTLED: Final = int(Timestamp.ONE_OVER_POST_STREAM)
"""What a closed stream has settled."""


def settled_by(timestamp: int) -> int:
    """Return what a packet at *timestamp* settles: itself, or everything if nothing may follow it."""
    return timestamp if MIN <= timestamp < MAX else POST_STREAM


def shifted(settled: int, offset: int) -> int:
    """Return what outputs have settled when inputs have settled *settled* and outputs lag by *offset* (S8).

    The bound after it stays within MIN and MAX, as all arithmetic on timestamps does (S4). Only MAX itself may
    be followed by POST_STREAM, so a positive offset keeps it.
    """
    if offset == 0 or not MIN <= settled <= MAX or (settled == MAX and offset > 0):
        return settled
    return min(max(settled + offset, PRE_STREAM), MAX - 1)


def settled_label(settled: int) -> str:
    """Return the bound that belongs to *settled*, as messages show it."""
    return describe(int(settled) + 1)
