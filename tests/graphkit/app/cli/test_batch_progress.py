from __future__ import annotations

import io

from rich.console import Console

from graphkit.app.cli.batch_progress import BatchBar, BatchLines, choose_progress
from graphkit.jobs import BatchPlan, BatchProgress, Clip, ClipEntry, ClipFailure, Reason

PLAN = BatchPlan(work=[(Clip(f"{n}.mp4", f"/{n}.mp4"), Reason.NEW) for n in range(10)])
DONE = ClipEntry("a.mp4", "/a.mp4", "r", frames=50)
FAILED = ClipEntry("b.mp4", "/b.mp4", "r", error=ClipFailure("X", "x"))


class Clock:
    """Stands until it is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_lines_come_every_few_seconds() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = BatchLines(stream, clock)
    lines.started(PLAN)
    clock.now += 4
    lines.advanced(100)
    assert stream.getvalue() == ""
    clock.now += 2
    lines.advanced(20)
    lines.finished_clip(DONE)
    lines.finished_clip(FAILED)
    clock.now += 6
    lines.advanced(0)
    assert stream.getvalue().splitlines() == [
        "clip 0 of 10 (0 %), 20.0 fps",
        "clip 2 of 10 (20 %), 1 failed, 2.5 fps, 48 s left",
    ]


def test_a_bar_shows_clips_and_failures() -> None:
    stream = io.StringIO()
    bar = BatchBar(Console(file=stream, force_terminal=True, width=100))
    bar.started(PLAN)
    bar.advanced(10)
    bar.finished_clip(FAILED)
    bar.finished()
    assert "1/10" in stream.getvalue()
    assert "clips, 1 failed" in stream.getvalue()


def test_what_suits_a_stream() -> None:
    assert type(choose_progress(quiet=True)) is BatchProgress
    assert type(choose_progress(quiet=False, stream=io.StringIO())) is BatchLines
