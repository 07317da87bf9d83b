"""Batches: done once, resumed, stopped."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from graphkit.errors import ManifestError, OutputError
from graphkit.jobs import (
    Batch,
    BatchPlan,
    BatchProgress,
    BatchSettings,
    BatchSummary,
    ClipEntry,
    ClipWorker,
    Engine,
    LocalEngine,
    Reason,
    Recipe,
    Shard,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit.jobs import ClipTask


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class InThisProcess(Engine):
    """Does clips here, one after the other."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.before: Callable[[str], None] = lambda clip: None

    def entries(
        self, recipe: Recipe, tasks: Iterator[ClipTask], on_frames: Callable[[int], None]
    ) -> Iterator[ClipEntry]:
        worker = ClipWorker(recipe)
        for task in tasks:
            self.before(task.clip)
            entry = worker.do(task)
            self.done.append(task.clip)
            on_frames(entry.frames)
            yield entry

    def cancel(self) -> None:
        self.done.append("cancelled")


class Batches:
    """``batches.run()``: the batch of a folder, with the engine's notes on what was really done."""

    def __init__(self, recipe: Recipe, folder: Path) -> None:
        self.recipe, self.folder, self.out = recipe, folder, folder / "out"
        self.engine = InThisProcess()

    def make(self, progress: BatchProgress | None = None, **settings: Any) -> Batch:
        self.engine = InThisProcess()
        places = [self.folder / "in"]
        return Batch(self.recipe, places, self.out, BatchSettings(self.engine, **settings), progress=progress)

    def run(self, **settings: Any) -> BatchSummary:
        return self.make(**settings).run()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.out / "manifest.jsonl").read_text().splitlines()]


@pytest.fixture
def batches(recipe: Recipe, make_clip: Callable[..., Path], tmp_path: Path) -> Batches:
    """Three good clips and a broken one."""
    for name in ("a.mp4", "b.mov", "x/c.mp4"):
        make_clip(tmp_path / "in" / name)
    make_clip(tmp_path / "in" / "bad.mp4", "broken")
    return Batches(recipe, tmp_path)


def test_a_batch_in_processes(recipe: Recipe, make_clip: Callable[..., Path], tmp_path: Path) -> None:
    for name in "abc":
        make_clip(tmp_path / "in" / f"{name}.mp4")
    entries: list[ClipEntry] = []
    settings = BatchSettings(LocalEngine(2))
    summary = Batch(recipe, [tmp_path / "in"], tmp_path / "out", settings, on_entry=entries.append).run()
    assert (summary.clips, summary.done, summary.frames, summary.is_complete) == (3, 3, 9, True)
    assert sorted(entry.clip for entry in entries) == ["a.mp4", "b.mp4", "c.mp4"]
    assert _names(tmp_path / "out") == ["a.jsonl", "b.jsonl", "c.jsonl", "manifest.jsonl"]


def test_nothing_is_done_twice(batches: Batches) -> None:
    first = batches.run()
    assert (first.done, len(first.failures), first.is_complete) == (3, 1, False)
    assert first.manifest == batches.out / "manifest.jsonl"
    head, *entries = batches.lines
    assert (head["manifest"], head["graph"]) == (1, "levels.pbtxt")
    assert [(line["clip"], line["status"]) for line in entries] == [
        ("a.mp4", "done"), ("b.mov", "done"), ("bad.mp4", "failed"), ("x/c.mp4", "done"),
    ]  # fmt: skip
    again = batches.run()
    assert (again.done, again.up_to_date, again.passed_over) == (0, 3, 1)
    assert batches.engine.done == []
    assert len(batches.lines) == 5


def test_what_is_missing_or_has_changed_is_done(batches: Batches, make_clip: Callable[..., Path]) -> None:
    batches.run()
    (batches.out / "a.jsonl").unlink()
    make_clip(batches.folder / "in" / "b.mov", frames=4)
    make_clip(batches.folder / "in" / "d.mp4")
    batches.run()
    assert batches.engine.done == ["a.mp4", "b.mov", "d.mp4"]
    assert (batches.out / "a.jsonl").exists()
    make_clip(batches.folder / "in" / "bad.mp4")
    batches.run()
    assert batches.engine.done == ["bad.mp4"]


def test_what_failed_is_done_again_on_demand(batches: Batches) -> None:
    batches.run()
    assert len(batches.run(retry_failed=True).failures) == 1
    assert batches.engine.done == ["bad.mp4"]


