"""One clip, one unit of work: an entry, and outputs that are there whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import pickle
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from graphkit.errors import ArgumentError, FormatError, GraphkitError, OutputError, UsageError
from graphkit.jobs import JobSettings, Limits, Progress
from graphkit.jobs._batch import places
from graphkit.jobs._batch.entry import ClipEntry
from graphkit.jobs._batch.places import place_of
from graphkit.jobs._batch.recipe import Recipe
from graphkit.jobs._batch.unit import ClipTask, ClipWorker

if TYPE_CHECKING:
    from collections.abc import Callable


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_clip_is_done(
    recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path,
    with_settings: Callable[..., Recipe],
) -> None:  # fmt: skip
    dumps = {"level": "levels/{clip}.jsonl", "output_video": "pictures/{file}/%d.png"}
    wanted = with_settings(recipe, output="{clip}.mp4", dumps=dumps)
    seen: list[int] = []
    clip = make_clip(tmp_path / "in" / "a.mov")
    entry = ClipWorker(pickle.loads(pickle.dumps(wanted)), seen.append).do(task_of(clip, "sub/a.mov"))
    assert entry.done
    assert entry.clip == "sub/a.mov"
    assert (entry.frames, entry.found, entry.notes, entry.damaged) == (3, {}, (), False)
    assert entry.state.size == clip.stat().st_size
    assert seen[-1] == 3
    out = tmp_path / "out"
    pictures = [f"pictures/sub/a.mov/{time}.png" for time in (0, 40_000, 80_000)]
    assert _files(out) == sorted(["levels/sub/a.jsonl", "sub/a.mp4", *pictures])
    shown = [(file.stream, file.path, file.items, file.unit) for file in entry.outputs]
    assert shown == [
        ("output_video", "sub/a.mp4", 3, "frames"),
        ("level", "levels/sub/a.jsonl", 3, "packets"),
        ("output_video", "pictures/sub/a.mov", 3, "packets"),
    ]
    assert [file.size for file in entry.outputs] == [
        (out / "sub/a.mp4").stat().st_size,
        (out / "levels/sub/a.jsonl").stat().st_size,
        sum((out / picture).stat().st_size for picture in pictures),
    ]


def test_an_entry_is_a_line_of_json(
    recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path
) -> None:
    worker = ClipWorker(recipe)
    for what in ("good", "broken"):
        entry = worker.do(task_of(make_clip(tmp_path / f"{what}.mp4", what)))
        line = entry.to_json()
        assert "\n" not in line
        assert json.loads(line)["status"] == ("done" if what == "good" else "failed")
        assert ClipEntry.from_json(json.loads(line)).to_json() == line


def test_what_is_no_entry() -> None:
    with pytest.raises(FormatError, match="it is no entry of a clip: KeyError 'path'"):
        ClipEntry.from_json({"clip": "a"})


def test_a_broken_clip_is_an_entry_and_leaves_nothing(
    recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "b.mp4", "broken")
    worker = ClipWorker(recipe)
    entry = worker.do(task_of(clip))
    assert entry.error is not None
    assert entry.error.kind == "VideoOpenError"
    assert entry.error.message.startswith("not a video file")
    assert entry.state.size == len("no clip")
    assert _files(tmp_path / "out") == []
    assert worker.do(task_of(make_clip(tmp_path / "a.mp4"))).done


def test_a_clip_that_changes_while_it_is_read(
    recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    clip = make_clip(tmp_path / "a.mp4", "grow")
    monkeypatch.setenv("GROWING_CLIP", str(clip))
    entry = ClipWorker(recipe).do(task_of(clip))
    assert entry.error is not None
    assert (entry.error.kind, entry.outputs) == ("Changed", ())
    assert "changed while it was read" in entry.error.message
    assert _files(tmp_path / "out") == []


def test_a_damaged_clip_has_failed_if_that_is_asked_for(
    recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path
) -> None:
    task = task_of(make_clip(tmp_path / "a.mp4", "damaged"))
    entry = ClipWorker(replace(recipe, strict=True)).do(task)
    assert entry.error is not None
    assert (entry.error.kind, entry.damaged, entry.outputs, entry.notes) == ("Damaged", True, (), ())
    assert entry.error.message.startswith("The input is damaged: ")
    assert entry.frames > 0
    assert entry.state.sha256
    assert _files(tmp_path / "out") == []
    lenient = ClipWorker(recipe).do(task)
    assert (lenient.done, lenient.damaged) == (True, True)
    assert " ".join(lenient.notes) == entry.error.message
    assert ClipWorker(replace(recipe, strict=True)).do(task_of(make_clip(tmp_path / "b.mp4"))).done


def test_a_clip_that_is_done_again_replaces_its_outputs(
    recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path,
    with_settings: Callable[..., Recipe],
) -> None:  # fmt: skip
    wanted = with_settings(recipe, dumps={"output_video": "{clip}/"})
    make_clip(tmp_path / "a.mp4", frames=3)
    ClipWorker(wanted).do(task_of(tmp_path / "a.mp4"))
    make_clip(tmp_path / "a.mp4", frames=2)
    assert ClipWorker(wanted).do(task_of(tmp_path / "a.mp4")).done
    assert len(_files(tmp_path / "out" / "a")) == 2
    assert _files(tmp_path / "out" / ".stage") == []


def test_what_would_fail_for_every_clip_is_raised(
    recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path
) -> None:
    Path(recipe.graph).write_text('node { calculator: "NoSuchCalculator" }')
    with pytest.raises(GraphkitError, match="NoSuchCalculator"):
        ClipWorker(recipe).do(task_of(make_clip(tmp_path / "a.mp4")))


def test_a_full_disk_is_the_fault_of_no_clip(
    recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def full(made: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(places, "_make_durable", full)
    with pytest.raises(OutputError, match="out: cannot be written: No space left on device"):
        ClipWorker(recipe).do(task_of(make_clip(tmp_path / "a.mp4")))
    assert _files(tmp_path / "out") == []


def test_a_full_disk_while_a_dump_is_written(
    recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("graphkit.jobs._sinks.text_file.TextFile._write_all", full)
    with pytest.raises(OutputError, match="No space left on device"):
        ClipWorker(recipe).do(task_of(make_clip(tmp_path / "a.mp4")))


@pytest.mark.parametrize(
    ("pattern", "name", "target"),
    [
        pytest.param("{clip}.csv", "x/a.csv", "x/a.csv", id="name"),
        pytest.param("./y/{file}.csv", "y/x/a.mp4.csv", "y/x/a.mp4.csv", id="with its ending"),
        pytest.param("y/{clip}/", "y/x/a/", "y/x/a", id="folder"),
        pytest.param("y/{clip}/%06d.png", "y/x/a/%06d.png", "y/x/a", id="pictures"),
        pytest.param("npz:{clip}.bin", "x/a.bin", "x/a.bin", id="kind"),
    ],
)
def test_where_an_output_goes(pattern: str, name: str, target: str) -> None:
    place = place_of(pattern, "x/a.mp4")
    assert (place.name, place.target.as_posix()) == (name, target)
    last = name.removeprefix(f"{Path(target).parent}/")
    assert place.staged(Path("/s")) == f"{place.kind}/s/{last}"


def test_a_clip_may_be_called_like_pictures() -> None:
    assert place_of("{clip}.csv", "take%d.mp4").target == Path("take%d.csv")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        pytest.param("{clp}.csv", "dumps: .*{clp} stands for nothing. Did you mean 'clip'?", id="placeholder"),
        pytest.param("{x}.csv", "{x} stands for nothing. There are {clip} and {file}.", id="nothing close"),
        pytest.param("/tmp/{clip}.csv", "lie below its folder of outputs", id="absolute"),
        pytest.param("../{clip}.csv", "lie below its folder of outputs", id="above"),
    ],
)
def test_where_no_output_can_go(pattern: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        place_of(pattern, "a.mp4")


def test_a_recipe_takes_no_progress() -> None:
    with pytest.raises(ArgumentError, match="progress: a batch has none"):
        Recipe("g.pbtxt", JobSettings(progress=Progress(), limits=Limits(max_frames=1)))


def test_errors_name_outputs_as_they_will_be_called(
    recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("graphkit.jobs._sinks.text_file.TextFile._write_all", full)
    with pytest.raises(OutputError) as raised:
        ClipWorker(recipe).do(task_of(make_clip(tmp_path / "a.mp4"), "x/a.mp4"))
    assert raised.value.path == str(tmp_path / "out" / "x" / "a.jsonl")
