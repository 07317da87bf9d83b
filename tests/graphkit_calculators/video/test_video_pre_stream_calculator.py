from __future__ import annotations

import numpy as np
import pytest

from graphkit import Timestamp
from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import ImageFormat, ImageFrame, VideoHeader
from graphkit.testing import CalculatorRunner

FRAME = ImageFrame(np.zeros((20, 30, 3), np.uint8))


def node(streams: str, options: str = "") -> CalculatorRunner:
    return CalculatorRunner(f"""
        calculator: "VideoPreStreamCalculator" {streams} output_stream: "header"
        options {{ [mediapipe.VideoPreStreamCalculatorOptions.ext] {{ {options} }} }}
    """)


@pytest.mark.parametrize(
    ("options", "rate"),
    [
        pytest.param("fps { value: 24.5 }", 24.5, id="number"),
        pytest.param("fps { ratio { numerator: 30000 denominator: 1001 } }", 30000 / 1001, id="fraction"),
    ],
)
def test_header_of_the_first_frame(options: str, rate: float) -> None:
    runner = node('input_stream: "frames"', options)
    runner.add(0, FRAME, 5)
    runner.add(0, ImageFrame(np.zeros((1, 1), np.uint8)), 6)
    packets = runner.run().outputs[0]
    expected = VideoHeader(ImageFormat.SRGB, 30, 20, 0.0, rate)
    assert [(p.timestamp, p.payload) for p in packets] == [(Timestamp.PRE_STREAM, expected)]


def test_rate_and_duration_of_the_header_that_is_given() -> None:
    runner = node('input_stream: "FRAME:frames" input_stream: "VIDEO_PRESTREAM:given"')
    runner.add("VIDEO_PRESTREAM", VideoHeader(ImageFormat.GRAY8, 1, 2, 9.0, 25.0), Timestamp.PRE_STREAM)
    runner.add("FRAME", FRAME, 5)
    packets = runner.run().outputs[0]
    assert [p.payload for p in packets] == [VideoHeader(ImageFormat.SRGB, 30, 20, 9.0, 25.0)]


def test_no_frames_make_no_header() -> None:
    assert node('input_stream: "frames"', "fps { value: 24 }").run().outputs[0] == []


def test_a_header_without_a_rate_is_refused() -> None:
    runner = node('input_stream: "FRAME:frames" input_stream: "VIDEO_PRESTREAM:given"')
    runner.add("VIDEO_PRESTREAM", VideoHeader(), Timestamp.PRE_STREAM)
    runner.add("FRAME", FRAME, 5)
    with pytest.raises(CalculatorError, match="missing, or gives no frame rate"):
        runner.run()


def test_a_header_among_the_frames_is_refused() -> None:
    runner = node('input_stream: "FRAME:frames" input_stream: "VIDEO_PRESTREAM:given"')
    runner.add("VIDEO_PRESTREAM", VideoHeader(), 4)
    runner.add("FRAME", FRAME, 4)
    with pytest.raises(CalculatorError, match="has a header at 4; it belongs to PRE_STREAM"):
        runner.run()


@pytest.mark.parametrize(
    ("streams", "message"),
    [
        pytest.param("", "untagged or as FRAME; found both or neither", id="no-frames"),
        pytest.param('input_stream: "FRAME:a"', "FRAME and VIDEO_PRESTREAM belong together", id="no-header"),
    ],
)
def test_contradictions_are_found_before_the_run(streams: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        node(streams).run()


@pytest.mark.parametrize("options", ["", "fps { ratio { numerator: 30 denominator: 0 } }"])
def test_a_rate_that_is_not_known_fails_at_the_first_frame(options: str) -> None:
    assert node('input_stream: "frames"', options).run().outputs[0] == []
    runner = node('input_stream: "frames"', options)
    runner.add(0, FRAME, 5)
    with pytest.raises(CalculatorError, match=r"set fps \{ value: ... \}, or connect VIDEO_PRESTREAM"):
        runner.run()
