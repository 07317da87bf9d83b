"""Which video track of a file goes in, and at which rate one that tells none."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from graphkit.formats import ImageFrame
from graphkit.framework import PacketType
from graphkit.jobs._source import Origin
from graphkit.jobs._sources.video import VideoSource
from graphkit.video import CameraSettings

if TYPE_CHECKING:
    from pathlib import Path


def origin(path: Path, **more: Any) -> Origin:
    carried = PacketType.of(ImageFrame)
    return Origin("x", str(path), carried, ImageFrame, Fraction(12), 4, CameraSettings(), **more)


@pytest.mark.parametrize(("track", "width"), [(None, 128), (0, 64), (1, 128)])
def test_the_largest_track_or_the_one_asked_for(tmp_path: Path, track: int | None, width: int) -> None:
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as output:
        for side in (64, 128):
            stream = output.add_stream("mpeg4", rate=25)
            stream.width, stream.height, stream.pix_fmt = side, 48, "yuv420p"
        for stream in output.streams.video:
            picture = np.zeros((48, stream.width, 3), np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            output.mux(stream.encode(None))
    source = VideoSource.opened(origin(path, video_track=track))
    assert [each.payloads["x"].width for each in source] == [width]
    source.close()


def test_a_stream_without_times_or_rate_takes_that_of_the_job(tmp_path: Path) -> None:
    path = tmp_path / "bare.mjpeg"
    with av.open(str(path), "w", format="mjpeg") as output:
        stream = output.add_stream("mjpeg", rate=50)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for _ in range(3):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8))))
    source = VideoSource.opened(origin(path))
    assert [each.timestamp_us for each in source] == [0, 83_333, 166_667]
    source.close()
