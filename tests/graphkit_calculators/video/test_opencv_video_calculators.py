from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from graphkit import CalculatorGraph, Timestamp
from graphkit.errors import CalculatorError, CancelledError, GraphValidationError
from graphkit.formats import ImageFormat, ImageFrame, VideoHeader
from graphkit.testing import CalculatorRunner
from graphkit.video import VideoReader, VideoWriter

if TYPE_CHECKING:
    from pathlib import Path

DECODER = """
    calculator: "OpenCvVideoDecoderCalculator"
    input_side_packet: "INPUT_FILE_PATH:path"
    output_stream: "VIDEO:video"
    output_stream: "VIDEO_PRESTREAM:header"
    output_side_packet: "SAVED_AUDIO_PATH:audio"
"""
WITH_HEADER = """
    calculator: "OpenCvVideoEncoderCalculator"
    input_stream: "VIDEO:video"
    input_stream: "VIDEO_PRESTREAM:header"
    input_side_packet: "OUTPUT_FILE_PATH:path"
    input_side_packet: "AUDIO_FILE_PATH:audio"
    options {{ [mediapipe.OpenCvVideoEncoderCalculatorOptions.ext] {{ {options} }} }}
"""
WITHOUT_HEADER = """
    calculator: "OpenCvVideoEncoderCalculator"
    input_stream: "VIDEO:video"
    input_side_packet: "OUTPUT_FILE_PATH:path"
    options {{ [mediapipe.OpenCvVideoEncoderCalculatorOptions.ext] {{ {options} }} }}
"""
HEADER = VideoHeader(ImageFormat.SRGB, 32, 16, 0.0, 30000 / 1001)
TIMES = [0, 33_000, 70_000, 100_000]


def gray(level: int, width: int = 32, height: int = 16) -> ImageFrame:
    return ImageFrame(np.full((height, width, 3), level, np.uint8))


def encoder(path: Path, options: str = "", template: str = WITH_HEADER) -> CalculatorRunner:
    runner = CalculatorRunner(template.format(options=options))
    runner.side_packets["OUTPUT_FILE_PATH"] = str(path)
    if template is WITH_HEADER:
        runner.side_packets["AUDIO_FILE_PATH"] = ""
        runner.add("VIDEO_PRESTREAM", HEADER, Timestamp.PRE_STREAM)
    return runner


def read(path: Path) -> list[tuple[int, int]]:
    """Time in milliseconds and rounded mean of each frame of a file."""
    with VideoReader(path) as reader:
        return [(round(frame.timestamp_us / 1000), round(float(frame.data.mean()))) for frame in reader]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    with VideoWriter(path, width=32, height=16, frame_rate=30) as writer:
        for level, time in enumerate(TIMES):
            writer.write(gray(40 + 20 * level).data, time)
    return path


def test_a_truncated_clip_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path, rng = tmp_path / "clip.mkv", np.random.default_rng(0)
    with VideoWriter(path, width=64, height=48, frame_rate=30) as writer:
        for number in range(60):
            writer.write(rng.integers(0, 255, (48, 64, 3), np.uint8), number * 33_333)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    runner = CalculatorRunner(DECODER)
    runner.side_packets["INPUT_FILE_PATH"] = str(path)
    assert 20 < len(runner.run().outputs["VIDEO"]) < 40
    (said,) = (record.getMessage() for record in caplog.records)
    assert "the file is truncated: it ends after" in said


def test_decoder_emits_the_frames_at_their_own_times(clip: Path) -> None:
    runner = CalculatorRunner(DECODER)
    runner.side_packets["INPUT_FILE_PATH"] = str(clip)
    packets = runner.run().outputs["VIDEO"]
    assert [p.timestamp for p in packets] == pytest.approx(TIMES, abs=50)
    assert [round(float(p.payload.data.mean()) / 20) for p in packets] == [2, 3, 4, 5]
    assert {(p.payload.width, p.payload.height, p.payload.format) for p in packets} == {(32, 16, ImageFormat.SRGB)}


