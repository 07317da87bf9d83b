"""Jobs over live pictures: what is dropped, what is left when they break off, what is opened."""

from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING

import pytest

from graphkit import CalculatorGraph
from graphkit.errors import CameraError, LiveInputLostError, UsageError
from graphkit.jobs import JobSettings, Limits, LiveSource, Progress, VideoSource, run_camera, video_job
from graphkit.jobs._kinds import SOURCES
from graphkit.jobs._outputs import is_file_name
from graphkit.jobs._streams import wants_camera

if TYPE_CHECKING:
    from pathlib import Path

INVERT = 'node { calculator: "SampleInvert" input_stream: "input_video" output_stream: "output_video" }'
# The limiter never hears that a frame is finished, so it drops all but the first.
LIMITED = """
input_stream: "input_video"
output_stream: "output_video"
node {
  calculator: "FlowLimiterCalculator"
  input_stream: "input_video"
  input_stream: "FINISHED:finished"
  input_stream_info { tag_index: "FINISHED" back_edge: true }
  output_stream: "throttled"
}
node { calculator: "SampleInvert" input_stream: "throttled" output_stream: "output_video" }
node {
  calculator: "SampleLag" input_stream: "throttled" output_stream: "finished"
  options { [jobtest.SampleOptions.ext] { every: 99 } }
}
"""
HANDS = (
    'node { calculator: "SampleHands" input_stream: "input_video" output_stream: "LANDMARKS:landmarks" '
    "options { [jobtest.SampleOptions.ext] { every: 99 at: 98 } } }"
)


class Recorder(Progress):
    def __init__(self) -> None:
        self.drops: list[int] = []

    def dropped(self, frames: int) -> None:
        self.drops.append(frames)


class Page:
    def __init__(self) -> None:
        self.times: list[int] = []
        self.drops = 0
        self.endings: list[tuple[bool, BaseException | None]] = []

    def take(self, packet) -> None:
        self.times.append(int(packet.timestamp))

    def dropped(self, frames: int) -> None:
        self.drops = frames

    def end(self, *, stopped: bool, failure: BaseException | None) -> None:
        self.endings.append((stopped, failure))


def while_busy_with(graph: CalculatorGraph, *steps) -> None:
    """Call a step while the graph has not settled the frame of its turn."""
    waiting = list(steps)

    def during(packet) -> None:
        if waiting:
            waiting.pop(0)()

    graph.observe_output_stream("output_video", during, observe_timestamp_bounds=True)


def test_pictures_that_come_while_the_graph_is_busy_are_dropped_and_counted(
    make_graph, camera, tmp_path: Path, levels
) -> None:
    out, progress, page = tmp_path / "out.mp4", Recorder(), Page()
    graph = make_graph(INVERT)
    while_busy_with(graph, lambda: camera.send(5), lambda: camera.send(1), camera.ends)
    camera.allow(1)
    settings = JobSettings(out, limits=Limits(max_frames=3, live_frames_in_flight=1), progress=progress)
    settings.preview = page
    summary = video_job(graph, None, settings).run()
    assert (summary.frames, summary.dropped, summary.dropped_in_graph) == (3, 4, 0)
    assert progress.drops[-1] == page.drops == 4
    assert progress.drops == sorted(progress.drops)
    written = [at for at, _ in levels(out)]
    assert written[0] == 0
    assert written == page.times
    assert page.endings == [(False, None)]
    assert summary.previewed


def test_a_file_drops_nothing(make_graph, clip: Path) -> None:
    summary = video_job(make_graph(INVERT), clip, JobSettings()).run()
    assert (summary.frames, summary.dropped) == (12, None)


def test_limiters_drop_too_and_are_counted(make_graph, camera) -> None:
    make_graph(INVERT)  # registers the sample calculators
    graph = CalculatorGraph(LIMITED)
    while_busy_with(graph, lambda: camera.send(1), lambda: camera.send(1), camera.ends)
    camera.allow(1)
    summary = video_job(graph, None, JobSettings(limits=Limits(max_frames=3))).run()
    assert (summary.frames, summary.dropped, summary.dropped_in_graph) == (3, 0, 2)


def test_a_camera_that_is_gone_leaves_complete_files(make_graph, camera, tmp_path: Path, levels) -> None:
    out, lines, page = tmp_path / "out.mp4", tmp_path / "hands.jsonl", Page()
    graph = make_graph(INVERT, HANDS)
    while_busy_with(graph, lambda: camera.send(1), lambda: camera.send(1), lambda: camera.breaks(errno.ENODEV))
    camera.allow(1)
    settings = JobSettings(out, dumps={"landmarks": lines}, limits=Limits(live_frames_in_flight=1), preview=page)
    job = video_job(graph, "/dev/video0", settings)
    with pytest.raises(LiveInputLostError, match="/dev/video0: lost after 3 pictures: No such device") as caught:
        job.run()
    assert len(levels(out)) == job.summary.frames == 3
    assert [json.loads(line)["timestamp"] for line in lines.read_text().splitlines()] == page.times
    assert job.summary.failed
    assert page.endings == [(False, caught.value)]


