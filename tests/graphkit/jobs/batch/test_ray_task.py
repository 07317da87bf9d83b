"""What a task of Ray does, without Ray."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from graphkit.errors import BatchError
from graphkit.jobs import ClipLimits, ClipTask, Recipe
from graphkit.jobs._batch import ray_task
from graphkit.jobs._batch.ray_task import Order, Outcome, do_clip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIMITS = ClipLimits(seconds=20)


@pytest.fixture
def order(recipe: Recipe, tmp_path: Path) -> Iterator[Order]:
    mark = tmp_path / "mark"
    mark.touch()
    yield Order(recipe, LIMITS, str(mark))
    ray_task._leave()


def pid() -> int:
    (process,) = ray_task._desk._entries.gi_frame.f_locals["self"]._working  # type: ignore[union-attr]
    return process._process.pid


def test_clips_are_done_in_one_process_that_is_kept(
    order: Order, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    pids = []
    for name in "ab":
        outcome = do_clip(order, task_of(make_clip(tmp_path / f"{name}.mp4")))
        assert outcome.entry is not None
        assert (outcome.entry.done, outcome.entry.frames) == (True, 3)
        pids.append(pid())
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")  # Ray gives the next clip another card
    do_clip(order, task_of(make_clip(tmp_path / "c.mp4")))
    assert pids[0] == pids[1] != pid()
    assert sorted(path.name for path in (tmp_path / "out").glob("*.jsonl")) == ["a.jsonl", "b.jsonl", "c.jsonl"]


def test_a_clip_that_kills_its_process_does_not_kill_this_one(
    order: Order, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path
) -> None:
    outcome = do_clip(order, task_of(make_clip(tmp_path / "a.mp4", "kill")))
    assert outcome.entry is not None
    assert outcome.entry.error is not None
    assert outcome.entry.error.message == "its process was killed by SIGKILL twice."
    assert do_clip(order, task_of(make_clip(tmp_path / "b.mp4"))).entry.done  # type: ignore[union-attr]


def test_each_attempt_has_a_stage_of_its_own(
    order: Order, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    stages: list[str] = []
    monkeypatch.setattr(ray_task._Desk, "do", lambda desk, task: stages.append(task.stage))
    task = task_of(make_clip(tmp_path / "a.mp4"))
    for _ in range(2):
        do_clip(order, task)
    assert len({*stages, task.stage}) == 3
    assert {Path(stage).parent for stage in stages} == {Path(task.stage).parent}


def fault_of(outcome: Outcome) -> str:
    assert outcome.entry is None
    assert isinstance(outcome.fault, BatchError)
    return str(outcome.fault)


def test_storage_that_is_not_seen(order: Order, task_of: Callable[..., ClipTask], tmp_path: Path) -> None:
    Path(order.mark).unlink()
    fault = fault_of(do_clip(order, task_of(tmp_path / "a.mp4")))
    assert f"the folder {tmp_path / 'out'} is not seen. Clips and outputs have to lie on storage" in fault


def test_another_graphkit(order: Order, task_of: Callable[..., ClipTask], tmp_path: Path) -> None:
    other = replace(order, version="0.0.7")
    assert "the batch is of 0.0.7. Install the same" in fault_of(do_clip(other, task_of(tmp_path / "a.mp4")))


def test_a_clip_that_is_not_seen(order: Order, task_of: Callable[..., ClipTask], tmp_path: Path) -> None:
    outcome = do_clip(order, task_of(tmp_path / "none.mp4"))
    assert (outcome.unseen, outcome.entry, outcome.fault) == (True, None, None)


def test_what_would_fail_for_every_clip(
    order: Order, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path
) -> None:
    wrong = replace(order, recipe=replace(order.recipe, overrides=("Nobody.x=1",)))
    outcome = do_clip(wrong, task_of(make_clip(tmp_path / "a.mp4")))
    assert "Nobody" in str(outcome.fault)
    assert ray_task._desk is None


def test_warnings_go_back(
    order: Order, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(
        ray_task._Desk, "do", lambda desk, task: logging.getLogger("graphkit.jobs").warning("%s is odd", task.clip)
    )
    outcome = do_clip(order, task_of(make_clip(tmp_path / "a.mp4")))
    assert outcome.warnings == [(logging.WARNING, "a.mp4 is odd")]
