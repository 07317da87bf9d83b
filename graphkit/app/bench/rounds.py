"""Rounds: all sides take turns, each time in a process of their own."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphkit.app.bench.cores import chosen_cores, usable
from graphkit.app.bench.machine import look_at_machine
from graphkit.app.bench.peer_check import check_peer
from graphkit.app.bench.report import Measurement, Report, SideResult
from graphkit.app.bench.subjects import GRAPHKIT, Job, subjects
from graphkit.app.bench.tasks import DEVICES, KINDS, TASKS
from graphkit.app.bench.time_breakdown import TimeBreakdown
from graphkit.errors import BenchmarkError, MeasuredProcessError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from graphkit.app.bench.samples import Sample
    from graphkit.app.bench.subjects import Subject

_NO_GPU: Final = ("NoEglError", "NoGpuDeviceError", "GlVersionError")
"""The error kinds of a process that has no GPU to draw with."""

_WARM_UP_FRAMES: Final = 3


@dataclass(frozen=True, slots=True)
class BenchmarkSettings:
    """What to measure.

    Attributes:
        tasks: names, see `graphkit.app.bench.tasks.TASKS`.
        kinds: of measurement, see `graphkit.app.bench.tasks.KINDS`.
        devices: of graphkit: "cpu", "gpu".
        clip: for all tasks; None for the example of each.
        rounds: how often each side is measured.
        max_frames: stop after these; None for all.
        threads: processors for the sides that compute on the CPU; None for all.
        peer: the interpreter that runs MediaPipe; None measures graphkit only.
        shares: one more run of each of graphkit's sides, to tell where the time goes.
    """

    tasks: Sequence[str] = tuple(TASKS)
    kinds: Sequence[str] = tuple(KINDS)
    devices: Sequence[str] = DEVICES
    clip: Path | None = None
    rounds: int = 5
    max_frames: int | None = None
    threads: int | None = None
    peer: str | None = None
    shares: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return the settings as JSON has them."""
        return {
            "tasks": list(self.tasks), "kinds": list(self.kinds), "devices": list(self.devices),
            "rounds": self.rounds, "max_frames": self.max_frames, "threads": self.threads, "shares": self.shares,
        }  # fmt: skip


def run_benchmark(settings: BenchmarkSettings, told: Callable[[str], None] = lambda _: None) -> Report:
    """Measure what the settings ask for.

    Each side first runs a few frames that do not count: models are made ready and files are read into memory then,
    and a missing GPU shows. Then the sides take turns, every other round in the opposite order.

    Args:
        settings: what to measure.
        told: called with a line about what is done next.

    Returns:
        All figures. A side that has no GPU to draw on is skipped, with the reason.

    Raises:
        UsageError: more threads than there are processors.
        PeerError: the interpreter cannot run MediaPipe.
        VideoError: the clip cannot be read.
        MeasuredProcessError: a measured process failed.
        BenchmarkError: there is no clip, or no side that can be measured.
    """
    cores = None if settings.threads is None else chosen_cores(settings.threads, usable())
    clips = {name: settings.clip or TASKS[name].example_clip() for name in settings.tasks}
    sizes = {clip: _size(clip) for clip in clips.values()}
    versions = {} if settings.peer is None else check_peer(settings.peer)
    told("looking at the machine")
    report = Report(look_at_machine(), settings.as_json(), versions)
    with tempfile.TemporaryDirectory(prefix="graphkit-bench-") as folder:
        for name, clip in clips.items():
            for kind in settings.kinds:
                job = Job(TASKS[name], kind, clip, settings.max_frames)
                turns = _Turns(settings, job, cores, Path(folder, "annotated.mp4"), told)
                report.measurements.append(Measurement(job, sizes[clip], turns.results()))
    return report


class _Turns:
    """All sides on one job."""

    def __init__(
        self,
        settings: BenchmarkSettings,
        job: Job,
        cores: frozenset[int] | None,
        output: Path,
        told: Callable[[str], None],
    ) -> None:
        self._settings, self._job, self._cores = settings, job, cores
        self._output, self._told = output, told
        there = subjects(job.kind, settings.devices, peer=settings.peer is not None)
        self._results = {side: SideResult(side) for side in there}

    def results(self) -> list[SideResult]:
        """Measure all sides."""
        for side, result in self._results.items():
            result.skipped = self._warm_up(side)
        able = [side for side, result in self._results.items() if not result.skipped]
        if not any(side.engine == GRAPHKIT for side in able):
            reason = next(result.skipped for result in self._results.values() if result.skipped)
            raise BenchmarkError(f"{self._job.task.name}: nothing can be measured on this machine. {reason}")
        for number, turn in enumerate(_orders(able, self._settings.rounds), start=1):
            for side in turn:
                self._say(side, f"round {number} of {self._settings.rounds}")
                self._results[side].samples.append(self._run(side)[0])
            self._compare_frames(turn)
        for side in able:
            if self._settings.shares and side.engine == GRAPHKIT:
                self._say(side, "where the time goes")
                answer = self._run(side, shares=True)[1]
                self._results[side].shares = TimeBreakdown.from_json(answer["shares"])
        return list(self._results.values())

    def _warm_up(self, side: Subject) -> str:
        """Run a few frames; return why the side cannot be measured, "" if it can."""
        self._say(side, "warming up")
        try:
            self._run(side, max_frames=_WARM_UP_FRAMES)
        except MeasuredProcessError as error:
            if error.kind in _NO_GPU:
                return error.reason
            raise
        return ""

    def _run(
        self, side: Subject, *, max_frames: int | None = None, shares: bool = False
    ) -> tuple[Sample, dict[str, Any]]:
        request = side.request(self._job, self._output, shares=shares)
        if max_frames is not None:
            request["max_frames"] = max_frames
        return side.program(self._job, self._settings.peer, self._cores).run(request)

    def _compare_frames(self, turn: Sequence[Subject]) -> None:
        counts = {str(side): self._results[side].samples[-1].frames for side in turn}
        if len(set(counts.values())) > 1:
            told = ", ".join(f"{side} {count}" for side, count in counts.items())
            raise BenchmarkError(
                f"{self._job.clip}: the sides read different numbers of frames ({told}), so their figures cannot "
                "be compared. Is the clip damaged? {max_frames} stops before that.",
                remedies=("max_frames",),
            )

    def _say(self, side: Subject, what: str) -> None:
        self._told(f"{self._job.task.name}, {self._job.kind}: {side}, {what}")


def _orders(able: Sequence[Subject], rounds: int) -> Iterator[Sequence[Subject]]:
    """Yield the order of the sides in each round."""
    for number in range(rounds):
        yield able if number % 2 == 0 else able[::-1]


def _size(clip: Path) -> tuple[int, int]:
    """Return width and height of a clip; raises VideoOpenError if it cannot be read."""
    from graphkit.video import VideoReader

    with VideoReader(clip) as reader:
        return reader.info.width, reader.info.height
