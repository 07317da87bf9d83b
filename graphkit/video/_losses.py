"""Pictures that are missing in the middle of a clip, found by the gaps in its times."""

from __future__ import annotations

from collections import Counter
from typing import Final

_BIN_US: Final = 100
_MOST_BINS: Final = 20_000
_FEWEST_STEPS: Final = 8
# A clip has one rate when most of its steps are within a quarter of the usual one.
_STEADY_SHARE: Final = 0.8
_NEAR: Final = 0.25
_GAP: Final = 1.5


class Gaps:
    """Takes in the times of the pictures of a clip and tells how many are missing between them.

    Steps are counted, not kept: a long clip takes no more room than a short one.
    """

    def __init__(self) -> None:
        self._steps: Counter[int] = Counter()
        self._last_us: int | None = None

    def saw(self, timestamp_us: int) -> None:
        """Take in the next picture's time."""
        if self._last_us is not None:
            step = (timestamp_us - self._last_us) // _BIN_US
            if step in self._steps or len(self._steps) < _MOST_BINS:
                self._steps[step] += 1
        self._last_us = timestamp_us

    def missing(self) -> int | None:
        """Return how many pictures fit into the gaps; None for a clip without a steady rate."""
        steps = self._steps
        total = steps.total()
        if total < _FEWEST_STEPS:
            return None
        usual: float = self._median(total)
        if not usual:
            return None
        near = {step: count for step, count in steps.items() if abs(step - usual) <= max(1, _NEAR * usual)}
        if sum(near.values()) < _STEADY_SHARE * total:
            return None
        usual = sum(step * count for step, count in near.items()) / sum(near.values())
        return sum(count * (round(step / usual) - 1) for step, count in steps.items() if step >= _GAP * usual)

    def _median(self, total: int) -> int:
        seen = 0
        for step in sorted(self._steps):
            seen += self._steps[step]
            if 2 * seen >= total:
                return step
        return 0
