"""Whole jobs over a small clip: what comes out, and what is left when something breaks."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from graphkit import CalculatorGraph
from graphkit.errors import CalculatorError, FormatError, GraphStateError, OutputError, UsageError, VideoWriteError
from graphkit.jobs import GraphJob, JobSettings, Limits, Progress, VideoSink, run_video, video_job

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INVERT = 'node { calculator: "SampleInvert" input_stream: "input_video" output_stream: "output_video" }'
HANDS = (
    'node { calculator: "SampleHands" input_stream: "input_video" output_stream: "LANDMARKS:landmarks" '
    'output_stream: "HANDEDNESS:handedness" '
    "options { [jobtest.SampleOptions.ext] { every: 4 at: 5 } } }"
)


def node(name: str, **options: object) -> str:
    text = " ".join(f"{key}: {value}" for key, value in options.items())
    return (
        f'node {{ calculator: "{name}" input_stream: "input_video" output_stream: "output_video" '
        f"node_options {{ [type.googleapis.com/jobtest.SampleOptions] {{ {text} }} }} }}"
    )


class Recorder(Progress):
    def __init__(self) -> None:
        self.events: list[object] = []

    def started(self, total: int) -> None:
        self.events.append(("started", total))

    def advanced(self, frames: int) -> None:
        self.events.append(frames)

    def finished(self) -> None:
        self.events.append("finished")


def test_video_in_video_out(make_graph, clip: Path, tmp_path: Path, levels) -> None:
    out = tmp_path / "out.mp4"
    summary = run_video(make_graph(INVERT), clip, out)
    assert summary.frames == 12
    assert summary.skipped == 0
    assert not summary.interrupted
    written = levels(out)
    assert [at for at, _ in written] == [i * 40_000 for i in range(12)]
    assert all(abs(level - (255 - 20 - 10 * i)) <= 2 for i, (_, level) in enumerate(written))
    assert [(f.stream, f.path, f.items, f.unit) for f in summary.files] == [("output_video", out, 12, "frames")]


def test_gray_output_becomes_a_video(make_graph, clip: Path, tmp_path: Path, levels) -> None:
    out = tmp_path / "out.mp4"
    run_video(make_graph(node("SampleGray")), clip, out)
    assert abs(levels(out)[0][1] - 20) <= 2


def test_frames_without_output_are_counted(make_graph, clip: Path, tmp_path: Path, levels) -> None:
    out = tmp_path / "out.mp4"
    summary = run_video(make_graph(node("SampleThin", every=3)), clip, out)
    assert [at for at, _ in levels(out)] == [0, 120_000, 240_000, 360_000]
    assert (summary.frames, summary.skipped) == (12, 8)


def test_no_output_at_all_leaves_no_file(make_graph, clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    silent = 'node { calculator: "SampleThin" input_stream: "input_video" output_stream: "x" }'
    fail = make_graph(silent, node("SampleFail", at=0))
    with pytest.raises(CalculatorError):
        run_video(fail, clip, out)
    assert not out.exists()


def test_dumps_and_finds(make_graph, clip: Path, tmp_path: Path) -> None:
    lines, rows = tmp_path / "hands.jsonl", tmp_path / "hands.csv"
    graph = make_graph(HANDS, outputs=["landmarks"])
    summary = run_video(graph, clip, dumps={"landmarks": lines, "handedness": tmp_path / "h.jsonl"})
    entries = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [entry["timestamp"] for entry in entries] == [i * 40_000 for i in range(12) if i % 4 != 3]
    assert {entry["stream"] for entry in entries} == {"landmarks"}
    assert entries[0]["packet"][0]["landmark"][1] == {"x": 0.03125, "y": 0.0, "z": 0.0}
    assert [(f.stream, f.frames, f.most, f.points) for f in summary.landmarks] == [("landmarks", 9, 2, 21)]

    summary = run_video(graph, clip, dumps={"landmarks": rows})
    table = [line.split(",") for line in rows.read_text().splitlines()]
    assert ",".join(table[0]) == (
        "timestamp,item,handedness,index,name,x,y,z,visibility,presence,frame_width,frame_height"
    )
    assert len(table) == 1 + 21 * 10
    assert table[1 + 20] == ["0", "0", "Left", "20", "PINKY_TIP", "0.625", "0.0", "0.0", "", "", "64", "48"]
    assert [row[2] for row in table[1:] if row[0] == "200000" and row[4] == "WRIST"] == ["Left", "Right"]
    assert summary.files[0].items == 9


def test_a_graph_that_answers_late_is_not_waited_for_in_vain(make_graph, clip, tmp_path, levels) -> None:
    out = tmp_path / "out.mp4"
    run_video(make_graph(node("SampleLag", every=9)), clip, out)
    assert [at for at, _ in levels(out)] == [i * 40_000 for i in range(12)]


def test_progress_counts_up(make_graph, clip: Path, tmp_path: Path) -> None:
    recorder = Recorder()
    video_job(make_graph(INVERT), clip, JobSettings(tmp_path / "out.mp4", progress=recorder)).run()
    assert recorder.events[0] == ("started", 12)
    assert recorder.events[-2:] == [12, "finished"]
    assert recorder.events[1:-1] == sorted(recorder.events[1:-1])  # type: ignore[type-var]


def test_max_frames(make_graph, clip: Path, tmp_path: Path, levels) -> None:
    out = tmp_path / "out.mp4"
    assert run_video(make_graph(INVERT), clip, out, max_frames=5).frames == 5
    assert len(levels(out)) == 5


@pytest.mark.parametrize("phase", ["open", "process", "close"])
def test_a_failing_calculator_loses_nothing(make_graph, clip, tmp_path, levels, phase: str) -> None:
    out, lines = tmp_path / "out.mp4", tmp_path / "hands.jsonl"
    graph = make_graph(HANDS, node("SampleFail", at=6, phase=f'"{phase}"'))
    job = video_job(graph, clip, JobSettings(out, dumps={"landmarks": lines}))
    with pytest.raises(CalculatorError, match=rf'{phase}\(\) of node "SampleFail" failed.*the sample failed'):
        job.run()
    expected = {"open": 0, "process": 6, "close": 12}[phase]
    assert (len(levels(out)) if expected else out.exists()) == expected
    assert len(lines.read_text().splitlines()) >= expected * 3 // 4
    assert all(json.loads(line) for line in lines.read_text().splitlines())
    assert job.summary.seconds > 0


def test_a_graph_that_runs_already_is_refused_and_nothing_stays_open(make_graph, clip, tmp_path) -> None:
    graph = make_graph(HANDS, INVERT)
    before = set(threading.enumerate())
    job = video_job(graph, clip, JobSettings(tmp_path / "out.mp4", dumps={"landmarks": tmp_path / "hands.jsonl"}))
    coding = set(threading.enumerate()) - before
    assert {thread.name for thread in coding} == {"graphkit-decode"}
    with graph, pytest.raises(GraphStateError, match="the graph is running; set a service before") as caught:
        job.run()
    assert not hasattr(caught.value, "__notes__")
    assert not any(thread.is_alive() for thread in coding)
    assert job.summary.failed
    assert video_job(graph, clip, JobSettings(tmp_path / "out.mp4")).run().frames == 12


def test_an_observer_error_is_the_job_s_own(make_graph, clip, tmp_path, monkeypatch) -> None:
    def full(self: VideoSink, packet: object) -> None:
        raise VideoWriteError("the disk is full")

    monkeypatch.setattr(VideoSink, "take", full)
    with pytest.raises(VideoWriteError, match="the disk is full"):
        run_video(make_graph(INVERT), clip, tmp_path / "out.mp4")


def test_stop_finishes_what_is_in_flight(make_graph, clip, tmp_path, levels) -> None:
    out = tmp_path / "out.mp4"
    job: GraphJob

    class StopAt4(Progress):
        def advanced(self, frames: int) -> None:
            if frames == 4:
                job.stop()

    job = video_job(make_graph(INVERT), clip, JobSettings(out, progress=StopAt4(), limits=Limits(1)))
    summary = job.run()
    assert summary.interrupted
    assert not summary.cancelled
    assert summary.frames == 4 == len(levels(out))


def test_cancel_closes_the_files(make_graph, clip, tmp_path, levels) -> None:
    out = tmp_path / "out.mp4"
    job: GraphJob

    class CancelAt4(Progress):
        def advanced(self, frames: int) -> None:
            if frames == 4:
                job.cancel()

    job = video_job(make_graph(INVERT), clip, JobSettings(out, progress=CancelAt4(), limits=Limits(1)))
    summary = job.run()
    assert summary.interrupted
    assert len(levels(out)) >= 4


def test_stop_before_the_start_feeds_nothing(make_graph, clip, tmp_path) -> None:
    job = video_job(make_graph(INVERT), clip, JobSettings(tmp_path / "out.mp4"))
    job.stop()
    assert job.run().frames == 0
    assert "gave no picture" in job.summary.notes[0]


def test_an_existing_output_survives_a_refused_job(make_graph, clip, tmp_path) -> None:
    out = tmp_path / "out.mp4"
    out.write_text("precious")
    with pytest.raises(UsageError, match='no stream "landmark"'):
        video_job(make_graph(INVERT), clip, JobSettings(out, dumps={"landmark": tmp_path / "x.jsonl"}))
    assert out.read_text() == "precious"


def test_the_input_is_not_overwritten(make_graph, clip, tmp_path) -> None:
    before = clip.read_bytes()
    with pytest.raises(VideoWriteError, match="is the input video itself"):
        video_job(make_graph(INVERT), clip, JobSettings(clip))
    table = tmp_path / "in.csv"
    table.write_bytes(before)
    graph = make_graph(HANDS, outputs=["landmarks"])
    with pytest.raises(UsageError, match="this file is the input already"):
        video_job(graph, table, JobSettings(dumps={"landmarks": table}))
    assert clip.read_bytes() == table.read_bytes() == before


def test_a_truncated_clip_is_worked_off_up_to_the_break(make_graph, write_clip, tmp_path, levels) -> None:
    cut, out = tmp_path / "cut.mkv", tmp_path / "out.mp4"
    write_clip(cut, 100)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    summary = run_video(make_graph(INVERT), cut, out)
    assert 0 < summary.frames < 100
    assert len(levels(out)) == summary.frames
    assert "truncated: it ends after" in summary.truncated


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        pytest.param({"frames_in_flight": 0}, "at least 1", id="nothing may be in flight"),
        pytest.param({"max_frames": -1}, "cannot be negative", id="fewer than no frames"),
    ],
)
def test_limits_are_checked(limits: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Limits(**limits)  # type: ignore[arg-type]


def test_a_dump_that_cannot_be_json_says_so(make_graph, clip, tmp_path) -> None:
    graph: CalculatorGraph = make_graph(INVERT)
    with pytest.raises(UsageError, match=r"carries images\. Write them as"):
        video_job(graph, clip, JobSettings(dumps={"output_video": tmp_path / "x.jsonl"}))
    passing = CalculatorGraph(
        'input_stream: "input_video" output_stream: "x" '
        'node { calculator: "PassThroughCalculator" input_stream: "input_video" output_stream: "x" }'
    )
    with pytest.raises(FormatError, match="cannot be dumped as JSON"):
        run_video(passing, clip, dumps={"x": tmp_path / "x.jsonl"})


def test_a_missing_folder_is_found_before_the_work(make_graph, clip, tmp_path) -> None:
    graph = make_graph(HANDS, outputs=["landmarks"])
    with pytest.raises(OutputError, match=r"does not exist\. Create it first"):
        video_job(graph, clip, JobSettings(dumps={"landmarks": tmp_path / "none" / "x.jsonl"}))


def test_results_do_not_depend_on_frames_in_flight(
    make_graph: Callable[..., CalculatorGraph], clip: Path, tmp_path: Path
) -> None:
    results = []
    for limit in (1, 4):
        lines = tmp_path / f"{limit}.jsonl"
        graph = make_graph(HANDS, outputs=["landmarks"])
        video_job(graph, clip, JobSettings(dumps={"landmarks": lines}, limits=Limits(limit))).run()
        results.append(lines.read_text())
    assert results[0] == results[1]


def test_a_dumped_input_does_not_tell_that_its_frame_is_out(make_graph, clip, tmp_path) -> None:
    told: list[int] = []

    class Told(Progress):
        def advanced(self, frames: int) -> None:
            told.append(frames)

    settings = JobSettings(dumps={"input_video": tmp_path / "frames.csv"}, progress=Told(), limits=Limits(4))
    video_job(make_graph(node("SampleLag", every=9)), clip, settings).run()
    assert told[0] == 4, "nothing is out before the graph, which answers late, fell idle with all that it may have"
    assert len((tmp_path / "frames.csv").read_text().splitlines()) == 1 + 12


def test_a_graph_that_closes_its_input_ends_the_job(make_graph, clip, tmp_path, levels) -> None:
    out = tmp_path / "out.mp4"
    graph = make_graph(INVERT)

    class CloseAt4(Progress):
        def advanced(self, frames: int) -> None:
            if frames == 4:
                graph.close_all_input_streams()

    summary = video_job(graph, clip, JobSettings(out, progress=CloseAt4(), limits=Limits(1))).run()
    assert summary.frames == 4 == len(levels(out))
    assert summary.notes == ["The graph ended by itself before the end of the input."]
    assert not summary.interrupted


@pytest.mark.parametrize("outputs", [["landmarks", "output_video"], ["output_video"]])
def test_hands_are_counted_also_where_their_stream_is_not_declared(make_graph, clip, outputs: list[str]) -> None:
    summary = run_video(make_graph(HANDS, INVERT, outputs=outputs), clip)
    assert [(f.stream, f.frames) for f in summary.landmarks] == [("landmarks", 9)]


def test_ctrl_c_in_a_program_without_handlers_closes_the_files(make_graph, clip, tmp_path, levels) -> None:
    out = tmp_path / "out.mp4"
    graph = make_graph(node("SampleSignal", at=5))
    with pytest.raises(KeyboardInterrupt):
        video_job(graph, clip, JobSettings(out, limits=Limits(1))).run()
    assert 5 <= len(levels(out)) <= 12
    assert run_video(make_graph(INVERT), clip, out).frames == 12
