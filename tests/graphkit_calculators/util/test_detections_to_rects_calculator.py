from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import BoundingBox, Detection, ImageSize, NormalizedRect, Rect, RelativeBoundingBox
from graphkit.testing import CalculatorRunner

KEYPOINTS = np.array([[0.25, 0.75], [0.5, 0.5], [0.75, 0.75]], np.float32)
RELATIVE = Detection((0.9,), RelativeBoundingBox(0.25, 0.5, 0.5, 0.25), KEYPOINTS)
PIXELS = Detection((0.9,), BoundingBox(10, 20, 31, 41), KEYPOINTS)
SIZE = ImageSize(200, 100)
TO_THE_RIGHT = "rotation_vector_start_keypoint_index: 0 rotation_vector_end_keypoint_index: 2 "


def convert(
    value: Any, output: str, options: str = "", *, size: bool = True, tag: str = "DETECTIONS"
) -> list[Any]:
    with_size = 'input_stream: "IMAGE_SIZE:size"' if size else ""
    runner = CalculatorRunner(f"""
        calculator: "DetectionsToRectsCalculator"
        input_stream: "{tag}:detections"
        {with_size}
        output_stream: "{output}:rects"
        options {{ [mediapipe.DetectionsToRectsCalculatorOptions.ext] {{ {options} }} }}
    """)
    runner.add(tag, value, 1)
    if size:
        runner.add("IMAGE_SIZE", SIZE, 1)
    return [packet.payload for packet in runner.run().outputs[output]]


@pytest.mark.parametrize(
    ("detection", "output", "options", "expected"),
    [
        pytest.param(RELATIVE, "NORM_RECT", "", NormalizedRect(0.5, 0.625, 0.5, 0.25), id="relative-box"),
        pytest.param(
            RELATIVE,
            "NORM_RECT",
            "conversion_mode: USE_BOUNDING_BOX",
            NormalizedRect(0.5, 0.625, 0.5, 0.25),
            id="box-by-name",
        ),
        pytest.param(
            RELATIVE,
            "NORM_RECT",
            "conversion_mode: USE_KEYPOINTS",
            NormalizedRect(0.5, 0.625, 0.5, 0.25),
            id="keypoints",
        ),
        pytest.param(PIXELS, "RECT", "", Rect(25, 40, 31, 41), id="pixel-box"),
        pytest.param(
            PIXELS, "RECT", "conversion_mode: USE_KEYPOINTS", Rect(100, 63, 100, 25), id="keypoints-in-pixels"
        ),
    ],
)
def test_boxes(detection: Detection, output: str, options: str, expected: Rect | NormalizedRect) -> None:
    assert convert([detection], output, options) == [expected]
    assert convert(detection, output, options, tag="DETECTION") == [expected]
    assert convert([detection, detection], f"{output}S", options) == [[expected, expected]]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param(TO_THE_RIGHT + "rotation_vector_target_angle_degrees: 90", math.pi / 2, id="degrees"),
        pytest.param(TO_THE_RIGHT + "rotation_vector_target_angle: 0", 0.0, id="radians"),
        pytest.param(
            "rotation_vector_start_keypoint_index: 0 rotation_vector_end_keypoint_index: 1 "
            "rotation_vector_target_angle_degrees: 90",
            math.pi / 2 - math.atan2(25, 50),
            id="measured-in-pixels",
        ),
    ],
)
def test_rotation(options: str, expected: float) -> None:
    for detection, output in ((RELATIVE, "NORM_RECT"), (PIXELS, "RECT")):
        assert convert([detection], output, options)[0].rotation == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("output", "options", "expected"),
    [
        pytest.param("NORM_RECT", "", [], id="nothing"),
        pytest.param(
            "NORM_RECT",
            "output_zero_rect_for_empty_detections: true",
            [NormalizedRect(0, 0, 0, 0)],
            id="zero-rect",
        ),
        pytest.param(
            "RECT", "output_zero_rect_for_empty_detections: true", [Rect(0, 0, 0, 0)], id="zero-pixel-rect"
        ),
        pytest.param(
            "NORM_RECTS",
            "output_zero_rect_for_empty_detections: true",
            [[NormalizedRect(0, 0, 0, 0)]],
            id="list-of-a-zero-rect",
        ),
        pytest.param("RECTS", "output_zero_rect_for_empty_detections: true", [], id="no-pixel-list"),
    ],
)
def test_no_detections(output: str, options: str, expected: list[Any]) -> None:
    assert convert([], output, options) == expected


