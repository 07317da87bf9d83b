from __future__ import annotations

import math
from typing import Any

import pytest

from graphkit.errors import GraphValidationError
from graphkit.formats import ImageSize, NormalizedRect, Rect
from graphkit.testing import CalculatorRunner

SIZE = ImageSize(200, 100)


def transform(options: str, tag: str, value: Any, size: ImageSize | None = SIZE) -> Any:
    with_size = 'input_stream: "IMAGE_SIZE:size"' if tag.startswith("NORM") else ""
    runner = CalculatorRunner(f"""
        calculator: "RectTransformationCalculator"
        input_stream: "{tag}:rects"
        {with_size}
        output_stream: "out"
        options {{ [mediapipe.RectTransformationCalculatorOptions.ext] {{ {options} }} }}
    """)
    runner.add(tag, value, 1)
    if with_size:
        if size is None:
            runner.set_bound("IMAGE_SIZE", 2)
        else:
            runner.add("IMAGE_SIZE", size, 1)
    packets = runner.run().outputs[0]
    return packets[0].payload if packets else None


def close(rect: NormalizedRect, *expected: float) -> bool:
    found = (rect.x_center, rect.y_center, rect.width, rect.height, rect.rotation)
    return found == pytest.approx(expected, abs=1e-6)


# What MediaPipe 0.10.21 returned for these rects and options.
@pytest.mark.parametrize(
    ("options", "rotation", "expected"),
    [
        pytest.param("rotation_degrees: 90", 0.7, (10, 20, 31, 41), id="turn-alone-changes-nothing"),
        pytest.param("rotation: 1.0 shift_x: 0.5", 0.0, (18, 33, 31, 41), id="turned-shift"),
        pytest.param("rotation: 1.0 shift_x: 0.5", 0.7, (8, 35, 31, 41), id="turned-shift-of-a-rotated-rect"),
        pytest.param("shift_x: 0.33 scale_x: 1.7 square_short: true", 0.0, (20, 20, 52, 31), id="square-short"),
        pytest.param(
            "shift_x: 0.33 scale_x: 1.7 square_short: true", 0.7, (17, 26, 52, 31), id="square-short-rotated"
        ),
        pytest.param(
            "shift_x: -0.33 square_long: true scale_y: 0.3", 0.0, (0, 20, 41, 12), id="cut-off-toward-zero"
        ),
        pytest.param("shift_x: -0.33 square_long: true scale_y: 0.3", 0.7, (2, 13, 41, 12), id="cut-off-rotated"),
    ],
)
def test_pixel_rects_are_those_of_mediapipe(
    options: str, rotation: float, expected: tuple[int, int, int, int]
) -> None:
    assert transform(options, "RECT", Rect(10, 20, 31, 41, rotation, 5)) == Rect(*expected, rotation, 5)


def test_palm_to_hand_region_is_that_of_mediapipe() -> None:
    # From a run of MediaPipe 0.10.21 on a 640 x 480 clip.
    palm = NormalizedRect(0.7773123, 0.4700549, 0.16739762, 0.22292738, -1.1088628)
    hand = transform(
        "scale_x: 2.6 scale_y: 2.6 shift_y: -0.5 square_long: true", "NORM_RECT", palm, ImageSize(640, 480)
    )
    assert close(hand, 0.7024762, 0.42037776, 0.4352338, 0.5803117, -1.1088628)


@pytest.mark.parametrize(
    ("options", "rotation", "expected"),
    [
        pytest.param("", 0.3, (0.5, 0.5, 0.2, 0.2, 0.3), id="nothing"),
        pytest.param("shift_x: 0.5 shift_y: -1", 0.0, (0.6, 0.3, 0.2, 0.2, 0.0), id="shift"),
        pytest.param("shift_y: -1", math.pi / 2, (0.6, 0.5, 0.2, 0.2, math.pi / 2), id="shift-in-pixels"),
        pytest.param("square_long: true", 0.0, (0.5, 0.5, 0.2, 0.4, 0.0), id="square-long-in-pixels"),
        pytest.param("square_short: true", 0.0, (0.5, 0.5, 0.1, 0.2, 0.0), id="square-short-in-pixels"),
        pytest.param("scale_x: 2 scale_y: 3", 0.0, (0.5, 0.5, 0.4, 0.6, 0.0), id="scale"),
    ],
)
def test_normalized_rects(options: str, rotation: float, expected: tuple[float, ...]) -> None:
    assert close(transform(options, "NORM_RECT", NormalizedRect(0.5, 0.5, 0.2, 0.2, rotation)), *expected)


def test_lists_stay_lists() -> None:
    rects = [NormalizedRect(0.5, 0.5, 0.2, 0.2), NormalizedRect(0.1, 0.1, 0.2, 0.2, rect_id=4)]
    assert [r.rect_id for r in transform("scale_x: 2", "NORM_RECTS", rects)] == [None, 4]
    assert transform("scale_x: 2", "NORM_RECTS", []) == []
    assert transform("scale_x: 2", "RECTS", [Rect(1, 2, 3, 4)]) == [Rect(1, 2, 6, 4)]


def test_without_a_size_nothing_is_emitted() -> None:
    assert transform("", "NORM_RECT", NormalizedRect(0.5, 0.5, 0.2, 0.2), None) is None


@pytest.mark.parametrize(
    ("streams", "options", "message"),
    [
        pytest.param(
            "",
            "",
            "expected exactly one of the inputs RECT, RECTS, NORM_RECT, NORM_RECTS; found none",
            id="no-input",
        ),
        pytest.param('input_stream: "RECT:a" input_stream: "RECTS:b"', "", "found RECT, RECTS", id="two-inputs"),
        pytest.param('input_stream: "NORM_RECT:a"', "", "connect IMAGE_SIZE", id="no-size"),
        pytest.param(
            'input_stream: "RECT:a"',
            "rotation: 1 rotation_degrees: 1",
            "rotation and rotation_degrees are both set",
            id="two-rotations",
        ),
        pytest.param(
            'input_stream: "RECT:a"',
            "square_long: true square_short: true",
            "square_long and square_short are both set",
            id="two-squares",
        ),
    ],
)
def test_contradictions_are_found_before_the_run(streams: str, options: str, message: str) -> None:
    runner = CalculatorRunner(f"""
        calculator: "RectTransformationCalculator" {streams} output_stream: "out"
        options {{ [mediapipe.RectTransformationCalculatorOptions.ext] {{ {options} }} }}
    """)
    with pytest.raises(GraphValidationError, match=message):
        runner.run()
