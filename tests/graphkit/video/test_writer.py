"""Writing clips: read back, they are what was written."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from graphkit.errors import VideoOpenError, VideoWriteError
from graphkit.video import EncoderSettings, VideoReader, VideoWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeClip = Callable[..., Path]

FINE = EncoderSettings(crf=1)


def smooth(width: int = 64, height: int = 48) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A picture of slow colour changes, which 4:2:0 keeps."""
    y, x = np.mgrid[0:height, 0:width]
    channels = [255 * x / width, 255 * y / height, 255 - 200 * x / width]
    return np.stack(channels, -1).astype(np.uint8)


def write(path: Path, stamps: list[int], picture: Any = None, **settings: Any) -> VideoWriter:
    picture = smooth() if picture is None else picture
    settings = {"width": picture.shape[1], "height": picture.shape[0], "frame_rate": 30} | settings
    with VideoWriter(path, **settings) as writer:
        for stamp in stamps:
            writer.write(picture, stamp)
    return writer


def stamps_of(path: Path) -> list[int]:
    with VideoReader(path) as reader:
        return [frame.timestamp_us for frame in reader]


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".mkv", ".avi", ".MP4"])
@pytest.mark.parametrize("codec", ["h264", "mp4v"])
def test_every_container_keeps_pictures_size_and_rate(tmp_path: Path, suffix: str, codec: str) -> None:
    path = tmp_path / f"out{suffix}"
    picture = smooth(66, 50)  # a height that is no multiple of four
    stamps = [round(i * 1_000_000 / 30) for i in range(12)]
    writer = write(path, stamps, picture, encoder=EncoderSettings(codec=codec, crf=1))
    with VideoReader(path) as reader:
        frames = list(reader)
    assert (reader.info.width, reader.info.height, reader.info.frame_rate) == (66, 50, 30)
    assert writer.stats.frames == len(frames) == 12
    assert np.abs(frames[5].data.astype(int) - picture).mean() < 3
    assert np.ptp(np.diff([f.timestamp_us for f in frames])) <= 1000