@pytest.mark.parametrize("order", ["stop", "cancel"])
def test_stopping_does_not_wait_for_the_next_picture(
    make_graph, camera, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    monkeypatch.setattr("graphkit.video._live._CLOSE_SECONDS", 0.05)
    graph = make_graph(INVERT)
    camera.allow(1)
    job = video_job(graph, None, JobSettings())
    while_busy_with(graph, getattr(job, order))
    summary = job.run()
    camera.ends()
    assert summary.interrupted
    assert summary.frames == 1


def test_run_camera(make_graph, camera, tmp_path: Path) -> None:
    page = Page()
    camera.allow(2)
    camera.ends()
    summary = run_camera(
        make_graph(INVERT, HANDS), device="/dev/video0", dumps={"landmarks": tmp_path / "h.jsonl"}, max_frames=1,
        preview=page,
    )  # fmt: skip
    assert summary.frames == 1
    assert page.times == [0]
    assert camera.opened == [("/dev/video0", "v4l2", {})]


def test_a_stream_is_live_and_may_end(make_graph, video_server, tmp_path: Path, levels) -> None:
    out = tmp_path / "out.mp4"
    settings = JobSettings(out, limits=Limits(max_frames=5))
    summary = video_job(make_graph(INVERT), f"{video_server.url}/pictures/100000", settings).run()
    assert summary.frames == 5
    assert summary.dropped is not None
    assert len(levels(out)) == 5


def test_a_clip_behind_http_is_no_live_input(make_graph, video_server, clip: Path, tmp_path: Path, levels) -> None:
    out = tmp_path / "out.mp4"
    video_server.clip = clip.read_bytes()
    summary = video_job(make_graph(INVERT), f"{video_server.url}/clip.mp4", JobSettings(out)).run()
    assert (summary.frames, summary.dropped) == (12, None)
    assert [at for at, _ in levels(out)] == [i * 40_000 for i in range(12)]


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        pytest.param("", LiveSource, id="the first camera"),
        pytest.param("/dev/video3", LiveSource, id="a camera"),
        pytest.param("rtsp://127.0.0.1/x", VideoSource, id="a URL"),
        pytest.param("clip.mp4", None, id="a file, which may be anything"),
    ],
)
def test_what_is_opened_for_what(place: str, kind: type | None) -> None:
    assert SOURCES.claiming(place) is kind


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        pytest.param("", False, id="the first camera"),
        pytest.param("/dev/video3", False, id="a camera"),
        pytest.param("udp://127.0.0.1:9", False, id="a URL"),
        pytest.param("clip.mp4", True, id="a file that is missing"),
    ],
)
def test_what_is_a_file(place: str, expected: bool) -> None:
    assert is_file_name(place) is expected


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        pytest.param(f'input_stream: "input_video" output_stream: "output_video" {INVERT}', True, id="one video"),
        pytest.param(
            'input_stream: "x" output_stream: "y" '
            'node { calculator: "PassThroughCalculator" input_stream: "x" output_stream: "y" }',
            False,
            id="anything",
        ),
        pytest.param(
            f'input_stream: "input_video" input_stream: "x" output_stream: "output_video" {INVERT} '
            'node { calculator: "PassThroughCalculator" input_stream: "x" output_stream: "y" }',
            False,
            id="more than that",
        ),
    ],
)
def test_which_graphs_a_camera_can_feed(make_graph, graph: str, expected: bool) -> None:
    make_graph(INVERT)
    assert wants_camera(CalculatorGraph(graph).plan) is expected


def test_a_graph_that_decodes_by_itself_takes_no_camera() -> None:
    graph = CalculatorGraph(
        'input_side_packet: "input_video_path" output_stream: "video" '
        'node { calculator: "OpenCvVideoDecoderCalculator" output_stream: "VIDEO:video" '
        'input_side_packet: "INPUT_FILE_PATH:input_video_path" }'
    )
    with pytest.raises(UsageError, match="from files only; found /dev/video0"):
        video_job(graph, "/dev/video0", JobSettings())


def test_no_camera(make_graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphkit.video._cameras.find_devices", lambda folder: [])
    with pytest.raises(CameraError, match="no camera: there is no /dev/video"):
        video_job(make_graph(INVERT), None, JobSettings())


def test_frames_in_flight_of_live_input() -> None:
    with pytest.raises(UsageError, match="at least 1"):
        Limits(live_frames_in_flight=0)
