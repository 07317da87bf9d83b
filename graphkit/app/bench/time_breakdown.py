"""TimeBreakdown: where the time of a job went, by stage, and what held it up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphkit.app.bench import stages
from graphkit.app.bench.meter import READING, UPLOADING, Clocks
from graphkit.app.bench.tracking_loop import looped_nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from graphkit.app.bench.meter import Meter, Work
    from graphkit.config import GraphPlan

PROCESSOR: Final = "processor"
RESOURCES: Final[Mapping[str, str]] = {
    PROCESSOR: "the processor",
    "decoding": "the thread that decodes",
    "loop": "the tracking loop (one frame after the other)",
    "opengl": "the thread of OpenGL",
    "encoding": "the thread that encodes",
}
"""What a job may have to wait for, in words."""

_PARTS: Final = {READING: stages.TO_RGB, UPLOADING: stages.UPLOAD}
_GL_THREAD: Final = "gl-"
_BUSY: Final = 0.85
"""Cores that compute for this share of the time have no room left."""

_IN_USE: Final = 0.75
"""A thread or loop that is in use for this share of the time holds the others up; the rest is switching."""


@dataclass(frozen=True, slots=True)
class StageTime:
    """What a stage took.

    Attributes:
        stage: one of `stages.STAGES`.
        cpu_s: processor seconds.
        waited_s: seconds in which its calls did not compute: for a GPU, a lock, or a core.
    """

    stage: str
    cpu_s: float
    waited_s: float


@dataclass(frozen=True, slots=True)
class TimeBreakdown:
    """Where the time of one job went, from the first frame fed to closed files.

    Attributes:
        frames: that were fed.
        opening_s: wall seconds before: for loading the graph and its models, and opening the clip.
        wall_s: seconds of the wall clock.
        cpu_s: seconds of the processor.
        cores: that the process may use.
        stages: those that took anything, in a frame's order.
        busy: share of the wall time in which each resource was in use, 0 to 1; see `RESOURCES`.
    """

    frames: int
    opening_s: float
    wall_s: float
    cpu_s: float
    cores: int
    stages: tuple[StageTime, ...]
    busy: Mapping[str, float]

    def limit(self) -> str:
        """Say in one sentence what the job waited for."""
        largest = max(self.stages, key=lambda share: share.cpu_s)
        mostly = f"most of it: {largest.stage}, {_percent(largest.cpu_s / self.cpu_s)}"
        cores = f"{_cores(self.cores)} {_percent(self.busy[PROCESSOR])} busy, {mostly}."
        if self.busy[PROCESSOR] >= _BUSY:
            return f"The processor is the limit: {cores}"
        others = {name: share for name, share in self.busy.items() if name != PROCESSOR}
        name = max(others, key=lambda name: others[name], default="")
        if not name:
            return f"Nothing is in use all the time: {cores}"
        in_use = f"in use {_percent(others[name])} of the time"
        if others[name] >= _IN_USE:
            return f"{_capital(RESOURCES[name])} is the limit, {in_use}; {cores}"
        return f"Nothing is in use all the time: {RESOURCES[name]} is {in_use}, {cores}"

    def as_json(self) -> dict[str, Any]:
        """Return the shares as JSON has them."""
        rows = [
            {
                "stage": share.stage,
                "cpu_s": round(share.cpu_s, 4),
                "waited_s": round(share.waited_s, 4),
                "share": round(share.cpu_s / self.cpu_s, 4),
            }
            for share in self.stages
        ]
        return {
            "frames": self.frames,
            "opening_s": round(self.opening_s, 4),
            "wall_s": round(self.wall_s, 4),
            "cpu_s": round(self.cpu_s, 4),
            "cores": self.cores,
            "stages": rows,
            "busy": {name: round(share, 4) for name, share in self.busy.items()},
            "limit": self.limit(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TimeBreakdown:
        """Return the shares that `as_json` wrote."""
        rows = tuple(StageTime(row["stage"], row["cpu_s"], row["waited_s"]) for row in value["stages"])
        return cls(
            frames=value["frames"],
            opening_s=value["opening_s"],
            wall_s=value["wall_s"],
            cpu_s=value["cpu_s"],
            cores=value["cores"],
            stages=rows,
            busy=value["busy"],
        )


def break_down(meter: Meter, plan: GraphPlan, *, frames: int, cores: int) -> TimeBreakdown:
    """Return where the time of a job went that has just ended.

    Args:
        meter: that watched it, made before the graph was.
        plan: of its graph.
        frames: that were fed.
        cores: that the process may use.
    """
    end = Clocks.now()
    began, drained = meter.began or end, meter.drained or end
    works = [work for work in meter.works if work.begin >= began.wall]
    wall, total = end.wall - began.wall, end.cpu - began.cpu
    cpu, waited = _by_stage(works, stages.stages_of(plan))
    for thread, seconds in drained.libraries.items():
        if (name := _library_stage(thread)) is not None:
            cpu[name] += seconds - began.libraries.get(thread, 0.0)
    if drained.encoding > 0:
        # After the graph only the encoder is left, with what had not been written yet.
        cpu[stages.ENCODE] = drained.encoding - began.encoding + end.cpu - drained.cpu
    cpu[stages.ENGINE] = max(0.0, total - sum(cpu.values()))
    rows = tuple(StageTime(name, cpu[name], waited[name]) for name in stages.STAGES if cpu[name] > 0)
    looped = looped_nodes(plan)
    busy = {
        PROCESSOR: total / (wall * cores),
        "decoding": _in_use(works, lambda work: work.name == READING) / wall,
        "loop": _in_use(works, lambda work: work.name in looped) / wall,
        "opengl": _in_use(works, lambda work: work.thread.startswith(_GL_THREAD)) / wall,
        "encoding": cpu[stages.ENCODE] / wall,
    }
    in_use = {name: share for name, share in busy.items() if share > 0}
    return TimeBreakdown(frames, began.wall - meter.made.wall, wall, total, cores, rows, in_use)


def _by_stage(works: Iterable[Work], of_node: Mapping[str, str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return processor seconds and waited seconds by stage."""
    cpu, waited = dict.fromkeys(stages.STAGES, 0.0), dict.fromkeys(stages.STAGES, 0.0)
    for work in works:
        stage = _PARTS.get(work.name) or of_node.get(work.name, stages.RESULTS)
        cpu[stage] += work.cpu
        waited[stage] += max(0.0, work.end - work.begin - work.cpu)
    return cpu, waited


def _library_stage(thread: str) -> str | None:
    return next((stage for start, stage in stages.LIBRARIES if thread.startswith(start)), None)


def _in_use(works: Iterable[Work], wanted: Callable[[Work], bool]) -> float:
    """Return for how many seconds at least one of the wanted works was running."""
    total, reached = 0.0, 0.0
    for work in sorted((work for work in works if wanted(work)), key=lambda work: work.begin):
        total += max(0.0, work.end - max(work.begin, reached))
        reached = max(reached, work.end)
    return total


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _cores(count: int) -> str:
    return "one core is" if count == 1 else f"{count} cores are"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