@pytest.mark.parametrize("codec", ["avc1", "AVC1", "h264", "H264", "x264"])
def test_h264_by_its_many_names_plays_in_a_browser(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "out.mp4"
    write(path, [0, 33333], encoder=EncoderSettings(codec=codec))
    data = path.read_bytes()
    assert b"avc1" in data
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")


@pytest.mark.parametrize("preset", ["ultrafast", "veryfast"])
@pytest.mark.parametrize(
    "stamps",
    [
        pytest.param([0, 10_000, 100_000, 101_000, 500_000], id="variable-rate"),
        pytest.param([1_500_000, 1_533_000, 1_566_000], id="late-start"),
    ],
)
def test_timestamps_are_kept(tmp_path: Path, stamps: list[int], preset: str) -> None:
    path = tmp_path / "out.mp4"
    write(path, stamps, time_base=Fraction(1, 1000), encoder=EncoderSettings(preset=preset))
    assert stamps_of(path) == stamps


@pytest.mark.parametrize("rate", [Fraction(30000, 1001), Fraction(26777, 1000), Fraction(25), Fraction(60)])
def test_frame_rate_is_kept(tmp_path: Path, rate: Fraction) -> None:
    path = tmp_path / "out.mp4"
    stamps = [round(i * 1_000_000 / rate) for i in range(30)]
    write(path, stamps, frame_rate=rate)
    with VideoReader(path) as reader:
        assert reader.info.frame_rate == rate
        assert [frame.timestamp_us for frame in reader] == pytest.approx(stamps, abs=6)


def test_a_negative_start_is_moved_to_zero_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    writer = write(path, [-40_000, 0, 40_000], time_base=Fraction(1, 1000))
    assert stamps_of(path) == [0, 40_000, 80_000]
    assert writer.stats.shift_us == 40_000


def test_stamps_that_do_not_increase_are_moved_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    writer = write(path, [0, 40_000, 40_001, 30_000, 80_000], time_base=Fraction(1, 1000))
    assert stamps_of(path) == [0, 40_000, 41_000, 42_000, 80_000]
    assert writer.stats.timestamps_repaired == 2


@pytest.mark.parametrize(
    ("shown", "settings", "stored"),
    [
        pytest.param((65, 49), EncoderSettings(), (66, 50), id="420-grows-by-one"),
        pytest.param((65, 48), EncoderSettings(), (66, 48), id="odd-width"),
        pytest.param((64, 49), EncoderSettings(), (64, 50), id="odd-height"),
        pytest.param((65, 49), EncoderSettings(pixel_format="yuv444p"), (65, 49), id="444-keeps"),
        pytest.param((65, 49), EncoderSettings(codec="mp4v"), (65, 49), id="mpeg4-keeps"),
    ],
)
def test_odd_sizes(
    tmp_path: Path, shown: tuple[int, int], settings: EncoderSettings, stored: tuple[int, int]
) -> None:
    path = tmp_path / "out.mp4"
    picture = smooth(*shown)
    write(path, [0, 40_000], picture, encoder=settings)
    with VideoReader(path) as reader:
        back = next(reader).data
    assert (back.shape[1], back.shape[0]) == stored
    assert np.abs(back[: shown[1], : shown[0]].astype(int) - picture).mean() < 4
    assert np.abs(back[-1].astype(int) - back[shown[1] - 1]).mean() < 4  # the edge is repeated


def test_an_odd_size_that_grows_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path / "out.mp4", [0], smooth(65, 48))
    assert "cannot store 65x48 pixels as 4:2:0; written as 66x48" in caplog.text


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p"])
def test_colours_are_tagged_and_come_back(tmp_path: Path, pixel_format: str) -> None:
    path = tmp_path / "out.mp4"
    colours = [(200, 30, 40), (20, 180, 60), (30, 50, 220), (0, 0, 0), (128, 128, 128), (255, 255, 255)]
    settings = EncoderSettings(crf=1, pixel_format=pixel_format)
    with VideoWriter(path, width=64, height=48, frame_rate=30, encoder=settings) as writer:
        for index, colour in enumerate(colours):
            writer.write(np.full((48, 64, 3), colour, np.uint8), index * 40_000)
    with VideoReader(path) as reader:
        frames = list(reader)
        color = reader.info.color
    assert (color.matrix, color.range, color.primaries, color.transfer) == (6, 1, 1, 1)
    for frame, colour in zip(frames, colours, strict=True):
        assert np.abs(frame.data.reshape(-1, 3).mean(0) - colour).max() <= 3


@pytest.mark.parametrize(
    ("stored", "copied"),
    [
        pytest.param((12, 13), (12, 13), id="display-p3-stays"),
        pytest.param((9, 18), (1, 1), id="hlg-was-mapped"),
        pytest.param((9, 16), (1, 1), id="pq-was-mapped"),
    ],
)
def test_a_copy_takes_over_clock_colours_and_pixel_shape(
    tmp_path: Path, stored: tuple[int, int], copied: tuple[int, int]
) -> None:
    original = tmp_path / "in.mp4"
    with av.open(str(original), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        context = stream.codec_context
        context.sample_aspect_ratio = Fraction(16, 15)
        context.colorspace, context.color_range = 9, 1
        context.color_primaries, context.color_trc = stored
        output.mux(stream.encode(av.VideoFrame.from_ndarray(smooth(), format="rgb24")))
        output.mux(stream.encode(None))
    copy = tmp_path / "out.mp4"
    with VideoReader(original) as reader:
        source = reader.info
    write(copy, [0, 40_000], source=source)
    with VideoReader(copy) as reader:
        info = reader.info
    assert info.sample_aspect_ratio == Fraction(16, 15)
    assert info.time_base == source.time_base
    assert (info.color.matrix, info.color.primaries, info.color.transfer) == (6, *copied)


@pytest.mark.parametrize(
    ("shape", "inner"),
    [
        pytest.param((48, 32), (slice(None), slice(16, 48)), id="narrow"),
        pytest.param((24, 64), (slice(12, 36), slice(None)), id="flat"),
        pytest.param((96, 128), (slice(None), slice(None)), id="twice"),
    ],
)
def test_another_size_is_letterboxed_and_counted(
    tmp_path: Path, shape: tuple[int, int], inner: tuple[slice, slice]
) -> None:
    path = tmp_path / "out.mp4"
    with VideoWriter(path, width=64, height=48, frame_rate=30, encoder=FINE) as writer:
        writer.write(smooth(), 0)
        writer.write(np.full((*shape, 3), 200, np.uint8), 40_000)
    with VideoReader(path) as reader:
        boxed = list(reader)[1].data.astype(int)
    expected = np.zeros((48, 64, 3), int)
    expected[inner] = 200
    assert writer.stats.letterboxed == 1
    assert np.abs(boxed - expected).mean() < 4


def test_views_of_arrays_are_written_as_they_look(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    flipped = smooth()[:, ::-1]
    write(path, [0], flipped, encoder=FINE)
    with VideoReader(path) as reader:
        assert np.abs(next(reader).data.astype(int) - flipped).mean() < 4


def audio_packets(path: Path) -> list[tuple[float, bytes]]:
    with av.open(str(path)) as container:
        packets = container.demux(audio=0)
        return [(float(p.pts * p.time_base), bytes(p)) for p in packets if p.size and p.pts is not None]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".avi"])