def test_another_graph_of_the_same_name_does_all_again(batches: Batches) -> None:
    batches.run()
    graph = Path(batches.recipe.graph)
    graph.write_text(
        graph.read_text() + 'node { calculator: "PassThroughCalculator" input_stream: "level" output_stream: "x" }'
    )
    plan = batches.make().plan()
    assert plan.changed == ["graph"]
    assert plan.counts == {Reason.RECIPE: 4}
    batches.run()
    assert len(batches.engine.done) == 4
    assert sum("manifest" in line for line in batches.lines) == 2


def test_a_plan_changes_nothing(batches: Batches) -> None:
    plan = batches.make().plan()
    assert [(clip.name, reason) for clip, reason in plan.work][:1] == [("a.mp4", Reason.NEW)]
    assert not batches.out.exists()


def test_a_batch_of_another_graph_keeps_out(batches: Batches) -> None:
    batches.run()
    other = Path(batches.recipe.graph).with_name("other.pbtxt")
    other.write_text(Path(batches.recipe.graph).read_text())
    batches.recipe = replace(batches.recipe, graph=str(other))
    with pytest.raises(ManifestError, match=r"it is of the graph levels\.pbtxt, and this batch runs other\.pbtxt"):
        batches.run()


def test_a_batch_that_is_stopped_finishes_what_it_began(batches: Batches) -> None:
    batch = batches.make()
    batches.engine.before = lambda clip: batch.stop()
    summary = batch.run()
    assert (batches.engine.done, summary.done, summary.interrupted) == (["a.mp4"], 1, True)
    batches.run()
    assert batches.engine.done == ["b.mov", "bad.mp4", "x/c.mp4"]


def test_a_batch_that_is_cancelled_tells_its_engine(batches: Batches) -> None:
    batch = batches.make()
    batches.engine.before = lambda clip: batch.cancel()
    assert batch.run().cancelled
    assert batches.engine.done[0] == "cancelled"


def test_a_full_disk_ends_it_and_costs_what_was_under_way(
    batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = batches.make()

    def fill(clip: str) -> None:
        if clip == "b.mov":
            raise OutputError("cannot be written: No space left on device.")

    batches.engine.before = fill
    with pytest.raises(OutputError, match="No space left"):
        batch.run()
    assert batch.summary.done == 1
    assert _names(batches.out) == ["a.jsonl", "manifest.jsonl"]
    batches.run()
    assert batches.engine.done == ["b.mov", "bad.mp4", "x/c.mp4"]


def test_what_an_earlier_batch_left_half_done_is_removed(batches: Batches) -> None:
    left = batches.out / ".graphkit" / "manifest" / "1234" / "0"
    left.mkdir(parents=True)
    (left / "half.jsonl").touch()
    others = batches.out / ".graphkit" / "manifest-1-of-2"
    others.mkdir()
    batches.run()
    assert [path.name for path in (batches.out / ".graphkit").iterdir()] == ["manifest-1-of-2"]


def test_a_program_that_fails_ends_what_is_under_way(batches: Batches) -> None:
    batch = batches.make()
    ended: list[bool] = []

    def entries(*_: object) -> Iterator[ClipEntry]:
        try:
            yield ClipEntry("a.mp4", "/a.mp4", "r")
        finally:
            ended.append(True)

    def fail(entry: ClipEntry) -> None:
        raise ZeroDivisionError

    batches.engine.entries = entries  # type: ignore[method-assign]
    batch._on_entry = fail
    with pytest.raises(ZeroDivisionError) as raised:
        batch.run()
    assert ended
    assert raised.value.__traceback__ is not None


def test_shards_share_the_work(batches: Batches) -> None:
    batches.run(shard=Shard(0, 2))
    assert batches.engine.done == ["a.mp4", "bad.mp4"]
    batches.run(shard=Shard(1, 2))
    assert batches.engine.done == ["b.mov", "x/c.mp4"]
    summary = batches.run()
    assert (batches.engine.done, summary.up_to_date, summary.passed_over) == ([], 3, 1)


def test_two_batches_in_one_folder(batches: Batches) -> None:
    batch, engine = batches.make(), batches.engine
    refused: list[str] = []

    def another(clip: str) -> None:
        with pytest.raises(ManifestError, match="another batch is at work here"):
            batches.run()
        refused.append(clip)

    engine.before = another
    assert batch.run().done == 3
    assert len(refused) == 4


def test_progress_is_told(batches: Batches) -> None:
    told: list[object] = []

    class Telling(BatchProgress):
        def started(self, plan: BatchPlan) -> None:
            told.append(len(plan.work))

        def advanced(self, frames: int) -> None:
            told.append(frames)

        def finished_clip(self, entry: ClipEntry) -> None:
            told.append(entry.clip)

        def finished(self) -> None:
            told.append("end")

    batches.make(Telling()).run()
    assert told == [4, 3, "a.mp4", 3, "b.mov", 0, "bad.mp4", 3, "x/c.mp4", "end"]
