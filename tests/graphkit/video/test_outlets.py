"""Where videos go: disks that are full, and pipes."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from graphkit.errors import VideoWriteError
from graphkit.video import Destination, VideoReader, VideoWriter
from graphkit.video._outlets import FileOutlet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PICTURES = np.random.default_rng(3).integers(0, 255, (40, 48, 64, 3), np.uint8)

# A file may not grow beyond a limit here, as on a disk that is full.
WRITE_TO_THE_LIMIT = """
import resource, sys
import numpy as np
from graphkit.errors import VideoWriteError
from graphkit.video import VideoWriter
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
pictures = np.random.default_rng(3).integers(0, 255, (200, 48, 64, 3), np.uint8)
writer = VideoWriter(sys.argv[1], width=64, height=48, frame_rate=10)
try:
    with writer:
        for number, picture in enumerate(pictures):
            writer.write(picture, number * 100_000)
except VideoWriteError as error:
    print(error)
"""


@pytest.mark.parametrize("limit", [60_000, 100_000, 123_457, 150_001])
@pytest.mark.parametrize("name", ["out.mp4", "out.mov"])
def test_what_is_there_after_a_full_disk_is_whole(tmp_path: Path, name: str, limit: int) -> None:
    path = tmp_path / name
    found = subprocess.run(
        [sys.executable, "-c", WRITE_TO_THE_LIMIT, str(path), str(limit)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "writing failed after" in found.stdout
    with VideoReader(path) as reader:
        frames = len(list(reader))
        stats = reader.stats
    assert frames >= 10
    assert not stats.damaged
    assert path.stat().st_size <= limit


def test_a_failure_leaves_the_file_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outlet = FileOutlet(tmp_path / "file")
    outlet.write(b"12345678")

    def full(data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(outlet, "_opened", type("Full", (), {"write": staticmethod(full), "seek": outlet.seek})())
    with pytest.raises(OSError, match="No space left"):
        outlet.write(b"more")
    monkeypatch.undo()
    with pytest.raises(OSError, match="No space left"):
        outlet.write(b"a new head")
    outlet.close()
    assert (tmp_path / "file").read_bytes() == b"12345678"


def write_much(path: Path | Destination, begun: Callable[[], None] = lambda: None) -> None:
    with VideoWriter(path, width=64, height=48, frame_rate=10) as writer:
        begun()
        for number in range(1000):
            writer.write(PICTURES[number % 40], number * 100_000)


def read_pipe(path: Path, into: Path) -> threading.Thread:
    def read() -> None:
        with path.open("rb") as pipe, into.open("wb") as file:
            while data := pipe.read(65536):
                file.write(data)

    thread = threading.Thread(target=read)
    thread.start()
    return thread


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.avi"])
def test_a_pipe_is_written_for_whoever_reads_it(tmp_path: Path, name: str) -> None:
    pipe, copy = tmp_path / name, tmp_path / f"copy-{name}"
    os.mkfifo(pipe)
    thread = read_pipe(pipe, copy)
    with VideoWriter(pipe, width=64, height=48, frame_rate=10) as writer:
        for number, picture in enumerate(PICTURES):
            writer.write(picture, number * 100_000)
    thread.join()
    with av.open(str(copy)) as container:
        assert len(list(container.decode(video=0))) == 40


def test_a_pipe_that_nobody_opens_is_given_up_once_it_hurries(tmp_path: Path) -> None:
    pipe = tmp_path / "out.mkv"
    os.mkfifo(pipe)
    destination = Destination(pipe)
    threading.Timer(0.3, destination.hurry).start()
    begin = time.monotonic()
    with pytest.raises(VideoWriteError, match=r"nobody opened the pipe for reading .*given up"):
        VideoWriter(destination, width=64, height=48, frame_rate=10)
    assert time.monotonic() - begin > 2


def test_a_pipe_whose_reader_takes_nothing_is_given_up_once_it_hurries(tmp_path: Path) -> None:
    pipe = tmp_path / "out.mkv"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    destination = Destination(pipe)
    threading.Timer(0.3, destination.hurry).start()
    with pytest.raises(VideoWriteError, match="nobody reads the pipe"):
        write_much(destination)
    os.close(reader)


def test_a_reader_that_goes_is_told(tmp_path: Path) -> None:
    pipe = tmp_path / "out.mkv"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(VideoWriteError, match="whoever read the pipe has gone"):
        write_much(pipe, begun=lambda: os.close(reader))


def test_the_sound_of_a_pipe_is_left_out_with_a_word(tmp_path: Path, make_clip: Callable[..., Path]) -> None:
    """Its pictures were read from it: opening it again would wait for ever."""
    pipe = tmp_path / "in.mkv"
    os.mkfifo(pipe)
    clip = make_clip("clip.mkv", count=10, audio_codec="aac", audio_seconds=0.4)
    feeder = threading.Thread(target=lambda: pipe.write_bytes(clip.read_bytes()))
    feeder.start()
    with VideoReader(pipe) as reader:
        frames = list(reader)
        info = reader.info
    feeder.join()
    assert info.has_audio
    with VideoWriter(
        tmp_path / "out.mp4", width=64, height=48, frame_rate=30, audio_from=info.path, source=info
    ) as writer:
        for frame in frames:
            writer.write(frame.data, frame.timestamp_us)
    assert "a pipe is read only once" in writer.stats.audio_problem
    with VideoReader(tmp_path / "out.mp4") as reader:
        assert len(list(reader)) == 10
