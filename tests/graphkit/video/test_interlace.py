"""Interlaced clips: whole pictures, as many as there were, at their times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from graphkit.video import LiveSource, LiveVideo, VideoReader

if TYPE_CHECKING:
    from pathlib import Path

    Picture = np.ndarray[Any, np.dtype[np.uint8]]


def combing(picture: Picture) -> float:
    """How much each line differs from the mean of its neighbours."""
    grey = picture[:, :, 1].astype(int)
    return float(np.abs(2 * grey[1:-1] - grey[:-2] - grey[2:]).mean())


def write_interlaced(path: Path, count: int = 12, interlaced: bool = True) -> Path:
    """Write a bar that moves from field to field."""
    options = {"preset": "ultrafast", "qp": "0"} | ({"x264-params": "tff=1"} if interlaced else {})
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for number in range(count):
            picture = np.full((96, 128, 3), 40, np.uint8)
            for line in range(96):
                left = (2 * number + line % 2) * 4
                picture[line, left : left + 20] = 220
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    return path


def test_interlaced_pictures_are_made_whole(tmp_path: Path) -> None:
    path = write_interlaced(tmp_path / "clip.mp4")
    with VideoReader(path) as reader:
        frames = list(reader)
        stats = reader.stats
    assert stats.interlaced == stats.frames == len(frames) == 12
    assert [frame.timestamp_us for frame in frames] == [40_000 * n for n in range(12)]
    with av.open(str(path)) as container:
        stored = [picture.to_ndarray(format="rgb24") for picture in container.decode(video=0)]
    for frame, before in zip(frames[2:-2], stored[2:-2], strict=True):
        assert combing(frame.data) < 0.2 * combing(before)


def test_progressive_pictures_are_left_alone(tmp_path: Path) -> None:
    path = write_interlaced(tmp_path / "clip.mp4", interlaced=False)
    with VideoReader(path) as reader:
        frames = list(reader)
        assert reader.stats.interlaced == 0
    with av.open(str(path)) as container:
        stored = [picture.to_ndarray(format="rgb24") for picture in container.decode(video=0)]
    for frame, before in zip(frames, stored, strict=True):
        np.testing.assert_array_equal(frame.data, before)


@pytest.mark.parametrize("counts", [(6, 5), (1, 1)], ids=["several", "single"])
def test_a_clip_that_changes_its_size(tmp_path: Path, counts: tuple[int, int]) -> None:
    """Bare streams can be joined; whatever waits in the filter comes out first."""
    first = write_interlaced(tmp_path / "a.h264", counts[0])
    with av.open(str(tmp_path / "b.h264"), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"preset": "ultrafast", "qp": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(counts[1]):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        output.mux(stream.encode(None))
    joined = tmp_path / "joined.h264"
    joined.write_bytes(first.read_bytes() + (tmp_path / "b.h264").read_bytes())
    with VideoReader(joined) as reader:
        frames = list(reader)
    assert [frame.data.shape[:2] for frame in frames] == [(96, 128)] * counts[0] + [(48, 64)] * counts[1]
    assert [frame.timestamp_us for frame in frames] == [40_000 * n for n in range(sum(counts))]


def test_live_pictures_are_made_whole_too(tmp_path: Path) -> None:
    container = av.open(str(write_interlaced(tmp_path / "clip.mp4")))
    with LiveVideo(LiveSource("clip", container, container.streams.video[0])) as live:
        list(live)
        assert live.stats.interlaced == 12