def test_audio_is_carried_over_unchanged(tmp_path: Path, make_clip: MakeClip, suffix: str) -> None:
    original = make_clip(count=30, audio_codec="aac", audio_seconds=0.9)
    path = tmp_path / f"out{suffix}"
    writer = write(path, [round(i * 1e6 / 30) for i in range(30)], audio_from=original)
    before, after = audio_packets(original), audio_packets(path)
    assert before[0][0] < 0
    if suffix in {".mkv", ".avi"}:  # no room for the lead-in; the video's clock matters more
        before = before[1:]
    assert [data for _, data in after] == [data for _, data in before]
    assert [time for time, _ in after] == pytest.approx([time for time, _ in before], abs=0.025)
    assert writer.stats.audio_packets == len(before)
    assert writer.stats.audio_problem == ""


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".avi"])
def test_audio_of_a_transport_stream_is_carried_over(tmp_path: Path, make_clip: MakeClip, suffix: str) -> None:
    original = make_clip("clip.ts", count=30, audio_codec="aac", audio_seconds=0.9)
    path = tmp_path / f"out{suffix}"
    writer = write(path, [round(i * 1e6 / 30) for i in range(30)], audio_from=original)
    assert writer.stats.audio_problem == ""
    before, after = ([_without_adts(data) for _, data in audio_packets(file)] for file in (original, path))
    assert after == before[-len(after) :]
    assert len(before) - 2 <= len(after)  # an .mkv and an .avi have no room for the lead-in
    with av.open(str(path)) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) > 0.8 * 48_000


def _without_adts(data: bytes) -> bytes:
    return data[7:] if data[:2] == b"\xff\xf1" else data


def test_audio_ends_with_the_video(tmp_path: Path, make_clip: MakeClip) -> None:
    original = make_clip(count=30, audio_codec="aac", audio_seconds=1.0)
    path = tmp_path / "out.mp4"
    write(path, [round(i * 1e6 / 30) for i in range(10)], audio_from=original)
    assert 0.28 < audio_packets(path)[-1][0] < 1 / 3


def test_the_rest_of_the_audio_on_request(tmp_path: Path, make_clip: MakeClip) -> None:
    original = make_clip(count=30, audio_codec="aac", audio_seconds=1.0)
    path = tmp_path / "out.mp4"
    with VideoWriter(path, width=64, height=48, frame_rate=30, audio_from=original) as writer:
        writer.write(smooth(), 0)
        writer.copy_rest_of_audio()
    assert len(audio_packets(path)) == len(audio_packets(original))


def test_audio_moves_with_a_shifted_start(tmp_path: Path, make_clip: MakeClip) -> None:
    original = make_clip(count=30, audio_codec="aac", audio_seconds=0.5)
    path = tmp_path / "out.mkv"
    write(path, [-500_000 + 33_000 * i for i in range(40)], audio_from=original)
    shift = audio_packets(path)[3][0] - audio_packets(original)[3][0]
    assert shift == pytest.approx(0.5, abs=0.002)