def test_a_rotation_waits_for_the_size() -> None:
    runner = CalculatorRunner(f"""
        calculator: "DetectionsToRectsCalculator"
        input_stream: "DETECTION:detection" input_stream: "IMAGE_SIZE:size" output_stream: "NORM_RECT:rect"
        options {{ [mediapipe.DetectionsToRectsCalculatorOptions.ext] {{
            {TO_THE_RIGHT} rotation_vector_target_angle: 0 }} }}
    """)
    runner.add("DETECTION", RELATIVE, 1)
    runner.set_bound("IMAGE_SIZE", 2)
    assert runner.run().outputs["NORM_RECT"] == []


@pytest.mark.parametrize(
    ("detection", "output", "options", "message"),
    [
        pytest.param(
            RELATIVE,
            "RECT",
            "",
            "a pixel rect needs a detection with a BoundingBox; found Relative",
            id="relative-to-pixels",
        ),
        pytest.param(PIXELS, "NORM_RECT", "", "a RelativeBoundingBox was expected", id="pixels-to-relative"),
        pytest.param(
            Detection(),
            "NORM_RECT",
            "conversion_mode: USE_KEYPOINTS",
            "needs 2 of them or more; the detection has 0",
            id="no-keypoints",
        ),
        pytest.param(
            Detection((), RELATIVE.location),
            "NORM_RECT",
            TO_THE_RIGHT + "rotation_vector_target_angle: 0",
            "from keypoint 0 to 2; the detection has 0 keypoints",
            id="no-keypoints-to-turn-by",
        ),
    ],
)
def test_detections_that_do_not_fit(detection: Detection, output: str, options: str, message: str) -> None:
    with pytest.raises(CalculatorError, match=message):
        convert([detection], output, options)


def test_pixel_rects_around_keypoints_need_the_size() -> None:
    with pytest.raises(CalculatorError, match="needs the image's size: connect IMAGE_SIZE"):
        convert([PIXELS], "RECT", "conversion_mode: USE_KEYPOINTS", size=False)


@pytest.mark.parametrize(
    ("streams", "options", "message"),
    [
        pytest.param(
            'output_stream: "RECT:o"', "", "exactly one of DETECTION, DETECTIONS; found none", id="no-input"
        ),
        pytest.param(
            'input_stream: "DETECTION:i" output_stream: "RECT:o" output_stream: "RECTS:p"',
            "",
            "exactly one of RECT, NORM_RECT, RECTS, NORM_RECTS; found RECT, RECTS",
            id="two-outputs",
        ),
        pytest.param(
            'input_stream: "DETECTION:i" output_stream: "RECT:o"',
            "rotation_vector_start_keypoint_index: 0",
            "set rotation_vector_end_keypoint_index too",
            id="no-end",
        ),
        pytest.param(
            'input_stream: "DETECTION:i" output_stream: "RECT:o"',
            TO_THE_RIGHT,
            "set one of rotation_vector_target_angle and",
            id="no-angle",
        ),
        pytest.param(
            'input_stream: "DETECTION:i" output_stream: "RECT:o"',
            TO_THE_RIGHT + "rotation_vector_target_angle: 1",
            "measured in pixels: connect IMAGE_SIZE",
            id="no-size",
        ),
    ],
)
def test_contradictions_are_found_before_the_run(streams: str, options: str, message: str) -> None:
    runner = CalculatorRunner(f"""
        calculator: "DetectionsToRectsCalculator" {streams}
        options {{ [mediapipe.DetectionsToRectsCalculatorOptions.ext] {{ {options} }} }}
    """)
    with pytest.raises(GraphValidationError, match=message):
        runner.run()
