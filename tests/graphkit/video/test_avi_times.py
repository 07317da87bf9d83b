"""Times of AVI files: counted by the demuxer, with B-frames and behind damage."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from graphkit.video import VideoReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def write_reordered(path: Path, codec: str, count: int = 30) -> Path:
    """Write a moving picture in which the encoder puts B-frames."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=25, options={"preset": "medium"} if codec == "libx264" else {})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.max_b_frames = 2
        for number in range(count):
            picture = np.full((48, 64, 3), 30, np.uint8)
            picture[:, number : number + 16] = 200
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "count"),
    [
        pytest.param("h264.avi", "libx264", 30, id="h264"),
        pytest.param("short.avi", "libx264", 5, id="h264-short"),
        pytest.param("mpeg4.avi", "mpeg4", 30, id="mpeg4"),
        pytest.param("h264.mkv", "libx264", 30, id="matroska"),
    ],
)
def test_pictures_follow_each_other_in_equal_steps(tmp_path: Path, name: str, codec: str, count: int) -> None:
    with VideoReader(write_reordered(tmp_path / name, codec, count)) as reader:
        frames = list(reader)
        stats, info = reader.stats, reader.info
    steps = [after.timestamp_us - before.timestamp_us for before, after in itertools.pairwise(frames)]
    assert steps == [40_000] * (count - 1)
    assert frames[0].timestamp_us == info.first_timestamp_us
    assert stats.timestamps_repaired == 0
    bright = [int(np.argmax(frame.data[24, :, 0] > 120)) for frame in frames[: min(count, 30)]]
    assert bright == sorted(bright)


def test_behind_a_hole_the_index_tells_the_time(make_clip: Callable[..., Path]) -> None:
    pictures = list(np.random.default_rng(1).integers(0, 255, (40, 48, 64, 3), np.uint8))
    path = make_clip("clip.avi", pictures=pictures, codec="mjpeg", pixel_format="yuvj420p", rate=10)
    with VideoReader(path) as reader:
        whole = {frame.data.tobytes(): frame.timestamp_us for frame in reader}
    data = bytearray(path.read_bytes())
    begin, end = int(len(data) * 0.4), int(len(data) * 0.6)
    data[begin:end] = bytes(end - begin)
    path.write_bytes(data)
    with VideoReader(path) as reader:
        frames = list(reader)
        lost = reader.stats.frames_lost
    known = [frame for frame in frames if frame.data.tobytes() in whole]
    assert len(known) >= len(frames) - 2  # the ones at the edges are damaged
    assert all(frame.timestamp_us == whole[frame.data.tobytes()] for frame in known)
    assert lost == 40 - len(frames)
