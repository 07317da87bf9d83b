"""What a benchmark found, as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from graphkit.app.bench.samples import RATIOS, Ratio, Sample, median
from graphkit.app.bench.subjects import GRAPHKIT, MEDIAPIPE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphkit.app.bench.machine import Machine
    from graphkit.app.bench.subjects import Job, Subject
    from graphkit.app.bench.time_breakdown import TimeBreakdown

SCHEMA: Final = "graphkit-bench"
VERSION: Final = 1
_MEDIANS: Final = (
    "real_s", "user_s", "sys_s", "cpu_s", "start_up_s", "run_s", "fps", "ms_per_frame", "peak_rss_mib",
)  # fmt: skip


@dataclass(slots=True)
class SideResult:
    """What one side took.

    Attributes:
        side: the side.
        samples: one per round; none if it was skipped.
        skipped: why it was not measured; "" if it was.
        shares: where the time went in one more run; None if that was not measured.
    """

    side: Subject
    samples: list[Sample] = field(default_factory=list)
    skipped: str = ""
    shares: TimeBreakdown | None = None

    def median(self, name: str) -> float:
        """Return the median of a figure."""
        return median(self.samples, name)

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON has it."""
        found: dict[str, Any] = {**asdict(self.side), "skipped": self.skipped}
        if self.samples:
            found["median"] = {name: round(self.median(name), 4) for name in _MEDIANS}
            found["rounds"] = [sample.as_json() for sample in self.samples]
        if self.shares is not None:
            found["shares"] = self.shares.as_json()
        return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one side's figures compare with another's: quotients, pair by pair; below 1 the first takes less.

    Attributes:
        side, to: the two.
        ratios: by figure, see `graphkit.app.bench.samples.RATIOS`.
    """

    side: Subject
    to: Subject
    ratios: Mapping[str, Ratio]

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as JSON has it."""
        ratios = {name: ratio.as_json() for name, ratio in self.ratios.items()}
        return {"side": str(self.side), "to": str(self.to), **ratios}


@dataclass(slots=True)
class Measurement:
    """What all sides took for one job.

    Attributes:
        job: the job.
        size: width and height of the clip, px.
        results: one per side.
    """

    job: Job
    size: tuple[int, int]
    results: list[SideResult]

    @property
    def measured(self) -> list[SideResult]:
        """The results of the sides that were not skipped."""
        return [result for result in self.results if result.samples]

    def comparisons(self) -> Iterator[Comparison]:
        """Yield each of graphkit's sides against MediaPipe, and the GPU against the CPU."""
        for one in self.measured:
            for other in self.measured:
                if _comparable(one.side, other.side):
                    ratios = {name: Ratio.of(name, one.samples, other.samples) for name in RATIOS}
                    yield Comparison(one.side, other.side, ratios)

    def as_json(self) -> dict[str, Any]:
        """Return the measurement as JSON has it."""
        return {
            "task": self.job.task.name,
            "kind": self.job.kind,
            "clip": {"name": self.job.clip.name, "width": self.size[0], "height": self.size[1]},
            "sides": [result.as_json() for result in self.results],
            "ratios": [comparison.as_json() for comparison in self.comparisons()],
        }


def _comparable(one: Subject, other: Subject) -> bool:
    if one.engine != GRAPHKIT:
        return False
    if other.engine == MEDIAPIPE:
        return True
    return (one.device, other.device) == ("gpu", "cpu") and one.flow == other.flow


@dataclass(slots=True)
class Report:
    """All that a benchmark found.

    Attributes:
        machine: what was measured on.
        settings: what was asked for, as JSON has it.
        peer: versions of MediaPipe's side; empty without one.
        measurements: in the order they were made.
    """

    machine: Machine
    settings: Mapping[str, Any]
    peer: Mapping[str, str]
    measurements: list[Measurement] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON has it; docs/how-to/measure_speed.md describes it."""
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "machine": self.machine.as_json(),
            "settings": dict(self.settings),
            "peer": dict(self.peer),
            "measurements": [measurement.as_json() for measurement in self.measurements],
        }
