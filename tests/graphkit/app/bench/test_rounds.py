"""Rounds: who runs when, who is skipped, what is compared; the processes are played."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from graphkit.app.bench import rounds
from graphkit.app.bench.machine import Machine
from graphkit.app.bench.rounds import BenchmarkSettings, run_benchmark
from graphkit.app.bench.samples import Sample
from graphkit.app.bench.subjects import MOST_IN_MEMORY, Subject
from graphkit.app.bench.time_breakdown import StageTime, TimeBreakdown
from graphkit.errors import BenchmarkError, MeasuredProcessError, UsageError, VideoOpenError

if TYPE_CHECKING:
    from collections.abc import Mapping

MEDIA = Path(__file__).parents[4] / "examples" / "media"
SHARES = TimeBreakdown(10, 0.2, 1.0, 1.5, 2, (StageTime("warps", 1.0, 0.0),), {"processor": 0.75})
WARM_UP = 3


@dataclass
class Stage:
    """Plays all processes.

    Attributes:
        asked: requests in their order, with the side.
        seconds: what a side takes each round.
        fails: what a side's process raises.
        frames: how many frames a side says it has worked on.
        held: the cores that a side was held to.
    """

    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    fails: dict[str, MeasuredProcessError] = field(default_factory=dict)
    frames: dict[str, int] = field(default_factory=dict)
    held: dict[str, frozenset[int] | None] = field(default_factory=dict)

    def run(self, side: str, request: Mapping[str, Any]) -> tuple[Sample, dict[str, Any]]:
        self.asked.append((side, request))
        if side in self.fails:
            raise self.fails[side]
        seconds = self.seconds.get(side, 1.0)
        sample = Sample(self.frames.get(side, 10), 0.5, seconds, seconds + 0.5, seconds, 0.25, 100.0)
        return sample, {"shares": SHARES.as_json()} if request.get("shares") else {}

    @property
    def turns(self) -> list[str]:
        """The sides in the order of the rounds, without warming up and looking where the time goes."""
        counted = [side for side, request in self.asked if request["max_frames"] != WARM_UP]
        return counted[: len(counted) - sum(bool(request.get("shares")) for _, request in self.asked)]


@dataclass
class Played:
    """A program that the stage plays."""

    stage: Stage
    side: str

    def run(self, request: Mapping[str, Any]) -> Any:
        return self.stage.run(self.side, request)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = Stage()

    def program(self: Subject, job: Any, peer: str | None, cores: frozenset[int] | None) -> Played:
        made.held[str(self)] = cores
        return Played(made, str(self))

    monkeypatch.setattr(Subject, "program", program)
    monkeypatch.setattr(rounds, "look_at_machine", lambda: Machine("a processor", 2, 0.1, {}))
    monkeypatch.setattr(rounds, "check_peer", lambda python: {"mediapipe": "0.10.21"})
    return made


def settings(**more: Any) -> BenchmarkSettings:
    given = {"tasks": ["hand"], "kinds": ["clip"], "devices": ["cpu"], "rounds": 3, "peer": "python"} | more
    return BenchmarkSettings(**given)


def test_sides_take_turns_and_change_places(stage: Stage) -> None:
    run_benchmark(settings(devices=["cpu", "gpu"]))
    ours, gpu, theirs = "graphkit cpu", "graphkit gpu", "mediapipe cpu"
    assert stage.turns == [ours, gpu, theirs, theirs, gpu, ours, ours, gpu, theirs]


def test_warming_up_and_looking_inside_do_not_count(stage: Stage) -> None:
    report = run_benchmark(settings())
    assert [side for side, _ in stage.asked[:2]] == ["graphkit cpu", "mediapipe cpu"]
    assert all(request["max_frames"] == WARM_UP for _, request in stage.asked[:2])
    assert stage.asked[-1][0] == "graphkit cpu"
    assert stage.asked[-1][1]["shares"]
    ours, theirs = report.measurements[0].results
    assert (len(ours.samples), len(theirs.samples)) == (3, 3)
    assert (ours.shares, theirs.shares) == (SHARES, None)


def test_nobody_looks_inside_unless_asked_for(stage: Stage) -> None:
    report = run_benchmark(settings(shares=False))
    assert report.measurements[0].results[0].shares is None
    assert not any(request.get("shares") for _, request in stage.asked)


def test_what_each_side_is_asked_for(stage: Stage) -> None:
    run_benchmark(settings(kinds=["graph"], max_frames=50, rounds=1, shares=False))
    ours = [request for side, request in stage.asked if side == "graphkit cpu lock-step"][-1]
    theirs = [request for side, request in stage.asked if side == "mediapipe cpu"][-1]
    assert ours["graph"] == "mediapipe/modules/hand_landmark/hand_landmark_tracking_cpu.pbtxt"
    assert (ours["in_flight"], ours["max_frames"], ours["side_packets"]["num_hands"]) == (1, 50, 2)
    assert (theirs["kind"], theirs["task"], theirs["max_frames"]) == ("graph", "hand", 50)
    assert theirs["clip"] == ours["clip"] == str(MEDIA / "hand_cup.mp4")


def test_frames_in_memory_are_limited(stage: Stage) -> None:
    run_benchmark(settings(kinds=["graph"], rounds=1, shares=False))
    assert {request["max_frames"] for _, request in stage.asked} == {WARM_UP, MOST_IN_MEMORY}


def test_a_gpu_that_is_not_there_is_skipped(stage: Stage) -> None:
    stage.fails["graphkit gpu"] = MeasuredProcessError("hand", "libEGL.so.1 cannot be loaded", "NoEglError")
    report = run_benchmark(settings(devices=["cpu", "gpu"]))
    cpu, gpu, theirs = report.measurements[0].results
    assert (gpu.skipped, gpu.samples) == ("libEGL.so.1 cannot be loaded", [])
    assert (len(cpu.samples), len(theirs.samples)) == (3, 3)
    assert report.measurements[0].as_json()["sides"][1] == {
        "engine": "graphkit", "device": "gpu", "flow": "", "skipped": "libEGL.so.1 cannot be loaded",
    }  # fmt: skip


def test_nothing_but_a_gpu_that_is_not_there(stage: Stage) -> None:
    stage.fails["graphkit gpu"] = MeasuredProcessError("hand", "no device", "NoGpuDeviceError")
    with pytest.raises(BenchmarkError, match=r"^hand: nothing can be measured on this machine\. no device$"):
        run_benchmark(settings(devices=["gpu"]))


def test_any_other_failure_ends_it(stage: Stage) -> None:
    stage.fails["mediapipe cpu"] = MeasuredProcessError("hand, clip: mediapipe cpu", "it crashed")
    with pytest.raises(MeasuredProcessError, match=r"^hand, clip: mediapipe cpu: it crashed$"):
        run_benchmark(settings())


def test_sides_that_read_different_numbers_of_frames(stage: Stage) -> None:
    stage.frames["mediapipe cpu"] = 9
    with pytest.raises(BenchmarkError) as caught:
        run_benchmark(settings())
    assert str(caught.value) == (
        f"{MEDIA / 'hand_cup.mp4'}: the sides read different numbers of frames (graphkit cpu 10, mediapipe cpu "
        "9), so their figures cannot be compared. Is the clip damaged? max_frames stops before that."
    )


def test_comparisons(stage: Stage) -> None:
    stage.seconds |= {"graphkit cpu": 1.5, "graphkit gpu": 0.5, "mediapipe cpu": 3.5}
    (measurement,) = run_benchmark(settings(devices=["cpu", "gpu"])).measurements
    found = {(str(c.side), str(c.to)): c.ratios["real_s"].median for c in measurement.comparisons()}
    assert found == {
        ("graphkit cpu", "mediapipe cpu"): 0.5,
        ("graphkit gpu", "graphkit cpu"): 0.5,
        ("graphkit gpu", "mediapipe cpu"): 0.25,
    }


def test_flows_are_compared_with_their_like(stage: Stage) -> None:
    (measurement,) = run_benchmark(settings(kinds=["graph"], devices=["cpu", "gpu"], peer=None)).measurements
    assert [(str(c.side), str(c.to)) for c in measurement.comparisons()] == [
        ("graphkit gpu overlapped", "graphkit cpu overlapped"),
        ("graphkit gpu lock-step", "graphkit cpu lock-step"),
    ]


def test_processors_for_whoever_computes(stage: Stage) -> None:
    run_benchmark(settings(threads=1, rounds=1))
    assert {side: len(cores or ()) for side, cores in stage.held.items()} == {
        "graphkit cpu": 1,
        "mediapipe cpu": 1,
    }


def test_more_processors_than_there_are(stage: Stage) -> None:
    with pytest.raises(UsageError, match=r"^threads: 4096 processors were asked for"):
        run_benchmark(settings(threads=4096))


def test_a_clip_that_cannot_be_read(stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(VideoOpenError, match="no such file"):
        run_benchmark(settings(clip=tmp_path / "no.mp4"))
    assert stage.asked == []


def test_one_is_told_what_is_done(stage: Stage) -> None:
    told: list[str] = []
    run_benchmark(settings(rounds=1), told.append)
    assert told == [
        "looking at the machine",
        "hand, clip: graphkit cpu, warming up",
        "hand, clip: mediapipe cpu, warming up",
        "hand, clip: graphkit cpu, round 1 of 1",
        "hand, clip: mediapipe cpu, round 1 of 1",
        "hand, clip: graphkit cpu, where the time goes",
    ]


def test_json(stage: Stage) -> None:
    report = json.loads(json.dumps(run_benchmark(settings(tasks=["hand", "pose"])).as_json()))
    assert (report["schema"], report["version"]) == ("graphkit-bench", 1)
    assert report["settings"]["tasks"] == ["hand", "pose"]
    hand, pose = report["measurements"]
    assert hand["clip"] == {"name": "hand_cup.mp4", "width": 640, "height": 480}
    assert pose["clip"] == {"name": "pose_balance.mp4", "width": 540, "height": 650}
    ours = hand["sides"][0]
    assert ours["median"]["fps"] == 10
    assert len(ours["rounds"]) == 3
    assert ours["shares"]["limit"]
    assert hand["ratios"][0]["cpu_s"] == {"median": 1.0, "least": 1.0, "most": 1.0}


def test_the_page_describes_every_field_of_the_json(stage: Stage) -> None:
    page = (MEDIA.parents[1] / "docs" / "how-to" / "measure_speed.md").read_text()
    report = run_benchmark(settings(devices=["cpu", "gpu"])).as_json()
    assert [name for name in _names(report) if f'"{name}"' not in page and f"`{name}`" not in page] == []


def _names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for inner in value.values() for name in _names(inner)}
    return {name for inner in value for name in _names(inner)} if isinstance(value, list) else set()
