from __future__ import annotations

import io

import pytest
from rich.console import Console

from graphkit.app.cli.progress import BarProgress, LineProgress, choose_progress
from graphkit.jobs import Progress


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        pytest.param(
            40,
            ["frame 10 of 40 (25 %), 2.0 fps, 15 s left", "frame 20 of 40 (50 %), 2.0 fps, 10 s left"],
            id="known",
        ),
        pytest.param(0, ["frame 10, 2.0 fps", "frame 20, 2.0 fps"], id="unknown"),
        pytest.param(
            12, ["frame 10 of 12 (83 %), 2.0 fps, 1 s left", "frame 20, 2.0 fps"], id="more than announced"
        ),
    ],
)
def test_a_line_every_five_seconds(total: int, expected: list[str]) -> None:
    clock, stream = Clock(), io.StringIO()
    progress = LineProgress(stream, clock)
    progress.started(total)
    for frames in range(1, 25):
        clock.now += 0.5
        progress.advanced(frames)
    progress.finished()
    assert stream.getvalue().splitlines() == expected


def test_a_line_tells_what_live_input_lost() -> None:
    clock, stream = Clock(), io.StringIO()
    progress = LineProgress(stream, clock)
    progress.started(0)
    clock.now += 5
    progress.dropped(3)
    progress.advanced(10)
    assert stream.getvalue() == "frame 10, 2.0 fps, 3 dropped\n"


def test_what_is_shown_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert type(choose_progress(quiet=True, stream=Terminal())) is Progress
    assert type(choose_progress(quiet=False, stream=io.StringIO())) is LineProgress
    assert type(choose_progress(quiet=False, stream=Terminal())) is BarProgress
    monkeypatch.setenv("TERM", "dumb")
    assert type(choose_progress(quiet=False, stream=Terminal())) is LineProgress


@pytest.mark.parametrize(
    ("total", "shown"), [pytest.param(12, "5/12", id="known"), pytest.param(0, "5/?", id="unknown")]
)
def test_the_bar_shows_frames_and_goes_away(total: int, shown: str) -> None:
    stream = Terminal()
    bar = BarProgress(Console(file=stream, force_terminal=True, width=100))
    bar.started(total)
    bar.advanced(5)
    bar._bar.refresh()
    bar.finished()
    assert shown in stream.getvalue()
    assert "fps" in stream.getvalue()


def test_the_bar_tells_what_live_input_lost() -> None:
    stream = Terminal()
    progress = BarProgress(Console(file=stream, force_terminal=True, width=100))
    progress.started(0)
    progress.dropped(7)
    progress.advanced(5)
    progress.finished()
    assert "fps, 7 dropped" in stream.getvalue()


def test_a_bar_that_never_started_can_end() -> None:
    stream = Terminal()
    BarProgress(Console(file=stream)).finished()
    assert stream.getvalue() == ""
