"""Files that are no clips: each has its own message."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from graphkit._process.system import written_pipe
from graphkit.errors import VideoOpenError
from graphkit.video import VideoReader, VideoWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOT_A_VIDEO = "not a video file, or damaged beyond recognition"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("empty.mp4", b"", r"empty \(0 bytes\)", id="empty"),
        pytest.param("noise.mp4", bytes(np.random.default_rng(0).bytes(4000)), NOT_A_VIDEO, id="random"),
        pytest.param("notes.mp4", b"a line of text\n" * 300, NOT_A_VIDEO, id="text"),
        pytest.param("notes.txt", b"a line of text\n" * 300, NOT_A_VIDEO, id="text-by-its-name"),
        pytest.param(
            "cut.mp4", b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\1\0\0mdat" + bytes(5000), "moov", id="no-index"
        ),
    ],
)
def test_content_that_is_no_video(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(VideoOpenError, match=message) as caught:
        VideoReader(path)
    assert str(caught.value).startswith(str(path))


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(VideoOpenError, match=r"no such file\. Check the path"):
        VideoReader(tmp_path / "none.mp4")


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(VideoOpenError, match=r"The folder .*gone does not exist either"):
        VideoReader(tmp_path / "gone" / "none.mp4")


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(VideoOpenError, match="is a folder"):
        VideoReader(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "locked.mp4"
    path.write_bytes(b"x")
    path.chmod(0)
    with pytest.raises(VideoOpenError, match="permission denied"):
        VideoReader(path)


def test_audio_only(tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48_000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    with pytest.raises(VideoOpenError, match="holds only audio, no video track"):
        VideoReader(path)


def test_no_picture_can_be_decoded(make_clip: Callable[..., Path]) -> None:
    path = make_clip(count=4, codec="mjpeg", pixel_format="yuvj420p")
    with av.open(str(path)) as source:
        spots = [(p.pos, p.size) for p in source.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    for start, size in spots:
        data[start : start + size] = bytes(size)
    path.write_bytes(data)
    with pytest.raises(VideoOpenError, match=r"none of its pictures can be decoded \(4 damaged packets\)"):
        VideoReader(path)


def test_a_track_without_pictures(tmp_path: Path) -> None:
    path = tmp_path / "stopped.mp4"
    VideoWriter(path, width=64, height=48, frame_rate=30).close()
    with pytest.raises(VideoOpenError, match="its video track holds no picture"):
        VideoReader(path)


def test_a_colon_in_the_name_is_no_protocol(
    make_clip: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_clip("http:clip.mkv", count=2)
    monkeypatch.chdir(path.parent)
    with VideoReader("http:clip.mkv") as reader:
        assert len(list(reader)) == 2


def test_a_pipe_of_something_else_is_refused_without_opening_it_again(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b"no video at all " * 100))
    writer.start()
    with pytest.raises(VideoOpenError):
        VideoReader(pipe)
    writer.join(60)
    assert not writer.is_alive()


def test_whoever_waits_for_the_writer_of_a_pipe_can_be_interrupted(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    program = threading.get_ident()

    def interrupt() -> None:
        while sys._current_frames()[program].f_code is not written_pipe.__code__:
            threading.Event().wait(0.001)
        signal.pthread_kill(program, signal.SIGINT)

    interrupting = threading.Thread(target=interrupt)
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012
        interrupting.start()
        VideoReader(pipe)
    interrupting.join()


def test_a_writer_that_is_gone_before_its_pipe_is_read(make_clip: Callable[..., Path], tmp_path: Path) -> None:
    clip = make_clip("clip.ts", count=3).read_bytes()
    pipe = tmp_path / "pipe.ts"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(clip))
    writer.start()
    with VideoReader(pipe) as reader:
        assert len(list(reader)) == 3
    writer.join(60)
