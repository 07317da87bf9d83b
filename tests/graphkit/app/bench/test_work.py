"""The process of graphkit that is measured: each kind of measurement on a few frames, and its errors."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import Calculator, Input, Output, calculator
from graphkit.app.bench import stages
from graphkit.app.bench.frames import MemorySource
from graphkit.app.bench.tasks import CLIP, GRAPH, LANDMARKS, TASKS
from graphkit.app.bench.work import MeasuredRun, Outs, Request
from graphkit.app.bench.worker import answer_to, peak_rss_mib
from graphkit.formats import ImageFrame
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from graphkit import CalculatorContext

CUP = Path(__file__).parents[4] / "examples" / "media" / "hand_cup.mp4"
FRAMES = 4


FAILING = """
input_stream: "image"
output_stream: "out"
node { calculator: "WorkTestFailsLater" input_stream: "image" output_stream: "out" }
"""


@calculator("WorkTestFailsLater")
class FailsLater(Calculator):
    """Takes two frames."""

    image = Input(ImageFrame)
    out = Output(ImageFrame)

    def process(self, cc: CalculatorContext) -> None:
        if int(cc.input_timestamp) > 60_000:
            raise ValueError("too dark")
        self.out.send(cc, self.image(cc))


def request(kind: str, **more: Any) -> dict[str, Any]:
    task = TASKS["hand"]
    return {
        "kind": kind, "graph": task.graph(kind, "cpu"), "clip": str(CUP), "max_frames": FRAMES,
        "side_packets": task.side(kind), **more,
    }  # fmt: skip


def test_frames_that_are_out_at_once_take_no_time() -> None:
    outs = Outs(iter([10.0, 11.0, 13.0]).__next__)
    assert (outs.first, outs.last, outs.between) == (0, 0, 0)
    for out in (2, 3, 6):
        outs.advanced(out)
    assert (outs.first, outs.last, outs.between) == (10, 13, 4)


def test_a_clip_is_annotated(tmp_path: Path) -> None:
    before = time.monotonic()
    answer = MeasuredRun(Request(**request(CLIP, output=str(tmp_path / "out.mp4")))).finish()
    assert before <= answer["begun"] < answer["ended"] <= time.monotonic()
    assert answer["frames"] == FRAMES
    with VideoReader(tmp_path / "out.mp4") as written:
        assert sum(1 for _ in written) == FRAMES


def test_landmarks_only() -> None:
    assert MeasuredRun(Request(**request(LANDMARKS))).finish()["frames"] == FRAMES


@pytest.mark.parametrize("in_flight", [pytest.param(4, id="overlapped"), pytest.param(1, id="lock-step")])
def test_of_the_graph_alone_the_first_frame_does_not_count(in_flight: int) -> None:
    begun = time.monotonic()
    answer = MeasuredRun(Request(**request(GRAPH, in_flight=in_flight))).finish()
    assert answer["frames"] == FRAMES - 1
    assert begun < answer["begun"] < answer["ended"]


@pytest.mark.parametrize("kind", [CLIP, LANDMARKS, GRAPH])
def test_where_the_time_goes(kind: str, tmp_path: Path) -> None:
    answer = MeasuredRun(Request(**request(kind, output=str(tmp_path / "out.mp4"), shares=True))).finish()
    found = {row["stage"]: row["cpu_s"] for row in answer["shares"]["stages"]}
    expected = {stages.DETECTION, stages.LANDMARK, stages.WARP, stages.SMALL, stages.ENGINE}
    expected |= {stages.TO_RGB} if kind != GRAPH else set()
    expected |= {stages.DRAW, stages.ENCODE} if kind == CLIP else set()
    assert expected <= set(found)
    assert not {stages.UPLOAD, stages.DRIVER} & set(found)
    assert sum(found.values()) == pytest.approx(answer["shares"]["cpu_s"], rel=0.02)
    assert answer["shares"]["frames"] == FRAMES


def test_frames_in_memory() -> None:
    feed = MemorySource(CUP, "image", ImageFrame, 3)
    moments = list(feed)
    with VideoReader(CUP) as reader:
        frames = [frame for frame, _ in zip(reader, range(3), strict=False)]
    assert feed.total == 3
    assert [moment.timestamp_us for moment in moments] == [frame.timestamp_us for frame in frames]
    assert all((m.payloads["image"].data == f.data).all() for m, f in zip(moments, frames, strict=True))


def test_an_error_is_an_answer(tmp_path: Path) -> None:
    answer = answer_to(request(LANDMARKS) | {"clip": str(tmp_path / "no.mp4")})
    assert answer["kind"] == "VideoOpenError"
    assert answer["error"].startswith(f"{tmp_path / 'no.mp4'}: no such file")


def test_a_graph_that_fails_in_the_middle_says_so(tmp_path: Path) -> None:
    graph = tmp_path / "fails.pbtxt"
    graph.write_text(FAILING)
    answer = answer_to({"kind": LANDMARKS, "graph": str(graph), "clip": str(CUP)})
    assert answer["kind"] == "CalculatorError"
    assert "too dark" in answer["error"]


def test_as_a_process() -> None:
    command = [sys.executable, "-c", "from graphkit.app.bench.worker import main; main()"]
    done = subprocess.run(
        [*command, json.dumps(request(LANDMARKS, max_frames=2))], capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)
    assert answer["frames"] == 2
    assert answer["peak_rss_mib"] > 50


def test_peak_memory(tmp_path: Path) -> None:
    (tmp_path / "status").write_text("Name:\tpython\nVmPeak:\t 9 kB\nVmHWM:\t  2048 kB\nThreads:\t1\n")
    assert peak_rss_mib(tmp_path / "status") == 2.0
    assert peak_rss_mib() > 10
