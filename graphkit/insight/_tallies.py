"""Tallies: durations as sums and a histogram, in a few kilobytes however many there are."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_STEPS: Final = 8
"""How many steps of the histogram lie between a duration and its double: each is 6 to 12 % wide."""
_MOST_DOUBLINGS: Final = 64
_AT_ONCE: Final = 1024
"""How many durations are kept as a list before they are counted: adding one has to be quick."""


class Sum:
    """A count of durations and their sum in seconds.

    Attributes:
        count: how many.
        total: seconds.
    """

    __slots__ = ("count", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0

    def add(self, seconds: float) -> None:
        """Count one; a negative one counts as 0."""
        self.count += 1
        if seconds > 0:
            self.total += seconds

    def include(self, other: Sum) -> None:
        """Count those of *other*, too."""
        self.count += other.count
        self.total += other.total

    @property
    def mean(self) -> float:
        """Seconds on average, 0 for none."""
        return self.total / self.count if self.count else 0.0


class Tally:
    """Some durations. One thread adds them; others read a copy."""

    __slots__ = ("_counted", "_fresh")

    def __init__(self) -> None:
        self._fresh: list[float] = []
        self._counted = Counted()

    def add(self, seconds: float) -> None:
        """Count one."""
        fresh = self._fresh
        fresh.append(seconds)
        if len(fresh) >= _AT_ONCE:
            self._counted, self._fresh = self._counted.plus(fresh), []

    def counted(self) -> Counted:
        """Return the durations so far."""
        return self._counted.plus(self._fresh.copy())


class Counted:
    """Counted durations; immutable.

    Attributes:
        count: how many.
        total: seconds together.
        longest: seconds.
    """

    __slots__ = ("_histogram", "_squares", "count", "longest", "total")

    def __init__(self, count: int = 0, total: float = 0.0, squares: float = 0.0, longest: float = 0.0) -> None:
        self.count, self.total, self._squares, self.longest = count, total, squares, longest
        self._histogram: Any = 0

    def plus(self, fresh: Sequence[float]) -> Counted:
        """Return these and *fresh*."""
        import numpy as np

        seconds = np.asarray(fresh, dtype=np.float64)
        total, squares = float(seconds.sum()), float((seconds**2).sum())
        found = Counted(len(fresh), total, squares, float(seconds.max(initial=0.0)))
        fraction, doublings = np.frexp(np.maximum(seconds * 1e9, 1.0))
        steps = doublings * _STEPS + ((fraction - 0.5) * 2 * _STEPS).astype(np.int64)
        found._histogram = np.bincount(steps, minlength=_MOST_DOUBLINGS * _STEPS)
        return self.with_all_of(found)

    def with_all_of(self, other: Counted) -> Counted:
        """Return these and those of *other*."""
        both = Counted(
            self.count + other.count,
            self.total + other.total,
            self._squares + other._squares,
            max(self.longest, other.longest),
        )
        both._histogram = self._histogram + other._histogram
        return both

    @property
    def mean(self) -> float:
        """Seconds on average, 0 for none."""
        return self.total / self.count if self.count else 0.0

    @property
    def deviation(self) -> float:
        """Standard deviation in seconds."""
        if not self.count:
            return 0.0
        return sqrt(max(0.0, self._squares / self.count - self.mean**2))

    def quantile(self, share: float) -> float:
        """Return the seconds that *share* of them do not exceed, to about a tenth."""
        import numpy as np

        if not self.count:
            return 0.0
        step = int(np.searchsorted(np.cumsum(self._histogram), share * self.count))
        return min(self.longest, _end_of(step))


def _end_of(step: int) -> float:
    """Return the seconds at which a step of the histogram ends."""
    doublings, part = divmod(step, _STEPS)
    fraction: float = 2.0 ** (doublings - 1) * (1 + (part + 1) / _STEPS)
    return fraction / 1e9
