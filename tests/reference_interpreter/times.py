"""Timestamps and how far a stream is settled: rules S1 to S10 as arithmetic on whole numbers.

Instead of its bound, a stream is described by the last time that is settled, which is the bound minus one.
"""

from __future__ import annotations

UNSTARTED = -(2**63) + 1
PRE_STREAM = UNSTARTED + 1
MIN = PRE_STREAM + 1
MAX = 2**63 - 4
POST_STREAM = MAX + 1
CLOSED = POST_STREAM + 1
"""What a closed stream has settled: its bound is DONE (S2)."""
NEVER = 2**64
"""Later than anything."""


def settled_by(time: int) -> int:
    """Return what a packet at *time* settles: S6."""
    return time if MIN <= time < MAX else POST_STREAM


def moved(time: int, offset: int) -> int:
    """Return *time* + *offset*, which is where an output of a node with that offset stands: S4 and S8."""
    if not MIN <= time <= MAX or offset == 0:
        return time
    if time == MAX and offset > 0:
        return MAX
    return min(max(time + offset, PRE_STREAM), MAX - 1)
