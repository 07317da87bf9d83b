"""Files with several video tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from graphkit.errors import VideoOpenError
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def write_tracks(path: Path, sizes: Sequence[tuple[int, int]], default: int | None = None) -> Path:
    """Write a file with one video track a size; how bright a track is tells its number."""
    from av.stream import Disposition

    with av.open(str(path), "w") as output:
        tracks = []
        for number, (width, height) in enumerate(sizes):
            track = output.add_stream("mpeg4", rate=25)
            track.width, track.height, track.pix_fmt = width, height, "yuv420p"
            track.disposition = Disposition.default if number == default else Disposition(0)
            tracks.append(track)
        for _ in range(3):
            for number, track in enumerate(tracks):
                level = np.full((track.height, track.width, 3), 50 + 50 * number, np.uint8)
                output.mux(track.encode(av.VideoFrame.from_ndarray(level, format="rgb24")))
        for track in tracks:
            output.mux(track.encode(None))
    return path


@pytest.mark.parametrize(
    ("sizes", "default", "asked", "chosen"),
    [
        pytest.param([(64, 48), (128, 96)], None, None, 1, id="the-larger"),
        pytest.param([(128, 96), (64, 48)], None, None, 0, id="the-larger-first"),
        pytest.param([(64, 48), (64, 48)], None, None, 0, id="the-first-of-equal-ones"),
        pytest.param([(64, 48), (64, 48)], 1, None, 1, id="the-default-of-equal-ones"),
        pytest.param([(64, 48), (128, 96)], None, 0, 0, id="asked-for"),
    ],
)
def test_the_track_that_is_read(
    tmp_path: Path, sizes: list[tuple[int, int]], default: int | None, asked: int | None, chosen: int
) -> None:
    path = write_tracks(tmp_path / "clip.mkv", sizes, default)
    with VideoReader(path, track=asked) as reader:
        frames = list(reader)
        remarks = reader.stats.remarks
    assert len(frames) == 3
    assert round(float(frames[1].data.mean()), -1) == 50 + 50 * chosen
    listed = f"0: {sizes[0][0]}x{sizes[0][1]} mpeg4, 1: {sizes[1][0]}x{sizes[1][1]} mpeg4"
    assert remarks == [f"Of its 2 video tracks, track {chosen} was read; it has {listed}."]


def test_a_track_that_is_not_there(tmp_path: Path) -> None:
    path = write_tracks(tmp_path / "clip.mkv", [(64, 48), (128, 96)])
    with pytest.raises(VideoOpenError, match=r"has no video track 2; it has 0: 64x48 mpeg4, 1: 128x96 mpeg4\."):
        VideoReader(path, track=2)


def test_one_track_needs_no_word(tmp_path: Path) -> None:
    with VideoReader(write_tracks(tmp_path / "clip.mkv", [(64, 48)])) as reader:
        assert reader.stats.remarks == []