def test_an_audio_codec_that_does_not_fit_is_said(tmp_path: Path, make_clip: MakeClip) -> None:
    original = make_clip("clip.mov", count=6, audio_codec="pcm_mulaw", audio_seconds=0.2)
    path = tmp_path / "out.mp4"
    writer = write(path, [0, 40_000], audio_from=original)
    assert "audio codec pcm_mulaw does not fit into a mp4 file" in writer.stats.audio_problem
    with VideoReader(path) as reader:
        assert not reader.info.has_audio
        assert len(list(reader)) == 2


def test_no_audio_to_carry_is_no_problem(tmp_path: Path, make_clip: MakeClip) -> None:
    writer = write(tmp_path / "out.mp4", [0], audio_from=make_clip())
    assert writer.stats.audio_problem == ""


def test_what_ffmpeg_logs_about_a_failure_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise av.error.PermissionError(1, "Operation not permitted", "out.mp4", (16, "mp4", "Malformed stream\n"))

    with VideoWriter(tmp_path / "out.mp4", width=64, height=48, frame_rate=30) as writer:
        monkeypatch.setattr(writer, "_mux", refuse)
        with pytest.raises(VideoWriteError, match=r"out\.mp4: writing failed after 0 frames: Malformed stream$"):
            writer.write(smooth(), 0)


def test_missing_audio_source(tmp_path: Path) -> None:
    with pytest.raises(VideoOpenError, match="no such file"):
        write(tmp_path / "out.mp4", [0], audio_from=tmp_path / "none.mp4")


KILLED = """
import os, signal, sys
import numpy as np
from graphkit.video import VideoWriter
writer = VideoWriter(sys.argv[1], width=64, height=48, frame_rate=30, audio_from=sys.argv[2])
for i in range(90):
    writer.write(np.full((48, 64, 3), i, np.uint8), i * 33_333)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_a_killed_program_leaves_a_playable_file(tmp_path: Path, make_clip: MakeClip, suffix: str) -> None:
    sound = make_clip(count=2, audio_codec="aac", audio_seconds=1.0)  # shorter than the video
    path = tmp_path / f"out{suffix}"
    ended = subprocess.run([sys.executable, "-c", KILLED, path, sound], check=False)
    assert ended.returncode == -9
    stamps = stamps_of(path)
    assert stamps[0] == 0
    assert len(stamps) >= 55


def test_the_finished_file_is_an_ordinary_mp4(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    write(path, [i * 33_333 for i in range(60)])
    with VideoReader(path) as reader:
        assert reader.info.frame_count == 60
        assert reader.info.duration_us == pytest.approx(2_000_000, abs=2000)
        assert sum(1 for _ in reader) == 60
        assert not reader.stats.truncated


def write_then_fail(path: Path) -> None:
    with VideoWriter(path, width=64, height=48, frame_rate=30) as writer:
        writer.write(smooth(), 0)
        writer.write(smooth(), 33_333)
        raise RuntimeError("stop")


def test_an_error_inside_the_with_block_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    with pytest.raises(RuntimeError, match="stop"):
        write_then_fail(path)
    assert len(stamps_of(path)) == 2


def write_noise(path: Path, count: int) -> None:
    rng = np.random.default_rng(0)
    with VideoWriter(path, width=64, height=48, frame_rate=30) as writer:
        for index in range(count):
            writer.write(rng.integers(0, 255, (48, 64, 3), np.uint8), index * 33_333)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "out.mkv"
    path.symlink_to("/dev/full")
    with pytest.raises(VideoWriteError, match=r"the disk is full after \d+ frames\. Free some space"):
        write_noise(path, 200)


LIMITED = """
import resource, signal, sys
import numpy as np
from graphkit.errors import VideoWriteError
from graphkit.video import VideoWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
rng = np.random.default_rng(0)
writer = VideoWriter(sys.argv[1], width=64, height=48, frame_rate=30)
try:
    for i in range(300):
        writer.write(rng.integers(0, 255, (48, 64, 3), np.uint8), i * 33_333)
