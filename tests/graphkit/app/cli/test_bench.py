"""``graphkit bench``: flags, the table, the file, and a real run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from graphkit.app.bench import rounds
from graphkit.app.bench.machine import Machine
from graphkit.app.bench.report import Measurement, Report, SideResult
from graphkit.app.bench.rounds import BenchmarkSettings
from graphkit.app.bench.samples import Sample
from graphkit.app.bench.subjects import GRAPHKIT, MEDIAPIPE, Job, Subject
from graphkit.app.bench.tasks import DEVICES, KINDS, TASKS
from graphkit.app.bench.time_breakdown import StageTime, TimeBreakdown
from graphkit.app.cli import bench, bench_table

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKS = {
    "interpreter": {"facts": [{"label": "platform", "found": "Linux"}]},
    "gpu": {"facts": [{"label": "renderer", "found": "llvmpipe"}]},
}


def side(engine: str, device: str, run_s: float) -> SideResult:
    sample = Sample(20, 0.5, run_s, run_s + 0.5, run_s, 0.25, 200.0)
    return SideResult(Subject(engine, device), [sample, sample])


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> list[BenchmarkSettings]:
    """Let the benchmark find something at once; it keeps the settings that it was given."""
    given: list[BenchmarkSettings] = []

    def run(settings: BenchmarkSettings, told: Callable[[str], None]) -> Report:
        given.append(settings)
        told("measuring")
        ours = side(GRAPHKIT, "cpu", 1.0)
        rows = (StageTime("warps", 0.5, 0.1), StageTime("landmark model", 1.5, 0.0))
        ours.shares = TimeBreakdown(20, 0.3, 1.0, 2.0, 2, rows, {"processor": 1.0})
        gpu = SideResult(Subject(GRAPHKIT, "gpu"), skipped="no EGL. Fix: x\n  more")
        job = Job(TASKS["pose"], "clip", Path("some") / "clip.mp4")
        found = Measurement(job, (640, 480), [ours, gpu, side(MEDIAPIPE, "cpu", 3.0)])
        peer = {"python": "3.11", "mediapipe": "0.10.21"}
        return Report(Machine("A CPU", 2, 1.5, CHECKS), settings.as_json(), peer, [found])

    monkeypatch.setattr(rounds, "run_benchmark", run)
    return given


def test_the_table(graphkit: Any, report: list[BenchmarkSettings]) -> None:
    result = graphkit("bench", "pose", "--threads", "2")
    assert (result.exit_code, result.stderr) == (0, "measuring\n")
    assert result.stdout.splitlines() == [
        "A CPU, 2 processors; Linux",
        "OpenGL: llvmpipe",
        "MediaPipe 0.10.21 (python 3.11)",
        "Whoever computes on the CPU is held to 2 of the processors.",
        "Others are at work here (load 1.5): take ratios, not seconds.",
        "",
        "pose, clip to annotated clip: clip.mp4, 640x480, 20 frames, 2 rounds",
        "                  real s   user s    sys s start-up    run s ms/frame frames/s      MiB",
        "  graphkit cpu      1.50     1.00     0.25     0.50     1.00     50.0     20.0      200",
        "  graphkit gpu  skipped: no EGL. Fix: x",
        "  mediapipe cpu     3.50     3.00     0.25     0.50     3.00    150.0      6.7      200",
        "  graphkit cpu takes, of mediapipe cpu:",
        "    real 0.43 (0.43-0.43)  run 0.33 (0.33-0.33)  processor 0.38 (0.38-0.38)  memory 1.00 (1.00-1.00)",
        "",
        "  Where the time goes, graphkit cpu: 100.0 ms of processor in 50.0 ms of wall time a frame,",
        "  after 0.30 s for loading the graph and its models",
        "                   ms/frame  share waited ms",
        "    warps             25.00   25 %      5.00",
        "    landmark model    75.00   75 %      0.00",
        "    The processor is the limit: 2 cores are 100 % busy, most of it: landmark model, 75 %.",
        "",
        *bench_table.LEGEND,
    ]


def test_defaults(graphkit: Any, report: list[BenchmarkSettings]) -> None:
    assert graphkit("bench", "--quiet").stderr == ""
    assert report == [BenchmarkSettings(tasks=("hand", "pose"), kinds=("clip",), devices=("cpu", "gpu"), rounds=5)]


def test_flags(graphkit: Any, report: list[BenchmarkSettings]) -> None:
    words = "bench hand --clip a.mp4 --device gpu --what all --rounds 2 --max-frames 9 --threads 1"
    graphkit(*words.split(), "--against-mediapipe", "python")
    assert report == [
        BenchmarkSettings(("hand",), ("clip", "landmarks", "graph"), ("gpu",), Path("a.mp4"), 2, 9, 1, "python")
    ]


def test_the_file(graphkit: Any, report: list[BenchmarkSettings], tmp_path: Path) -> None:
    assert graphkit("bench", "pose", "--json", tmp_path / "b.json").exit_code == 0
    written = json.loads((tmp_path / "b.json").read_text())
    assert written["measurements"][0]["sides"][0]["median"]["ms_per_frame"] == 50.0


def test_words_that_help_must_not_import_are_the_same() -> None:
    assert (tuple(TASKS), tuple(KINDS), DEVICES) == (bench.TASKS, bench.KINDS, bench.DEVICES)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        pytest.param("", "is a folder. Name the file to write, such as {}/bench.json.", id="folder"),
        pytest.param("no/b.json", "the folder {}/no does not exist. Create it first.", id="missing folder"),
        pytest.param("clip.mp4", "is the clip itself. Choose another name.", id="the clip"),
        pytest.param("x" * 300, "cannot be written: File name too long.", id="long"),
        pytest.param("closed.json", "may not be written. Choose another folder or name.", id="closed"),
    ],
)
def test_files_that_cannot_be_written(
    target: str, message: str, graphkit: Any, report: list[BenchmarkSettings], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (tmp_path / "clip.mp4").touch()
    monkeypatch.setattr("os.access", lambda path, mode: Path(path).name != "closed.json")
    (tmp_path / "closed.json").touch()
    path = tmp_path / target
    result = graphkit("bench", "--clip", tmp_path / "clip.mp4", "--json", path)
    assert result.exit_code == 1
    assert result.stderr == f"error: --json: {path}: {message.format(tmp_path)}\n"
    assert report == []


def test_a_file_that_cannot_be_written_in_the_end(graphkit: Any, report: Any) -> None:
    result = graphkit("bench", "--quiet", "--json", "/dev/full")
    assert result.exit_code == 1
    assert result.stderr == "error: --json: /dev/full: cannot be written: No space left on device.\n"
    assert "pose, clip to annotated clip" in result.stdout


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        pytest.param(["face"], 2, "'face' is not one of 'hand', 'pose', 'all'", id="task"),
        pytest.param(["--what", "video"], 2, "'video' is not one of", id="kind"),
        pytest.param(["--rounds", "0"], 2, "0 is not in the range x>=1", id="rounds"),
        pytest.param(["--threads", "4096"], 2, "error: --threads: 4096 processors were asked for", id="threads"),
        pytest.param(["--clip", "no.mp4"], 1, "error: no.mp4: no such file", id="clip"),
        pytest.param(["--against-mediapipe", "nobody"], 1, "nobody: it cannot be started", id="peer"),
    ],
)
def test_wrong_words(words: list[str], status: int, message: str, graphkit: Any) -> None:
    result = graphkit("bench", *words)
    assert result.exit_code == status
    assert message in result.stderr


@pytest.mark.slow
def test_hands_on_this_machine(graphkit: Any, tmp_path: Path) -> None:
    words = ["bench", "hand", "--device", "cpu", "--what", "all", "--rounds", "1", "--max-frames", "4", "--quiet"]
    result = graphkit(*words, "--json", tmp_path / "b.json")
    assert (result.exit_code, result.stderr) == (0, "")
    report = json.loads((tmp_path / "b.json").read_text())
    clip, landmarks, graph = report["measurements"]
    assert [m["sides"][0]["rounds"][0]["frames"] for m in (clip, landmarks, graph)] == [4, 4, 3]
    stages = {row["stage"] for row in clip["sides"][0]["shares"]["stages"]}
    assert {"detection model", "landmark model", "draw", "encode"} <= stages
