"""Graphs that feed themselves: what they emit is written, and the number of frames can be limited."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from graphkit import CalculatorGraph
from graphkit.errors import UsageError
from graphkit.jobs import JobSettings, Limits, Progress, files_job, video_job

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SOURCE = 'node { calculator: "SampleSource" output_stream: "video" }'
INVERT = 'node { calculator: "SampleInvert" input_stream: "video" output_stream: "shown" }'
SLOW = 'node { calculator: "SampleSlow" input_stream: "video" output_stream: "times" }'
DECODER = (
    'input_side_packet: "input_video_path" output_stream: "shown" '
    'node { calculator: "OpenCvVideoDecoderCalculator" output_stream: "VIDEO:video" '
    'input_side_packet: "INPUT_FILE_PATH:input_video_path" }'
)


@pytest.fixture
def graph(make_graph: Callable[..., CalculatorGraph]) -> CalculatorGraph:
    """Thirty pictures, their negatives, and a slow branch that tells their times."""
    return make_graph(SOURCE, INVERT, SLOW, inputs=[], outputs=["shown"])


def times(path: Path) -> list[int]:
    return [json.loads(line)["timestamp"] for line in path.read_text().splitlines()]


def test_what_the_graph_emits_is_the_video(graph: CalculatorGraph, tmp_path: Path, levels) -> None:
    out = tmp_path / "out.mp4"
    summary = files_job(graph, {}, JobSettings(out, dumps={"times": tmp_path / "t.jsonl"})).run()
    written = levels(out)
    assert [at for at, _ in written] == [i * 40_000 for i in range(30)] == times(tmp_path / "t.jsonl")
    assert all(abs(level - (255 - 8 * i)) <= 2 for i, (_, level) in enumerate(written))
    assert (summary.frames, summary.skipped, summary.notes) == (30, 0, [])
    assert (summary.files[0].path, summary.files[0].items) == (out, 30)


@pytest.mark.parametrize("limit", [0, 1, 7, 30, 99])
def test_the_number_of_frames_counts_there_too(graph, tmp_path: Path, levels, limit: int) -> None:
    told: list[int] = []

    class Told(Progress):
        def started(self, total: int) -> None:
            told.append(total)

        def advanced(self, frames: int) -> None:
            told.append(frames)

    out, lines = tmp_path / "out.mp4", tmp_path / "t.jsonl"
    settings = JobSettings(out, dumps={"times": lines}, limits=Limits(max_frames=limit), progress=Told())
    summary = files_job(graph, {}, settings).run()
    frames = min(limit, 30)
    assert summary.frames == frames
    assert times(lines) == [i * 40_000 for i in range(frames)]
    assert (len(levels(out)) if frames else out.exists()) == frames
    assert told == [limit, *range(1, frames + 1)]
    assert not summary.interrupted


def test_stopping_ends_the_sources(graph, tmp_path: Path, levels) -> None:
    class StopAt4(Progress):
        def advanced(self, frames: int) -> None:
            if frames == 4:
                job.stop()

    job = files_job(graph, {}, JobSettings(tmp_path / "out.mp4", progress=StopAt4()))
    summary = job.run()
    assert summary.interrupted
    assert 4 <= summary.frames == len(levels(tmp_path / "out.mp4"))


def test_a_graph_that_decodes_by_itself_and_cannot_be_told_where_to_write(
    make_graph, clip: Path, tmp_path: Path, levels
) -> None:
    make_graph(SOURCE, inputs=[], outputs=["video"])  # registers the sample calculators
    out = tmp_path / "out.mp4"
    graph = CalculatorGraph(DECODER + INVERT)
    summary = video_job(graph, clip, JobSettings(out, limits=Limits(max_frames=5))).run()
    assert [at for at, _ in levels(out)] == [i * 40_000 for i in range(5)]
    assert (summary.frames, summary.skipped) == (5, 0)


def test_a_graph_that_writes_by_itself_cannot_be_limited(clip: Path, tmp_path: Path) -> None:
    graph = CalculatorGraph("hand_tracking/hand_tracking_desktop.pbtxt")
    settings = JobSettings(tmp_path / "out.mp4", limits=Limits(max_frames=5))
    with pytest.raises(UsageError, match="writes the video by itself; the number of frames cannot be limited"):
        video_job(graph, clip, settings)
