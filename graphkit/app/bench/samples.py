"""What one process took, and how several such figures compare."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Sample:
    """One process, measured from outside; `begun` to `ended` by its own clock.

    Attributes:
        frames: that were worked on between the two.
        start_up_s: wall seconds from starting the process to the begin of the work: interpreter, imports.
        run_s: wall seconds of the work.
        real_s: wall seconds of the whole process.
        user_s: processor seconds of the whole process in its own code.
        sys_s: processor seconds of the whole process in the kernel.
        peak_rss_mib: the most memory it held, MiB.
    """

    frames: int
    start_up_s: float
    run_s: float
    real_s: float
    user_s: float
    sys_s: float
    peak_rss_mib: float

    @property
    def cpu_s(self) -> float:
        """Processor seconds of the whole process."""
        return self.user_s + self.sys_s

    @property
    def fps(self) -> float:
        """Frames a second of the work."""
        return self.frames / self.run_s if self.run_s > 0 else 0.0

    @property
    def ms_per_frame(self) -> float:
        """Wall milliseconds of the work for a frame."""
        return 1000 * self.run_s / self.frames if self.frames else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the sample as JSON has it, derived figures included."""
        derived = {"cpu_s": self.cpu_s, "fps": self.fps, "ms_per_frame": self.ms_per_frame}
        return {name: round(value, 4) for name, value in {**asdict(self), **derived}.items()}


RATIOS: Final = ("real_s", "run_s", "cpu_s", "peak_rss_mib")
"""The figures that sides are compared by; less is better."""


def median(samples: Sequence[Sample], name: str) -> float:
    """Return the median of a figure."""
    return float(statistics.median(getattr(sample, name) for sample in samples))


@dataclass(frozen=True, slots=True)
class Ratio:
    """How a figure of two sides compares, pair by pair.

    Attributes:
        median, least, most: of the quotients of the pairs.
    """

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, name: str, these: Sequence[Sample], those: Sequence[Sample]) -> Ratio:
        """Return how the figure *name* of *these* compares with *those*; the n-th of both make a pair."""
        quotients = [getattr(a, name) / getattr(b, name) for a, b in zip(these, those, strict=True)]
        return cls(statistics.median(quotients), min(quotients), max(quotients))

    def as_json(self) -> dict[str, float]:
        """Return the ratio as JSON has it."""
        return {name: round(value, 4) for name, value in asdict(self).items()}
