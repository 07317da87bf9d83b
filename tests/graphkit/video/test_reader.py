"""Reading clips that phones, converters and accidents leave behind."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from graphkit.errors import VideoError
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    MakeClip = Callable[..., Path]


def read(path: Path) -> tuple[list[Any], VideoReader]:
    with VideoReader(path) as reader:
        return list(reader), reader


def test_importing_the_package_loads_no_codec() -> None:
    code = "import sys, graphkit.video; sys.exit(bool({'av', 'cv2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_frames_are_contiguous_rgb_in_order(make_clip: MakeClip) -> None:
    frames, reader = read(make_clip(count=5))
    assert [frame.timestamp_us for frame in frames] == [0, 33333, 66667, 100000, 133333]
    assert all(f.data.shape == (48, 64, 3) and f.data.dtype == np.uint8 for f in frames)
    assert all(f.data.flags.c_contiguous for f in frames)
    assert [round(float(f.data.mean()), -1) for f in frames] == [20, 30, 40, 50, 60]
    assert reader.stats.frames == 5
    assert not reader.stats.truncated


def test_info_describes_the_clip(make_clip: MakeClip) -> None:
    path = make_clip(count=30, audio_codec="aac", audio_seconds=1.0)
    with VideoReader(path) as reader:
        info = reader.info
    assert (info.path, info.width, info.height, info.rotation) == (path, 64, 48, 0)
    assert (info.frame_rate, info.frame_count, info.time_base) == (30, 30, Fraction(1, 90000))
    assert (info.duration_us, info.first_timestamp_us) == (1_000_000, 0)
    assert (info.codec, info.pixel_format) == ("h264", "yuv420p")
    assert (info.has_audio, info.audio_codec) == (True, "aac")


def test_a_clip_without_sound_has_no_audio(make_clip: MakeClip) -> None:
    with VideoReader(make_clip()) as reader:
        assert not reader.info.has_audio


@pytest.mark.parametrize("rotation", [90, 180, -90])
def test_rotation_is_applied(make_clip: MakeClip, quarters: Callable[..., Any], rotation: int) -> None:
    picture = quarters(64, 48)
    frames, reader = read(make_clip(pictures=[picture] * 2, rotation=rotation))
    expected = np.rot90(picture, rotation // 90 % 4)
    assert frames[0].data.shape == expected.shape
    assert frames[0].data.flags.c_contiguous
    assert np.abs(frames[0].data.astype(int) - expected).mean() < 12  # the chroma of the borders blurs
    assert (reader.info.height, reader.info.width) == expected.shape[:2]
    assert reader.info.rotation == rotation % 360


@pytest.mark.parametrize(
    ("size", "codec", "pixel_format"),
    [
        pytest.param((65, 49), "libx264", "yuv444p", id="odd-444"),
        pytest.param((65, 49), "mpeg4", "yuv420p", id="odd-420"),
        pytest.param((66, 50), "libx264", "yuv420p", id="not-a-multiple-of-four"),
    ],
)
def test_unusual_sizes_are_kept(
    make_clip: MakeClip, quarters: Callable[..., Any], size: tuple[int, int], codec: str, pixel_format: str
) -> None:
    picture = quarters(*size)
    path = make_clip("odd.mp4", pictures=[picture] * 3, codec=codec, pixel_format=pixel_format)
    frames, _ = read(path)
    assert frames[0].data.shape == picture.shape
    assert np.abs(frames[0].data.astype(int) - picture).mean() < 12


@pytest.mark.parametrize(
    ("pts", "expected_us"),
    [
        pytest.param([0, 900, 9000, 9090, 45000], [0, 10_000, 100_000, 101_000, 500_000], id="variable-rate"),
        pytest.param([45000, 48000], [500_000, 533_333], id="late-start"),
    ],
)
def test_timestamps_come_from_the_clip(make_clip: MakeClip, pts: list[int], expected_us: list[int]) -> None:
    frames, reader = read(make_clip(count=len(pts), pts=pts))
    assert [frame.timestamp_us for frame in frames] == expected_us
    assert reader.info.first_timestamp_us == expected_us[0]
    assert reader.stats.timestamps_repaired == 0


def test_a_negative_first_timestamp_is_kept(make_clip: MakeClip) -> None:
    frames, _ = read(make_clip("clip.ts", count=3, pts=[-3000, 0, 3000]))
    assert [frame.timestamp_us for frame in frames] == [-33333, 0, 33333]


def test_backward_timestamps_are_repaired_and_counted(make_clip: MakeClip) -> None:
    path = make_clip("clip.ts", count=41, packet_pts=lambda i: i + 2 * (i % 2 == 0))
    frames, reader = read(path)
    steps = np.diff([frame.timestamp_us for frame in frames])
    assert len(frames) == 41
    assert (steps > 0).all()
    assert np.median(steps) > 30_000
    assert reader.stats.timestamps_repaired >= 15


def from_rgb(rgb: tuple[int, int, int], kr: float, kb: float, bits: int, full: bool) -> list[int]:
    """Y'CbCr of an R'G'B' colour by the equations of ITU-T H.273, section 8.3."""
    red, green, blue = (value / 255 for value in rgb)
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    chroma = [(blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr))]
    scale, most = 1 << (bits - 8), (1 << bits) - 1
    if full:
        return [round(luma * most), *(round(c * most) + (1 << (bits - 1)) for c in chroma)]
    return [round((219 * luma + 16) * scale), *(round((224 * c + 128) * scale) for c in chroma)]


@pytest.mark.parametrize(
    ("matrix", "kr", "kb", "bits", "full"),
    [
        pytest.param(6, 0.299, 0.114, 8, False, id="601-limited"),
        pytest.param(6, 0.299, 0.114, 8, True, id="601-full"),
        pytest.param(1, 0.2126, 0.0722, 8, False, id="709-limited"),
        pytest.param(1, 0.2126, 0.0722, 8, True, id="709-full"),
        pytest.param(1, 0.2126, 0.0722, 10, False, id="709-ten-bit"),
        pytest.param(9, 0.2627, 0.0593, 10, False, id="2020-ten-bit"),
        pytest.param(2, 0.299, 0.114, 8, False, id="untagged-is-601"),
    ],
)
def test_colours_follow_the_tags(tmp_path: Path, matrix: int, kr: float, kb: float, bits: int, full: bool) -> None:
    colours = [(200, 30, 40), (20, 180, 60), (30, 50, 220), (240, 230, 30), (128, 128, 128), (250, 250, 250)]
    path = tmp_path / "colour.mp4"
    kind = np.uint8 if bits == 8 else np.uint16
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=30, options={"preset": "ultrafast", "qp": "0"})
        stream.width, stream.height = 64, 48
        stream.pix_fmt = "yuv420p" if bits == 8 else "yuv420p10le"
        stream.codec_context.colorspace = matrix
        stream.codec_context.color_range = 0 if matrix == 2 else 2 if full else 1
        for colour in colours:
            y, u, v = from_rgb(colour, kr, kb, bits, full)
            planes = np.concatenate([np.full(64 * 48, y), np.full(32 * 24, u), np.full(32 * 24, v)])
            frame = av.VideoFrame.from_ndarray(planes.astype(kind).reshape(72, 64), format=stream.pix_fmt)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    frames, reader = read(path)
    assert reader.info.color.matrix == matrix
    for frame, colour in zip(frames, colours, strict=True):
        assert np.abs(frame.data.reshape(-1, 3).mean(0) - colour).max() <= 3.5


def test_a_truncated_clip_is_read_up_to_the_break_and_said_so(make_clip: MakeClip) -> None:
    rng = np.random.default_rng(1)
    pictures = list(rng.integers(0, 255, (40, 48, 64, 3), np.uint8))
    path = make_clip(pictures=pictures, faststart=True)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames, reader = read(path)
    assert 15 <= len(frames) <= 25
    assert reader.stats.truncated
    assert "truncated: it ends after" in reader.stats.reason
    assert "of 40 frames" in reader.stats.reason
    assert "of 1.33 s" in reader.stats.reason


@pytest.mark.parametrize(
    ("size", "given", "threads"),
    [
        pytest.param((640, 480), None, 1, id="small"),
        pytest.param((1280, 960), None, 2, id="large"),
        pytest.param((640, 480), 2, 2, id="as told"),
    ],
)
def test_the_clip_decides_how_many_threads_decode(
    make_clip: MakeClip, size: tuple[int, int], given: int | None, threads: int
) -> None:
    """Not the machine: what is read of a damaged clip depends on it."""
    width, height = size
    path = make_clip(pictures=[np.zeros((height, width, 3), np.uint8)] * 2)
    with VideoReader(path, threads=given) as reader:
        assert reader._container.streams.video[0].codec_context.thread_count == threads


def test_a_small_clip_that_breaks_off_is_read_to_its_last_packet(make_clip: MakeClip) -> None:
    """A decoder of two threads gives up a picture more."""
    rng = np.random.default_rng(1)
    path = make_clip(pictures=list(rng.integers(0, 255, (40, 48, 64, 3), np.uint8)), faststart=True)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with VideoReader(path, threads=2) as two:
        fewer = sum(1 for _ in two)
    assert len(read(path)[0]) >= fewer


def test_a_truncated_clip_without_a_frame_count_is_found_by_its_duration(make_clip: MakeClip) -> None:
    rng = np.random.default_rng(1)
    path = make_clip("clip.mkv", pictures=list(rng.integers(0, 255, (90, 48, 64, 3), np.uint8)))
    whole, reader = read(path)
    assert (len(whole), reader.stats.truncated) == (90, False)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames, reader = read(path)
    assert 30 < len(frames) < 60
    assert reader.stats.truncated


def test_an_avi_with_empty_ticks_is_whole_and_a_cut_one_is_not(make_clip: MakeClip) -> None:
    rng = np.random.default_rng(1)
    pictures = list(rng.integers(0, 255, (30, 48, 64, 3), np.uint8))
    times = [i * 6000 for i in range(30)]  # every other tick of the clock
    path = make_clip("clip.avi", pictures=pictures, pts=times, codec="mjpeg", pixel_format="yuvj420p")
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames > 30
    frames, reader = read(path)
    assert (len(frames), reader.stats.reason) == (30, "")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames, reader = read(path)
    assert 10 < len(frames) < 20
    assert reader.stats.truncated


def test_reading_part_of_a_clip_is_not_a_truncation(make_clip: MakeClip) -> None:
    with VideoReader(make_clip(count=10)) as reader:
        next(iter(reader))
    assert not reader.stats.truncated


def test_damage_costs_its_own_pictures_only(make_clip: MakeClip) -> None:
    path = make_clip("clip.mp4", count=30, codec="mjpeg", pixel_format="yuvj420p")
    with av.open(str(path)) as source:
        spots = [(p.pos, p.size) for p in source.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    for start, size in spots[10:13]:
        data[start : start + size] = bytes(size)
    path.write_bytes(data)
    frames, reader = read(path)
    assert len(frames) == 27
    assert reader.stats.corrupt_packets == 3
    assert not reader.stats.truncated
    assert frames[-1].timestamp_us == 966_667


def test_damaged_pictures_that_can_be_shown_are_counted(make_clip: MakeClip) -> None:
    rng = np.random.default_rng(1)
    path = make_clip(pictures=list(rng.integers(0, 255, (20, 48, 64, 3), np.uint8)))
    data = bytearray(path.read_bytes())
    for spot in range(5000, len(data) - 5000, 3000):
        data[spot] ^= 0x10
    path.write_bytes(data)
    frames, reader = read(path)
    assert len(frames) == 20
    assert reader.stats.corrupt_frames > 0


def test_a_closed_reader_says_so(make_clip: MakeClip) -> None:
    reader = VideoReader(make_clip())
    reader.close()
    reader.close()
    with pytest.raises(VideoError, match="the reader is closed"):
        next(reader)
