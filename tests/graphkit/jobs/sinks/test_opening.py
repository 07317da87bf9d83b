from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from graphkit.errors import OutputError
from graphkit.jobs._sinks import opening
from graphkit.jobs._sinks.opening import created

if TYPE_CHECKING:
    from pathlib import Path

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe.jsonl"
    os.mkfifo(path)
    return path


def test_an_existing_file_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("before")
    with created(tmp_path / "a") as file:
        file.write(b"after")
    assert (tmp_path / "a").read_text() == "after"


@needs_pipes
def test_a_pipe_whose_reader_comes_later(pipe: Path) -> None:
    read: list[bytes] = []
    reader = threading.Timer(0.1, lambda: read.append(pipe.read_bytes()))
    reader.start()
    with created(pipe, buffered=False) as file:
        assert os.get_blocking(file.fileno())
        file.write(b"line")
    reader.join()
    assert read == [b"line"]


@needs_pipes
def test_a_pipe_that_nobody_reads(pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_READER_SECONDS", 0.05)
    with pytest.raises(OutputError, match=r"pipe\.jsonl: is a pipe that nobody reads\. Start its reader first\."):
        created(pipe)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="a: cannot be created: No such file or directory"):
        created(tmp_path / "none" / "a")