def test_decoder_sends_the_header_before_all_frames(clip: Path) -> None:
    runner = CalculatorRunner(DECODER)
    runner.side_packets["INPUT_FILE_PATH"] = str(clip)
    (packet,) = runner.run().outputs["VIDEO_PRESTREAM"]
    assert packet.timestamp == Timestamp.PRE_STREAM
    header = packet.payload
    assert (header.width, header.height, header.format) == (32, 16, ImageFormat.SRGB)
    assert header.duration == pytest.approx(0.13, abs=0.05)
    assert header.frame_rate > 0


def test_decoder_says_that_there_is_no_sound(clip: Path) -> None:
    runner = CalculatorRunner(DECODER)
    runner.side_packets["INPUT_FILE_PATH"] = str(clip)
    assert runner.run().output_side_packets["SAVED_AUDIO_PATH"] == ""


@pytest.fixture
def clip_with_sound(tmp_path: Path) -> Path:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = 32, 16, "yuv420p"
        audio = container.add_stream("aac", rate=8000, layout="mono")
        for _ in range(15):
            container.mux(video.encode(av.VideoFrame.from_ndarray(gray(90).data, "rgb24")))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), "fltp", "mono")
        silence.sample_rate = 8000
        container.mux(audio.encode(silence))
        for stream in (video, audio):
            container.mux(stream.encode(None))
    return path


def test_the_sound_goes_from_decoder_to_encoder(clip_with_sound: Path, tmp_path: Path) -> None:
    graph = CalculatorGraph(f"""
        input_side_packet: "path" input_side_packet: "out"
        node {{ {DECODER} }}
        node {{ {WITH_HEADER.format(options="").replace("OUTPUT_FILE_PATH:path", "OUTPUT_FILE_PATH:out")} }}
    """)
    graph.run({"path": str(clip_with_sound), "out": str(tmp_path / "out.mp4")})
    assert graph.output_side_packet("audio") == str(clip_with_sound)
    with VideoReader(tmp_path / "out.mp4") as reader:
        assert reader.info.audio_codec == "aac"
        assert len(list(reader)) == 15


def test_decoder_names_a_file_it_cannot_open(tmp_path: Path) -> None:
    runner = CalculatorRunner(DECODER)
    runner.side_packets["INPUT_FILE_PATH"] = str(tmp_path / "nothing.mp4")
    with pytest.raises(CalculatorError, match=r"nothing\.mp4"):
        runner.run()


def test_decoder_can_be_cancelled_half_way(clip: Path) -> None:
    graph = CalculatorGraph(f'input_side_packet: "path" node {{ {DECODER} }}')
    seen: list[int] = []

    def cancel_at_once(packet: object) -> None:
        seen.append(1)
        graph.cancel()

    graph.observe_output_stream("video", cancel_at_once)

    def run() -> None:
        graph.start_run({"path": str(clip)})
        graph.wait_until_done()

    with pytest.raises(CancelledError):  # from either call, as the frame may come during the first
        run()
    assert 1 <= len(seen) <= len(TIMES)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        pytest.param("out.mp4", 'codec: "avc1" video_format: "mp4"', id="h264-mp4"),
        pytest.param("out.mkv", 'codec: "mp4v" video_format: "mkv"', id="mpeg4-mkv"),
        pytest.param("out.mp4", "", id="defaults"),
    ],
)
def test_encoder_keeps_times_and_pictures(tmp_path: Path, name: str, options: str) -> None:
    runner = encoder(tmp_path / name, options)
    for level, time in enumerate(TIMES):
        runner.add("VIDEO", gray(40 + 20 * level), time)
    runner.run()
    frames = read(tmp_path / name)
    assert [time for time, _ in frames] == pytest.approx([0, 33, 70, 100], abs=1)
    assert [round(level / 20) for _, level in frames] == [2, 3, 4, 5]


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(ImageFrame(np.full((16, 32), 90, np.uint8)), id="gray"),
        pytest.param(ImageFrame(np.full((16, 32, 4), 90, np.uint8)), id="rgba"),
    ],
)
def test_encoder_takes_other_formats(tmp_path: Path, frame: ImageFrame) -> None:
    runner = encoder(tmp_path / "out.mp4", "fps: 25", WITHOUT_HEADER)
    runner.add("VIDEO", frame, 0)
    runner.run()
    ((_, level),) = read(tmp_path / "out.mp4")
    assert level == pytest.approx(90, abs=3)


