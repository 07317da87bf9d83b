from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from graphkit.errors import OutputError
from graphkit.jobs._sinks.whole_file import WholeFile, write_whole

if TYPE_CHECKING:
    from pathlib import Path


def test_the_name_is_there_when_the_contents_are(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    file = WholeFile(path)
    file.write("new")
    assert path.read_text() == "old"
    file.finish()
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_given_up_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    file = WholeFile(path)
    file.write("new")
    file.discard()
    file.discard()
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])


def test_the_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.txt", "x")
    (tmp_path / "b.txt").write_text("x")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "b.txt").stat().st_mode


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"none/a\.txt: cannot be created: No such file"):
        WholeFile(tmp_path / "none" / "a.txt")


def test_what_vanishes_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    file = WholeFile(tmp_path / "gone" / "a.txt")
    file.write("x")
    for part in (tmp_path / "gone").iterdir():
        part.unlink()
    (tmp_path / "gone").rmdir()
    with pytest.raises(OutputError, match=r"a\.txt: cannot be finished: No such file"):
        file.finish()


def test_a_pipe_is_written_to_at_once(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(path.read_text()))
    reader.start()
    write_whole(path, "through")
    reader.join(60)
    assert read == ["through"]
