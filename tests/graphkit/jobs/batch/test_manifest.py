"""The manifest: a line for each clip, whatever ends the batch."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from graphkit.errors import ManifestError
from graphkit.jobs._batch.entry import ClipEntry
from graphkit.jobs._batch.fingerprint import Fingerprint
from graphkit.jobs._batch.manifest import Manifest, ManifestLines

if TYPE_CHECKING:
    from pathlib import Path

PRINTS = Fingerprint("0.1", "g", "o", {"m": "1"}, {}, {})


def _entry(clip: str) -> ClipEntry:
    return ClipEntry(clip, f"/in/{clip}", PRINTS.recipe)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A manifest with a head and two clips."""
    path = tmp_path / "manifest.jsonl"
    with Manifest(path) as manifest:
        manifest.head("g.pbtxt", PRINTS)
        manifest.add(_entry("a.mp4"))
        manifest.add(_entry("ä\n.mp4"))
    return path


def test_what_was_written_is_read(path: Path) -> None:
    lines = ManifestLines(path)
    assert [entry.clip for entry in lines] == ["a.mp4", "ä\n.mp4"]
    assert (lines.graph, lines.recipe) == ("g.pbtxt", PRINTS.recipe)
    assert lines.heads[PRINTS.recipe]["models"] == {"m": "1"}
    assert len(path.read_bytes().splitlines()) == 3


def test_names_that_are_no_utf8(path: Path) -> None:
    name = os.fsdecode(b"\xff.mp4")
    with Manifest(path) as manifest:
        manifest.add(_entry(name))
    assert [entry.clip for entry in ManifestLines(path)][-1] == name
    assert path.read_text("utf-8")


@pytest.mark.parametrize("lost", [1, 40])
def test_one_that_was_cut_in_the_middle_loses_its_last_line(path: Path, lost: int) -> None:
    path.write_bytes(path.read_bytes()[:-lost])
    assert [entry.clip for entry in ManifestLines(path)] == ["a.mp4"]
    with Manifest(path) as manifest:
        assert manifest.mended
        manifest.add(_entry("c.mp4"))
    assert [entry.clip for entry in ManifestLines(path)] == ["a.mp4", "c.mp4"]


def test_one_that_is_whole_or_empty_is_left_as_it_is(path: Path) -> None:
    before = path.read_bytes()
    with Manifest(path) as manifest:
        assert not manifest.mended
    assert path.read_bytes() == before
    with Manifest(path.with_name("new.jsonl")) as manifest:
        assert not manifest.mended


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param(b"nonsense\n", "line 4 is none of a manifest: Expecting value", id="no JSON"),
        pytest.param(b"[]\n", "line 4 is none of a manifest: it is no object", id="no object"),
        pytest.param(b'{"clip": "x"}\n', "line 4 is none of a manifest: it is no entry of a clip", id="no entry"),
        pytest.param(b'{"manifest": 9}\n', "it is of version 9; this graphkit reads version 1", id="version"),
        pytest.param(b'{"manifest": 1}\n', "line 4 is none of a manifest: 'graph'", id="head"),
    ],
)
def test_a_line_that_is_none_of_a_manifest(path: Path, line: bytes, message: str) -> None:
    path.write_bytes(path.read_bytes() + line)
    with pytest.raises(ManifestError, match=message):
        list(ManifestLines(path))


def test_only_one_batch_writes_to_it(path: Path) -> None:
    with Manifest(path), pytest.raises(ManifestError, match=r"jsonl: another batch is at work here"):
        Manifest(path)
    Manifest(path).close()


def test_a_full_disk_leaves_whole_lines(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    class Full:
        """A file that takes a part and then no more."""

        def __init__(self, file: object) -> None:
            self.file, self.room = file, 10

        def __getattr__(self, name: str) -> object:
            return getattr(self.file, name)

        def write(self, data: memoryview) -> int:
            if not self.room:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            written: int = self.file.write(data[: self.room])  # type: ignore[attr-defined]
            self.room = 0
            return written

    with Manifest(path) as manifest:
        monkeypatch.setattr(manifest, "_file", Full(manifest._file))
        with pytest.raises(ManifestError, match="cannot be written: No space left on device"):
            manifest.add(_entry("c.mp4"))
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="cannot be written: No such file"):
        Manifest(tmp_path / "no" / "manifest.jsonl")
    with pytest.raises(ManifestError, match="cannot be read: No such file"):
        list(ManifestLines(tmp_path / "manifest.jsonl"))