def test_encoder_refuses_float_images(tmp_path: Path) -> None:
    runner = encoder(tmp_path / "out.mp4", "fps: 25", WITHOUT_HEADER)
    runner.add("VIDEO", ImageFrame(np.zeros((16, 32), np.float32)), 0)
    with pytest.raises(CalculatorError, match=r"cannot encode ImageFrame.*convert it to SRGB, SRGBA or GRAY8"):
        runner.run()


@pytest.mark.parametrize(
    ("options", "size"),
    [
        pytest.param("fps: 25", (32, 16), id="size-of-the-first-frame"),
        pytest.param("fps: 25 width: 64 height: 48", (64, 48), id="size-of-the-options"),
    ],
)
def test_encoder_without_a_header(tmp_path: Path, options: str, size: tuple[int, int]) -> None:
    runner = encoder(tmp_path / "out.mp4", options, WITHOUT_HEADER)
    runner.add("VIDEO", gray(90), 0)
    runner.run()
    with VideoReader(tmp_path / "out.mp4") as reader:
        assert (reader.info.width, reader.info.height) == size


def test_encoder_writes_the_rate_of_the_header_exactly(tmp_path: Path) -> None:
    runner = encoder(tmp_path / "out.mp4")
    for i in range(5):
        runner.add("VIDEO", gray(90), round(i * 1e6 * 1001 / 30000))
    runner.run()
    with VideoReader(tmp_path / "out.mp4") as reader:
        assert float(reader.info.frame_rate) == pytest.approx(30000 / 1001, rel=1e-3)


def test_encoder_finishes_the_file_after_an_error_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    runner = encoder(path)
    for level, time in enumerate(TIMES):
        runner.add("VIDEO", gray(40 + 20 * level), time)
    runner.add("VIDEO", ImageFrame(np.zeros((16, 32), np.float32)), 200_000)
    with pytest.raises(CalculatorError, match="cannot encode"):
        runner.run()
    assert len(read(path)) == len(TIMES)


def test_encoder_finishes_the_file_after_a_cancel(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    graph = CalculatorGraph(f"""
        input_stream: "video" input_side_packet: "path"
        node {{ {WITHOUT_HEADER.format(options="fps: 25")} }}
    """)
    graph.start_run({"path": str(path)})
    for level, time in enumerate(TIMES):
        graph.add_packet_to_input_stream("video", gray(40 + 20 * level), time)
    graph.wait_until_idle()
    graph.cancel()
    with pytest.raises(CancelledError):
        graph.wait_until_done()
    assert len(read(path)) == len(TIMES)


def test_no_frames_make_no_file(tmp_path: Path) -> None:
    encoder(tmp_path / "out.mp4").run()
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        pytest.param(
            "out.mkv", 'video_format: "mp4"', 'ends in ".mkv", but the options say video_format "mp4"', id="format"
        ),
        pytest.param("out.mp4", 'codec: "abcd"', 'unknown video codec "abcd"', id="codec"),
        pytest.param("no/out.mp4", "", "does not exist", id="folder"),
    ],
)
def test_mistakes_are_found_before_the_first_frame(tmp_path: Path, name: str, options: str, message: str) -> None:
    with pytest.raises(CalculatorError, match=f"open.*{message}"):
        encoder(tmp_path / name, options).run()


def test_encoder_needs_a_rate(tmp_path: Path) -> None:
    with pytest.raises(GraphValidationError, match="frame rate is not known: set fps in the options"):
        encoder(tmp_path / "out.mp4", "", WITHOUT_HEADER).run()


def test_encoder_needs_a_rate_in_the_header(tmp_path: Path) -> None:
    runner = CalculatorRunner(WITH_HEADER.format(options=""))
    runner.side_packets["OUTPUT_FILE_PATH"] = str(tmp_path / "out.mp4")
    runner.side_packets["AUDIO_FILE_PATH"] = ""
    runner.close("VIDEO_PRESTREAM")
    runner.add("VIDEO", gray(90), 0)
    with pytest.raises(CalculatorError, match=r"gives a frame rate of 0\.0; it must be above 0"):
        runner.run()
