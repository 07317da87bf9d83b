"""Processes that do clips, and clips that end processes."""

from __future__ import annotations

import logging
import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from graphkit.errors import ArgumentError, BatchError, GraphkitError
from graphkit.jobs import ClipEntry, ClipLimits, LocalEngine
from graphkit.jobs._batch.faults import fails_every_clip
from graphkit.jobs._batch.process import WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from graphkit.jobs import ClipTask, Recipe

LIMITS = ClipLimits(seconds=10, memory=450 << 20)


def test_clips_that_kill_hang_and_grow_are_passed_over(
    recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path
) -> None:
    kinds = ("hang", "kill", "good", "broken", "greedy", "good")
    tasks = [task_of(make_clip(tmp_path / f"{n}-{kind}.mp4", kind)) for n, kind in enumerate(kinds)]
    frames: list[int] = []
    engine = LocalEngine(2, LIMITS)
    entries = {entry.clip: entry for entry in engine.entries(recipe, iter(tasks), frames.append)}
    told = {clip: (entry.error.kind, entry.attempts) if entry.error else "done" for clip, entry in entries.items()}
    assert told == {
        "0-hang.mp4": ("TimeLimit", 1),
        "1-kill.mp4": ("Crashed", 2),
        "2-good.mp4": "done",
        "3-broken.mp4": ("VideoOpenError", 1),
        "4-greedy.mp4": ("MemoryLimit", 2),
        "5-good.mp4": "done",
    }
    messages = [entry.error.message for entry in entries.values() if entry.error and "broken" not in entry.clip]
    assert sorted(messages) == [
        "it took more than 10 s.",
        "its process held more than 450 MiB twice.",
        "its process was killed by SIGKILL twice.",
    ]
    assert entries["1-kill.mp4"].state.size == (tmp_path / "1-kill.mp4").stat().st_size
    assert sum(frames) == 6
    assert sorted(path.name for path in (tmp_path / "out").rglob("*")) == [
        ".stage",
        "2-good.jsonl",
        "5-good.jsonl",
    ]


@pytest.mark.parametrize("call", ["do", "take"], ids=["while it begins", "at work"])
def test_a_process_that_is_killed_loses_no_clip(
    call: str, recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    started: list[WorkerProcess] = []
    called = getattr(WorkerProcess, call)

    def killing(process: WorkerProcess, *arguments: object) -> object:
        if not started:
            os.kill(process._process.pid, signal.SIGKILL)
        started.append(process)
        return called(process, *arguments)

    monkeypatch.setattr(WorkerProcess, call, killing)
    tasks = iter([task_of(make_clip(tmp_path / "a.mp4"))])
    (entry,) = LocalEngine(1).entries(recipe, tasks, lambda frames: None)
    assert (entry.done, entry.attempts) == (True, 2)


def test_what_would_fail_for_every_clip_ends_it(
    recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path
) -> None:
    wrong = replace(recipe, overrides=("Nobody.x=1",))
    tasks = iter([task_of(make_clip(tmp_path / f"{name}.mp4")) for name in "abc"])
    with pytest.raises(GraphkitError, match="Nobody"):
        list(LocalEngine(1).entries(wrong, tasks, lambda frames: None))
    assert len(list(tasks)) == 2


def test_a_process_that_cannot_begin(
    recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path
) -> None:
    lost = replace(recipe, folder=str(tmp_path / "gone"))
    tasks = iter([task_of(make_clip(tmp_path / "a.mp4"))])
    with pytest.raises(
        BatchError,
        match=r"two processes did not get as far as their first clip: .* status 1 \(FileNotFoundError: .*gone",
    ):
        list(LocalEngine(1).entries(lost, tasks, lambda frames: None))


def test_an_engine_that_is_cancelled_yields_no_more(
    recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path
) -> None:
    engine = LocalEngine(1, ClipLimits(seconds=None))

    def tasks() -> Iterator[ClipTask]:
        yield task_of(make_clip(tmp_path / "a.mp4"))
        engine.cancel()
        yield task_of(make_clip(tmp_path / "b.mp4"))

    entries: list[ClipEntry] = list(engine.entries(recipe, tasks(), lambda frames: None))
    assert [entry.clip for entry in entries] == ["a.mp4"]


def test_warnings_of_processes_are_said_once(caplog: pytest.LogCaptureFixture, recipe: Recipe) -> None:
    from graphkit.jobs._batch.worker import LogLine

    engine = LocalEngine(1)
    for _ in range(2):
        engine._heard(None, LogLine(logging.WARNING, "odd"), lambda frames: None)  # type: ignore[arg-type]
    assert [record.getMessage() for record in caplog.records] == ["odd"]


@pytest.mark.parametrize("name", ["seconds", "seconds_without_a_frame", "memory"])
def test_limits_are_above_zero(name: str) -> None:
    with pytest.raises(ArgumentError, match=f"{name}: found 0; a limit is above 0"):
        ClipLimits(**{name: 0})  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="at least 1 process"):
        LocalEngine(0)


def test_a_clip_that_cannot_be_read_is_its_own_fault() -> None:
    error = GraphkitError("x")
    error.__cause__ = OSError(5, "Input/output error")
    assert not fails_every_clip(error)
