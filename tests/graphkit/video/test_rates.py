"""Rates: declared, made up by demuxers, or seen in the first times."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import av
import pytest

from graphkit.video import VideoReader
from graphkit.video._rates import plausible_rate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    MakeClip = Callable[..., Path]


def stream(guessed: int | None = None, base: int | None = None) -> Any:
    return SimpleNamespace(guessed_rate=guessed and Fraction(guessed), base_rate=base and Fraction(base))


@pytest.mark.parametrize(
    ("declared", "guessed", "steps_us", "expected"),
    [
        pytest.param(25, 25, [40_000] * 5, 25, id="as-declared"),
        pytest.param(25, 25, [], 25, id="too-few-pictures-to-tell"),
        pytest.param(1000, 1000, [33_000, 34_000, 33_000, 33_000], Fraction(4000, 133), id="ticks-of-a-clock"),
        pytest.param(1000, 30, [33_000, 34_000, 33_000, 33_000], 30, id="the-guess-is-better"),
        pytest.param(25, 25, [37_345] * 6, Fraction(13255, 495), id="another-steady-rate"),
        pytest.param(25, 25, [20_000, 50_000, 60_000, 30_000, 40_000], 25, id="uneven-is-left"),
        pytest.param(25, 25, [1, 40_000, 1, 40_000, 40_000], 25, id="repaired-times-do-not-count"),
    ],
)
def test_a_declared_rate_gives_way_to_what_is_seen(
    declared: int, guessed: int, steps_us: list[int], expected: Fraction
) -> None:
    times = [sum(steps_us[:n]) for n in range(len(steps_us) + 1)]
    found = plausible_rate(stream(guessed), Fraction(declared), times)
    assert float(found) == pytest.approx(float(expected), rel=1e-3)


def write_bare(path: Path, codec: str, rate: int, pixel_format: str = "yuv420p") -> Path:
    """Write 20 pictures as a stream without a container."""
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {"preset": "ultrafast"}
    with av.open(str(path), "w", format=path.suffix[1:]) as output:
        track = output.add_stream(codec, rate=rate, options={} if codec == "mjpeg" else options)
        track.width, track.height, track.pix_fmt = 64, 48, pixel_format
        for level in range(20):
            picture = av.VideoFrame(64, 48, pixel_format)
            for plane in picture.planes:
                plane.update(bytes([level * 10]) * plane.buffer_size)
            output.mux(track.encode(picture))
        output.mux(track.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "rate", "expected"),
    [
        pytest.param("bare.h264", "libx264", 50, 50, id="h264"),
        pytest.param("bare.hevc", "libx265", 30, 30, id="hevc"),
        pytest.param("bare.mjpeg", "mjpeg", 15, 25, id="mjpeg-tells-none"),
    ],
)
def test_bare_streams_tell_their_rate_or_get_the_usual_one(
    tmp_path: Path, name: str, codec: str, rate: int, expected: int
) -> None:
    path = write_bare(tmp_path / name, codec, rate, "yuvj420p" if codec == "mjpeg" else "yuv420p")
    with VideoReader(path) as reader:
        times = [frame.timestamp_us for frame in reader]
        info = reader.info
    assert info.frame_rate == expected
    assert times == [round(n * 1e6 / expected) for n in range(20)]
    assert info.rate_assumed == (codec == "mjpeg")


@pytest.mark.parametrize(
    ("name", "codec", "expected"), [("bare.mjpeg", "mjpeg", 12), ("bare.h264", "libx264", 50)]
)
def test_a_stream_that_tells_no_rate_takes_the_one_that_is_asked_for(
    tmp_path: Path, name: str, codec: str, expected: int
) -> None:
    path = write_bare(tmp_path / name, codec, 50, "yuvj420p" if codec == "mjpeg" else "yuv420p")
    with VideoReader(path, rate=Fraction(12)) as reader:
        times = [frame.timestamp_us for frame in reader]
        info, remarks = reader.info, reader.stats.remarks
    assert info.frame_rate == expected
    assert times == [round(n * 1e6 / expected) for n in range(20)]
    told = ["It tells neither times nor a rate: 12 frames a second are assumed."]
    assert remarks == (told if codec == "mjpeg" else [])


def test_a_clip_with_times_of_its_own_keeps_them(make_clip: MakeClip) -> None:
    with VideoReader(make_clip(count=3), rate=Fraction(12)) as reader:
        assert [frame.timestamp_us for frame in reader] == [0, 33_333, 66_667]
        assert reader.info.frame_rate == 30


def test_a_clip_that_calls_its_ticks_a_rate(make_clip: MakeClip) -> None:
    path = make_clip("clip.mkv", count=12, rate=1000, pts=[n * 3000 for n in range(12)])
    with VideoReader(path) as reader:
        assert float(reader.info.frame_rate) == pytest.approx(30, rel=0.02)