except VideoWriteError as error:
    print(error)
writer.close()
writer.close()
"""


def test_failing_midway_is_said_once_and_closing_is_quiet(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    ended = subprocess.run([sys.executable, "-c", LIMITED, path], check=True, capture_output=True, text=True)
    assert ended.stdout.startswith(f"{path}: writing failed after ")
    assert ended.stdout.count("\n") == 1
    assert ended.stderr == ""


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param(
            {"width": 0}, "a video of 0x48 pixels at 30 frames a second cannot be written", id="no-width"
        ),
        pytest.param({"frame_rate": 0}, "64x48 pixels at 0 frames a second", id="no-rate"),
        pytest.param({"width": 40_000}, "writing failed", id="larger-than-h264-allows"),
    ],
)
def test_impossible_settings(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    path = tmp_path / "out.mp4"
    with pytest.raises(VideoWriteError, match=message):
        VideoWriter(path, **({"width": 64, "height": 48, "frame_rate": 30} | settings))
    assert not path.exists()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param(
            {"codec": "avc2"}, r'unknown video codec "avc2". Did you mean \'avc1\'.* Known: avc1', id="codec"
        ),
        pytest.param({"pixel_format": "yuv420"}, 'unknown pixel format "yuv420". Did you mean', id="pixel-format"),
        pytest.param({"codec": "mp4v", "pixel_format": "yuv444p"}, "takes yuv420p only", id="mpeg4-444"),
        pytest.param({"preset": "warp"}, "writing failed", id="preset"),
    ],
)
def test_impossible_encoder_settings(tmp_path: Path, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(VideoWriteError, match=message):
        VideoWriter(tmp_path / "o.mp4", width=64, height=48, frame_rate=30, encoder=EncoderSettings(**fields))


@pytest.mark.parametrize(
    ("picture", "found"),
    [
        pytest.param(np.zeros((48, 64), np.uint8), r"shape \(48, 64\) of uint8", id="grey"),
        pytest.param(np.zeros((48, 64, 4), np.uint8), r"shape \(48, 64, 4\)", id="rgba"),
        pytest.param(np.zeros((48, 64, 3), np.float32), "of float32", id="float"),
        pytest.param(np.zeros((0, 64, 3), np.uint8), r"shape \(0, 64, 3\)", id="empty"),
        pytest.param("picture", "of str", id="no-array"),
    ],
)
def test_what_is_no_picture_is_refused(tmp_path: Path, picture: Any, found: str) -> None:
    with VideoWriter(tmp_path / "out.mp4", width=64, height=48, frame_rate=30) as writer:
        writer.write(smooth(), 0)
        with pytest.raises(VideoWriteError, match=rf"expected a picture as an \(H, W, 3\) uint8.*{found}"):
            writer.write(picture, 40_000)
    assert writer.stats.frames == 1


def test_a_closed_writer_says_so(tmp_path: Path) -> None:
    writer = write(tmp_path / "out.mp4", [0])
    writer.close()
    with pytest.raises(VideoWriteError, match="the writer is closed"):
        writer.write(smooth(), 40_000)


def test_a_refusal_by_the_system_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise av.error.PermissionError(13, "Permission denied")

    monkeypatch.setattr(av, "open", refuse)
    with pytest.raises(VideoWriteError, match=r"out\.mp4: permission denied\. Choose a folder"):
        VideoWriter(tmp_path / "out.mp4", width=64, height=48, frame_rate=30)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("stamps", [[0], list(range(0, 500_000, 50_000)), [0, 50_000, 250_000]], ids=len)
def test_the_last_picture_lasts_as_long_as_the_one_before(tmp_path: Path, suffix: str, stamps: list[int]) -> None:
    path = tmp_path / f"own{suffix}"
    write(path, stamps)
    last = stamps[-1] - stamps[-2] if len(stamps) > 1 else round(1_000_000 / 30)
    with av.open(str(path)) as container:
        assert abs(container.duration - stamps[-1] - last) <= 1000
