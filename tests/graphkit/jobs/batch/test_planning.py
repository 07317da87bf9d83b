"""What a batch has to do, and where outputs go."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from graphkit.errors import ManifestError, UsageError
from graphkit.jobs import JobSettings
from graphkit.jobs._batch.clips import Clip
from graphkit.jobs._batch.contents import stat_of, state_of
from graphkit.jobs._batch.entry import ClipEntry, ClipFailure, OutputFile
from graphkit.jobs._batch.fingerprint import Fingerprint
from graphkit.jobs._batch.manifest import Manifest
from graphkit.jobs._batch.planning import Reason, check_places, past_of, plan_for, touched
from graphkit.jobs._batch.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Callable

PRINTS = Fingerprint("0.1", "g", "o", {}, {}, {})
R = PRINTS.recipe
FAILED: dict[str, Any] = {"error": ClipFailure("X", "x"), "outputs": ()}


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    """A clip, and its output in the temporary folder."""
    (tmp_path / "a.mp4").write_bytes(b"pictures")
    (tmp_path / "a.csv").write_text("rows")
    return Clip("a.mp4", str(tmp_path / "a.mp4"))


@pytest.fixture
def entry(clip: Clip) -> ClipEntry:
    """The clip, done."""
    outputs = (OutputFile("s", "a.csv", 1, "packets", 4),)
    return ClipEntry("a.mp4", clip.path, R, state=state_of(Path(clip.path)), outputs=outputs)


@pytest.fixture
def reason_for(tmp_path: Path, clip: Clip) -> Callable[..., Reason]:
    """``reason_for(entry)``: what is to be done about the clip."""

    def reason(*entries: ClipEntry, **how: bool) -> Reason:
        with Manifest(tmp_path / "manifest.jsonl") as manifest:
            manifest.head("g.pbtxt", PRINTS)
            for each in entries:
                manifest.add(each)
        past = past_of(tmp_path, "g.pbtxt", {clip.name})
        plan = plan_for([clip], past, R, tmp_path, **how)
        (found,) = plan.counts
        assert [each for each, _ in plan.work] == ([clip] if found.is_work else [])
        return found

    return reason


def test_nothing_is_known(reason_for: Callable[..., Reason]) -> None:
    assert reason_for() is Reason.NEW


def test_it_is_done(reason_for: Callable[..., Reason], entry: ClipEntry) -> None:
    assert reason_for(entry) is Reason.DONE


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"recipe": "other"}, Reason.RECIPE, id="recipe"),
        pytest.param(FAILED, Reason.FAILED, id="failed"),
        pytest.param({"outputs": (OutputFile("s", "a.csv", 1, "packets", 5),)}, Reason.OUTPUTS, id="size"),
        pytest.param({"outputs": (OutputFile("s", "b.csv", 1, "packets", 4),)}, Reason.OUTPUTS, id="missing"),
    ],
)
def test_it_is_done_no_more(
    reason_for: Callable[..., Reason], entry: ClipEntry, change: dict[str, Any], reason: Reason
) -> None:
    assert reason_for(replace(entry, **change)) is reason


def test_what_failed_is_tried_again_on_demand(reason_for: Callable[..., Reason], entry: ClipEntry) -> None:
    failed = replace(entry, error=ClipFailure("X", "x"), outputs=())
    assert reason_for(failed, retry_failed=True) is Reason.RETRY
    assert reason_for(failed, entry) is Reason.DONE


@pytest.mark.parametrize(
    ("change", "strict", "reason"),
    [
        pytest.param({"damaged": True}, False, Reason.DONE, id="done"),
        pytest.param({"damaged": True}, True, Reason.DAMAGED, id="done, and would fail"),
        pytest.param({"damaged": False}, True, Reason.DONE, id="sound"),
        pytest.param({"damaged": True, **FAILED}, True, Reason.FAILED, id="failed"),
        pytest.param({"damaged": True, **FAILED}, False, Reason.DAMAGED, id="failed, and would be done"),
        pytest.param(FAILED, False, Reason.FAILED, id="failed for another reason"),
    ],
)
def test_damage_may_count_otherwise(
    reason_for: Callable[..., Reason], entry: ClipEntry, change: dict[str, Any], strict: bool, reason: Reason
) -> None:
    assert reason_for(replace(entry, **change), strict=strict) is reason


def test_a_clip_that_changed(reason_for: Callable[..., Reason], entry: ClipEntry, clip: Clip) -> None:
    Path(clip.path).write_bytes(b"sketches")
    assert reason_for(entry) is Reason.CLIP


def test_a_clip_that_was_only_touched_is_looked_at_once(
    reason_for: Callable[..., Reason], entry: ClipEntry, clip: Clip, tmp_path: Path
) -> None:
    os.utime(clip.path, (1, 1))
    assert reason_for(entry) is Reason.DONE
    plan = plan_for([clip], past_of(tmp_path, "g.pbtxt", {clip.name}), R, tmp_path)
    (now,) = touched(tmp_path, plan)
    assert now.state.modified_ns == 1_000_000_000
    assert now.outputs == entry.outputs
    reason_for(now)
    assert plan_for([clip], past_of(tmp_path, "g.pbtxt", {clip.name}), R, tmp_path).same == []


def test_a_folder_of_pictures_has_contents(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "1.png").write_bytes(b"12")
    (tmp_path / "p" / "2.png").write_bytes(b"345")
    before = state_of(tmp_path / "p")
    assert before.size == 5
    (tmp_path / "p" / "2.png").write_bytes(b"543")
    assert state_of(tmp_path / "p").sha256 != before.sha256
    assert (stat_of(tmp_path / "q"), state_of(tmp_path / "q").size) == (None, -1)


def test_the_newest_of_several_manifests_holds(
    reason_for: Callable[..., Reason], entry: ClipEntry, tmp_path: Path
) -> None:
    with Manifest(tmp_path / "manifest-0-of-2.jsonl") as shard:
        shard.head("g.pbtxt", PRINTS)
        shard.add(replace(entry, ended="9999"))
    assert reason_for(replace(entry, error=ClipFailure("X", "x"))) is Reason.DONE


def test_a_manifest_of_another_graph(tmp_path: Path) -> None:
    with Manifest(tmp_path / "manifest.jsonl") as manifest:
        manifest.head("poses.pbtxt", PRINTS)
    with pytest.raises(ManifestError, match=r"it is of the graph poses\.pbtxt, and this batch runs g\.pbtxt"):
        past_of(tmp_path, "g.pbtxt", set())


def _recipe(**settings: Any) -> Recipe:
    return Recipe("g.pbtxt", JobSettings(**settings))


@pytest.mark.parametrize(
    ("settings", "names", "message"),
    [
        pytest.param(
            {"dumps": {"s": "all.csv"}}, ["a.mp4", "b.mp4"], r"every clip would be written to all\.csv", id="one"
        ),
        pytest.param(
            {"dumps": {"s": "{clip}.csv"}}, ["a.mov", "a.mp4"], r"a\.mov and a\.mp4 would both .* {file} has",
            id="stem",
        ),
        pytest.param(
            {"dumps": {"s": "v/{file}.csv", "t": "v/{file}"}}, ["a", "a.csv"], "Choose another name", id="cross"
        ),
        pytest.param(
            {"dumps": {"s": "{clip}.csv", "t": "{clip}.csv"}}, ["a.mp4"], r"this file is that of s={clip}\.csv",
            id="two dumps",
        ),
        pytest.param(
            {"dumps": {"s": "{clip}_%d.png"}}, ["a.mp4", "b.mp4"], "would both be written to .", id="pictures"
        ),
        pytest.param({"output": "{clip}.mp4"}, ["a.mp4"], r"a\.mp4 is a clip itself", id="the clip"),
    ],
)  # fmt: skip
def test_outputs_that_meet(settings: dict[str, Any], names: list[str], message: str) -> None:
    clips = [Clip(name, f"/in/{name}") for name in names]
    with pytest.raises(UsageError, match=message):
        check_places(_recipe(**settings), clips, Path("/in"))


def test_outputs_that_do_not_meet() -> None:
    clips = [Clip(name, f"/in/{name}") for name in ("a.mp4", "a.mov", "x/a.mp4")]
    check_places(_recipe(output="v/{file}.mp4", dumps={"s": "{file}.csv", "t": "p/{file}/"}), clips, Path("/in"))
