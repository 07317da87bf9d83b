"""The output video: opened late, with the sound of the clip."""

from __future__ import annotations

import wave
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from graphkit import Packet
from graphkit.errors import FormatError, VideoWriteError
from graphkit.formats import ImageFrame
from graphkit.jobs import Ending, JobSettings, Summary, VideoSink, run_video, video_job
from graphkit.video import VideoWriter, WriteStats

if TYPE_CHECKING:
    from pathlib import Path

INVERT = 'node { calculator: "SampleInvert" input_stream: "input_video" output_stream: "output_video" }'


@pytest.fixture
def talking_clip(tmp_path: Path) -> Path:
    """Half a second of picture and one second of sound."""
    sound, path = tmp_path / "sound.wav", tmp_path / "talking.mkv"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(np.zeros(8000, np.int16).tobytes())
    with VideoWriter(path, width=64, height=48, frame_rate=20, audio_from=sound) as writer:
        for index in range(10):
            writer.write(np.full((48, 64, 3), 90, np.uint8), index * 50_000)
        writer.copy_rest_of_audio()
    return path


def seconds_of_sound(path: Path) -> float:
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(audio=0) if p.dts is not None]
        return float(sum(p.duration * p.time_base for p in packets))


def picture(level: int = 90, size: tuple[int, int] = (48, 64)) -> ImageFrame:
    return ImageFrame(np.full((*size, 3), level, np.uint8))


def opened_sink(tmp_path: Path) -> VideoSink:
    sink = VideoSink("video", tmp_path / "out.mp4", Fraction(25))
    sink.open()
    return sink


def test_sound_that_outlasts_the_picture_is_kept(make_graph, talking_clip: Path, tmp_path: Path) -> None:
    assert seconds_of_sound(talking_clip) == pytest.approx(1.0, abs=0.05)
    run_video(make_graph(INVERT), talking_clip, tmp_path / "out.mkv")
    assert seconds_of_sound(tmp_path / "out.mkv") == pytest.approx(1.0, abs=0.05)


def test_sound_ends_with_the_picture_where_the_clip_was_not_worked_off(make_graph, talking_clip, tmp_path) -> None:
    run_video(make_graph(INVERT), talking_clip, tmp_path / "out.mkv", max_frames=4)
    assert 0 < seconds_of_sound(tmp_path / "out.mkv") < 0.5


def test_a_sink_without_a_picture_leaves_no_file(tmp_path: Path) -> None:
    sink = opened_sink(tmp_path)
    sink.close(Ending(whole=False))
    sink.close(Ending(whole=False))
    assert not sink.path.exists()
    assert (sink.frames, sink.stats) == (0, None)


def test_the_first_picture_gives_the_size(tmp_path: Path, levels) -> None:
    sink = opened_sink(tmp_path)
    sink.take(Packet(picture(), 0))
    sink.take(Packet(picture(size=(24, 64)), 40_000))
    sink.close(Ending(whole=False))
    assert sink.stats is not None
    assert (sink.frames, sink.stats.letterboxed) == (2, 1)
    assert len(levels(sink.path)) == 2


def test_what_is_no_picture_is_refused_and_the_sink_still_ends(tmp_path: Path, levels) -> None:
    sink = opened_sink(tmp_path)
    sink.take(Packet(picture(), 0))
    with pytest.raises(FormatError, match="found int"):
        sink.take(Packet(5, 40_000))
    sink.close(Ending(whole=False))
    assert len(levels(sink.path)) == 1


def test_a_file_that_cannot_be_opened_fails_the_job(make_graph, clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    job = video_job(make_graph(INVERT), clip, JobSettings(folder / "out.mp4"))
    folder.rmdir()
    with pytest.raises(VideoWriteError, match=r"gone"):
        job.run()


@pytest.mark.parametrize(
    ("stats", "notes"),
    [
        pytest.param(WriteStats(3), [], id="plain"),
        pytest.param(
            WriteStats(3, letterboxed=2),
            ["2 pictures had another size than the first and were letterboxed."],
            id="sizes",
        ),
        pytest.param(WriteStats(3, audio_problem="no room for it."), ["Sound: no room for it."], id="sound"),
        pytest.param(None, ['Stream "video" gave no picture; out.mp4 was not written.'], id="nothing"),
    ],
)
def test_how_the_video_differs(stats: WriteStats | None, notes: list[str]) -> None:
    sink = VideoSink("video", "out.mp4", Fraction(25))
    sink._lazy.stats = stats
    summary = Summary(frames=5)
    sink.report(summary)
    assert summary.notes == notes
    assert summary.skipped == (2 if stats else 5)
    assert [file.items for file in summary.files] == ([3] if stats else [])
