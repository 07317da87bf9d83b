"""Tallies: durations of many things as sums and histograms, in a few kilobytes each however many there are."""

from __future__ import annotations

from math import sqrt
from typing import Any, Final

_STEPS: Final = 8
"""How many steps of the histogram lie between a duration and its double: each is 6 to 12 % wide."""
_ALL_STEPS: Final = 64 * _STEPS


class Counted:
    """Counted durations; immutable.

    Attributes:
        count: how many.
        total: seconds together.
        longest: seconds.
    """

    __slots__ = ("_histogram", "_squares", "count", "longest", "total")

    def __init__(self, count: int, total: float, squares: float, longest: float, histogram: Any) -> None:
        self.count, self.total, self._squares, self.longest = count, total, squares, longest
        self._histogram = histogram

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


class Tallies:
    """Durations by the number of what took them."""

    def __init__(self) -> None:
        import numpy as np

        self._counts = np.zeros(0, np.int64)
        self._totals, self._squares, self._longest = (np.zeros(0) for _ in range(3))
        self._histograms = np.zeros((0, _ALL_STEPS), np.int64)

    def add(self, numbers: Any, seconds: Any) -> None:
        """Count durations, each with a number from 0."""
        import numpy as np

        if not len(numbers):
            return
        self._make_room(int(numbers.max()) + 1)
        room = len(self._counts)
        self._counts += np.bincount(numbers, minlength=room)
        self._totals += np.bincount(numbers, weights=seconds, minlength=room)
        self._squares += np.bincount(numbers, weights=seconds**2, minlength=room)
        np.maximum.at(self._longest, numbers, seconds)
        fraction, doublings = np.frexp(np.maximum(seconds * 1e9, 1.0))
        steps = doublings * _STEPS + ((fraction - 0.5) * 2 * _STEPS).astype(np.int64)
        np.add.at(self._histograms.reshape(-1), numbers * _ALL_STEPS + steps, 1)

    def of(self, number: int) -> Counted:
        """Return the durations of *number* so far."""
        if not 0 <= number < len(self._counts):
            return Counted(0, 0.0, 0.0, 0.0, ())
        return Counted(
            int(self._counts[number]),
            float(self._totals[number]),
            float(self._squares[number]),
            float(self._longest[number]),
            self._histograms[number].copy(),
        )

    def _make_room(self, numbers: int) -> None:
        import numpy as np

        more = numbers - len(self._counts)
        if more > 0:
            self._totals, self._squares, self._longest = (
                np.append(some, np.zeros(more)) for some in (self._totals, self._squares, self._longest)
            )
            self._histograms = np.vstack([self._histograms, np.zeros((more, _ALL_STEPS), np.int64)])
            self._counts = np.append(self._counts, np.zeros(more, np.int64))  # last, for of() in a signal handler


def _end_of(step: int) -> float:
    """Return the seconds at which a step of the histogram ends."""
    doublings, part = divmod(step, _STEPS)
    fraction: float = 2.0 ** (doublings - 1) * (1 + (part + 1) / _STEPS)
    return fraction / 1e9
