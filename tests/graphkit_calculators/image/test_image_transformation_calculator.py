"""ImageTransformationCalculator; pixels against MediaPipe are in tensor/test_references."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphkit import Timestamp
from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import ImageFormat, ImageFrame, ImageSize, LetterboxPadding, VideoHeader
from graphkit.testing import CalculatorRunner


def runner(options: str = "", streams: str = "") -> CalculatorRunner:
    return CalculatorRunner(
        f"""
        calculator: "ImageTransformationCalculator" input_stream: "IMAGE:in" {streams}
        output_stream: "IMAGE:out" output_stream: "LETTERBOX_PADDING:padding"
        options {{ [mediapipe.ImageTransformationCalculatorOptions.ext] {{ {options} }} }}
        """
    )


def frame(width: int = 8, height: int = 4) -> ImageFrame:
    rng = np.random.default_rng(0)
    return ImageFrame(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("options", "size", "padding"),
    [
        pytest.param("", (8, 4), (0, 0, 0, 0), id="as it is"),
        pytest.param("output_width: 6 output_height: 6", (6, 6), (0, 0, 0, 0), id="stretch"),
        pytest.param("output_width: 6 output_height: 6 scale_mode: FIT", (6, 6), (0, 0.25, 0, 0.25), id="fit"),
        pytest.param(
            "output_width: 16 output_height: 4 scale_mode: FIT", (16, 4), (0.25, 0, 0.25, 0), id="fit, wider"
        ),
        pytest.param(
            "output_width: 6 output_height: 6 scale_mode: FILL_AND_CROP", (6, 3), (0, 0, 0, 0), id="fill"
        ),
        pytest.param("rotation_mode: ROTATION_90", (4, 8), (0, 0, 0, 0), id="a quarter turn"),
    ],
)
def test_sizes(options: str, size: tuple[int, int], padding: tuple[float, ...]) -> None:
    run = runner(options)
    run.add("IMAGE", frame(), 2)
    run.run()
    (packet,) = run.outputs["IMAGE"]
    assert (packet.payload.width, packet.payload.height) == size
    assert (packet.payload.format, packet.timestamp) == (ImageFormat.SRGB, 2)
    assert [found.payload for found in run.outputs["LETTERBOX_PADDING"]] == [LetterboxPadding(*padding)]


def test_a_quarter_turn_goes_counterclockwise() -> None:
    run = runner("rotation_mode: ROTATION_90")
    run.add("IMAGE", frame(), 0)
    run.run()
    np.testing.assert_array_equal(run.outputs["IMAGE"][0].payload.data, np.rot90(frame().data))


def test_the_image_that_came_in_is_left_alone() -> None:
    given = frame()
    run = runner("flip_vertically: true")
    run.add("IMAGE", given, 0)
    run.run()
    assert given == frame()
    np.testing.assert_array_equal(run.outputs["IMAGE"][0].payload.data, given.data[::-1])


@pytest.mark.parametrize(
    ("tag", "value", "size"),
    [
        pytest.param("OUTPUT_DIMENSIONS", ImageSize(5, 7), (5, 7), id="size"),
        pytest.param("ROTATION_DEGREES", 270, (4, 8), id="turn"),
    ],
)
def test_side_packets_override_options(tag: str, value: Any, size: tuple[int, int]) -> None:
    run = runner("", f'input_side_packet: "{tag}:given"')
    run.side_packets[tag] = value
    run.add("IMAGE", frame(), 0)
    run.run()
    found = run.outputs["IMAGE"][0].payload
    assert (found.width, found.height) == size


def test_the_last_value_of_a_stream_holds() -> None:
    run = runner("", 'input_stream: "FLIP_HORIZONTALLY:flip"')
    for timestamp, flip in ((0, None), (1, True), (2, None), (3, False)):
        run.add("IMAGE", frame(), timestamp)
        if flip is None:
            run.set_bound("FLIP_HORIZONTALLY", timestamp + 1)
        else:
            run.add("FLIP_HORIZONTALLY", flip, timestamp)
    run.run()
    flipped = [(found.payload.data == frame().data[:, ::-1]).all() for found in run.outputs["IMAGE"]]
    assert flipped == [False, True, True, False]


def test_a_stream_of_sizes_is_waited_for() -> None:
    run = runner("", 'input_stream: "OUTPUT_DIMENSIONS:size"')
    run.add("IMAGE", frame(), 0)
    run.set_bound("OUTPUT_DIMENSIONS", 1)
    run.add("IMAGE", frame(), 1)
    run.add("OUTPUT_DIMENSIONS", ImageSize(3, 3), 1)
    run.run()
    assert [(found.timestamp, found.payload.width) for found in run.outputs["IMAGE"]] == [(1, 3)]


def test_the_header_tells_the_new_size() -> None:
    run = runner(
        "rotation_mode: ROTATION_90", 'input_stream: "VIDEO_PRESTREAM:h" output_stream: "VIDEO_PRESTREAM:new"'
    )
    run.add("VIDEO_PRESTREAM", VideoHeader(ImageFormat.SRGB, 8, 4, frame_rate=30.0), Timestamp.PRE_STREAM)
    run.run()
    (packet,) = run.outputs["VIDEO_PRESTREAM"]
    assert packet.timestamp == Timestamp.PRE_STREAM
    assert packet.payload == VideoHeader(ImageFormat.SRGB, 4, 8, frame_rate=30.0)


@pytest.mark.parametrize(
    ("streams", "message"),
    [
        pytest.param('input_stream: "VIDEO_PRESTREAM:h"', "as input and as output, or not at all", id="half"),
        pytest.param(
            'input_stream: "VIDEO_PRESTREAM:h" output_stream: "VIDEO_PRESTREAM:new" '
            'input_stream: "ROTATION_DEGREES:turn"',
            "VIDEO_PRESTREAM tells one size",
            id="changing",
        ),
    ],
)
def test_bad_headers(streams: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        runner("", streams).run()


def test_only_quarter_turns() -> None:
    run = runner("", 'input_side_packet: "ROTATION_DEGREES:turn"')
    run.side_packets["ROTATION_DEGREES"] = 45
    with pytest.raises(CalculatorError, match="ROTATION_DEGREES is 45; 0, 90, 180 and 270 are known"):
        run.run()
