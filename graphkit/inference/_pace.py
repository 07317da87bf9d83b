"""Pace: which of two ways is quicker at the moment, measured by trying the other one now and then.

How long a run of a model takes with a second thread depends on what else the machine does. If its cores are
busy it takes up to three times as long as with one, and nothing but the clock tells.
"""

from __future__ import annotations

from statistics import mean
from typing import Final

_TRIES: Final = 3
_WORTH_IT: Final = 0.92
_TOO_SLOW: Final = 1.12
_HOPELESS: Final = 1.3
_FIRST_LOOK: Final = 4
_SHORTEST: Final = 16
_LONGEST: Final = 512
_WEIGHT: Final = 0.25
_AT_MOST: Final = 2.0
"""How many times the usual a single call may count: one that was held up says little."""


class Pace:
    """Chooses between the plain way (False) and the other one (True).

    It begins with the plain way, tries the other for a few calls, and stays with the quicker one. A way that lost
    is tried again after a pause that doubles each time it loses. If the other way becomes slower than the plain
    one was, the plain one is tried at once, and taken within a few calls unless it has become slow, too.
    """

    def __init__(self) -> None:
        self.other = False
        self._trying = False
        self._tries: list[float] = []
        self._mean = 0.0
        self._best_of_unused = 0.0
        self._pause = _SHORTEST
        self._left = _FIRST_LOOK

    def choose(self) -> bool:
        """Return the way of the next call."""
        return self.other != self._trying

    def put_off(self) -> None:
        """Stop trying; look again after the shortest pause."""
        self._trying, self._left = False, _SHORTEST

    @property
    def is_trying(self) -> bool:
        """Whether the next call goes the way that is not the usual one."""
        return self._trying

    def took(self, seconds: float, other: bool) -> None:
        """Take note of a call.

        Args:
            seconds: how long it took.
            other: which way it took.
        """
        if other != self.choose():  # chosen before the last turn, on another thread
            return
        if self._trying:
            self._tried(seconds)
            return
        if self._mean:
            self._mean += (min(seconds, _AT_MOST * self._mean) - self._mean) * _WEIGHT
        else:
            self._mean = seconds
        self._left -= 1
        slow = self.other and self._mean > _TOO_SLOW * self._best_of_unused
        if slow or self._left <= 0:
            self._trying, self._tries = True, []

    def _tried(self, seconds: float) -> None:
        self._tries.append(seconds)
        hopeless = len(self._tries) > 1 and min(self._tries) > _HOPELESS * self._mean
        if len(self._tries) < _TRIES and not hopeless:
            return
        # One quick call is enough to change over to the other way: a mistake is noticed within a few calls.
        found, self._trying = mean(sorted(self._tries)[:-1]) if self.other else min(self._tries), False
        if found < _WORTH_IT * self._mean:
            self._turn(found)
            return
        self._best_of_unused = found
        self._pause = min(2 * self._pause, _LONGEST)
        self._left = self._pause

    def _turn(self, seconds: float) -> None:
        """Go the other way from now on, which took so long when it was tried."""
        self.other, self._best_of_unused, self._mean = not self.other, self._mean, seconds
        self._pause = max(_SHORTEST, self._pause // 2) if self.other else 2 * _SHORTEST
        self._left = self._pause
