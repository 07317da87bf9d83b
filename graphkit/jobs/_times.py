"""Times of input that carries none of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.framework import UNITS_PER_SECOND

if TYPE_CHECKING:
    from fractions import Fraction


def time_at(index: int, rate: Fraction) -> int:
    """Return the microseconds at which the item of an index comes, at *rate* items a second from 0."""
    return round(index * UNITS_PER_SECOND / rate)
