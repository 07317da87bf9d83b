"""Outputs that cannot be written are refused before any work, each with its own message."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from graphkit.errors import VideoWriteError
from graphkit.video import VideoReader, VideoWriter, check_writable


def test_a_new_file_is_fine_and_not_created(tmp_path: Path) -> None:
    check_writable(tmp_path / "out.mp4", [tmp_path / "in.mp4"])
    assert not list(tmp_path.iterdir())


def test_an_existing_file_is_fine_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"old")
    check_writable(path)
    assert path.read_bytes() == b"old"


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(VideoWriteError, match=r"is a folder. Name the video file to write, such as .*out\.mp4"):
        check_writable(tmp_path)


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(VideoWriteError, match=r"the folder .*gone does not exist\. Create it first"):
        check_writable(tmp_path / "gone" / "out.mp4")


def test_no_extension(tmp_path: Path) -> None:
    with pytest.raises(VideoWriteError, match=r"the file name has no extension. Known: \.mp4"):
        check_writable(tmp_path / "out")


def test_unknown_extension(tmp_path: Path) -> None:
    with pytest.raises(VideoWriteError, match=r'unknown video extension "\.mp5". Did you mean \'\.mp4\''):
        check_writable(tmp_path / "out.mp5")


def test_a_picture_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(
        VideoWriteError, match=r"\.avi\. Pictures go into a folder, whose name ends in /: dumps\.$"
    ):
        check_writable(tmp_path / "out.png")


def refuse(monkeypatch: pytest.MonkeyPatch, refused: Path) -> None:
    """Make a path read-only even for root, who may run the tests."""
    monkeypatch.setattr(os, "access", lambda path, mode: not (Path(path) == refused and mode == os.W_OK))


def test_read_only_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"old")
    refuse(monkeypatch, path)
    with pytest.raises(VideoWriteError, match="the file is read-only"):
        check_writable(path)


def test_read_only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, tmp_path)
    with pytest.raises(VideoWriteError, match=r"the folder .* is read-only\. Choose another folder"):
        check_writable(tmp_path / "out.mp4")


@pytest.mark.parametrize("how", ["same-name", "symlink", "hard-link"])
def test_the_input_is_never_overwritten(make_clip, tmp_path: Path, how: str) -> None:  # type: ignore[no-untyped-def]
    original = make_clip("in.mp4")
    before = original.read_bytes()
    target = original if how == "same-name" else tmp_path / "out.mp4"
    if how == "symlink":
        target.symlink_to(original)
    if how == "hard-link":
        target.hardlink_to(original)
    with VideoReader(original) as reader:
        source = reader.info
    with pytest.raises(VideoWriteError, match="is the input video itself"):
        VideoWriter(target, width=64, height=48, frame_rate=30, source=source)
    with pytest.raises(VideoWriteError, match="is the input video itself"):
        VideoWriter(target, width=64, height=48, frame_rate=30, audio_from=original)
    assert original.read_bytes() == before
