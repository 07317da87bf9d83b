"""LandmarkProjection-, WorldLandmarkProjection- and DetectionProjectionCalculator.

Whole results against MediaPipe are in tensor/test_references.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import (
    Detection,
    ImageSize,
    LandmarkList,
    NormalizedLandmarkList,
    NormalizedRect,
    RelativeBoundingBox,
    WholeImage,
)
from graphkit.testing import CalculatorRunner

LANDMARKS = NormalizedLandmarkList.from_xyz(np.array([[1.0, 0.5, 0.2], [0.5, 0.5, 0.0]]), visibility=[0.9, 0.8])
RECT = NormalizedRect(0.4, 0.6, 0.2, 0.2, math.pi / 2)
MATRIX = np.array([[0, -2, 0, 3], [1, 0, 0, 4], [0, 0, 9, 0], [0, 0, 0, 1]], np.float32)


def landmarks(streams: str, options: str = "") -> CalculatorRunner:
    return CalculatorRunner(
        f"""
        calculator: "LandmarkProjectionCalculator" input_stream: "NORM_LANDMARKS:in" {streams}
        output_stream: "NORM_LANDMARKS:out"
        options {{ [mediapipe.LandmarkProjectionCalculatorOptions.ext] {{ {options} }} }}
        """
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("", [[0.4, 0.7, 0.04], [0.4, 0.6, 0]], id="turned"),
        pytest.param("ignore_rotation: true", [[0.5, 0.6, 0.04], [0.4, 0.6, 0]], id="upright"),
    ],
)
def test_by_rect(options: str, expected: list[list[float]]) -> None:
    run = landmarks('input_stream: "NORM_RECT:rect"', options)
    run.add("NORM_LANDMARKS", LANDMARKS, 0)
    run.add("NORM_RECT", RECT, 0)
    run.run()
    found = run.outputs["NORM_LANDMARKS"][0].payload
    np.testing.assert_allclose(found.xyz, expected, atol=1e-6)
    assert found.visibility.tolist() == LANDMARKS.visibility.tolist()


def test_by_rect_and_size_the_turn_is_one_of_pixels() -> None:
    run = landmarks('input_stream: "NORM_RECT:rect" input_stream: "IMAGE_DIMENSIONS:size"')
    run.add("NORM_LANDMARKS", LANDMARKS, 0)
    run.add("NORM_RECT", RECT, 0)
    run.add("IMAGE_DIMENSIONS", ImageSize(200, 100), 0)
    run.run()
    # Half of 40 pixels to the right of the centre becomes 20 of 100 pixels down.
    expected = [[0.4, 0.8, 0.2 * 40 / 100], [0.4, 0.6, 0]]
    np.testing.assert_allclose(run.outputs["NORM_LANDMARKS"][0].payload.xyz, expected, atol=1e-6)


def test_by_matrix_z_is_scaled_as_x_is() -> None:
    run = landmarks('input_stream: "PROJECTION_MATRIX:matrix"')
    run.add("NORM_LANDMARKS", LANDMARKS, 0)
    run.add("PROJECTION_MATRIX", MATRIX, 0)
    run.run()
    expected = [[2, 5, 0.2], [2, 4.5, 0]]
    np.testing.assert_allclose(run.outputs["NORM_LANDMARKS"][0].payload.xyz, expected, atol=1e-6)


@pytest.mark.parametrize("missing", ["NORM_RECT", "IMAGE_DIMENSIONS"])
def test_nothing_without_the_region(missing: str) -> None:
    run = landmarks('input_stream: "NORM_RECT:rect" input_stream: "IMAGE_DIMENSIONS:size"')
    given = {"NORM_LANDMARKS": LANDMARKS, "NORM_RECT": RECT, "IMAGE_DIMENSIONS": ImageSize(2, 2)}
    for tag, value in given.items():
        if tag == missing:
            run.set_bound(tag, 1)
        else:
            run.add(tag, value, 0)
    run.run()
    assert run.outputs["NORM_LANDMARKS"] == []


@pytest.mark.parametrize(
    ("streams", "message"),
    [
        pytest.param("", "exactly one of NORM_RECT and PROJECTION_MATRIX", id="no region"),
        pytest.param(
            'input_stream: "NORM_RECT:r" input_stream: "PROJECTION_MATRIX:m"', "exactly one of", id="two regions"
        ),
    ],
)
def test_bad_configs(streams: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        landmarks(streams).run()


def test_each_list_needs_its_output() -> None:
    run = CalculatorRunner(
        """
        calculator: "LandmarkProjectionCalculator" input_stream: "NORM_RECT:rect" input_stream: "NORM_LANDMARKS:in"
        output_stream: "NORM_LANDMARKS:0:out" output_stream: "NORM_LANDMARKS:1:more"
        """
    )
    with pytest.raises(GraphValidationError, match="NORM_LANDMARKS has 1 inputs and 2 outputs"):
        run.run()


def world(rect: bool) -> CalculatorRunner:
    return CalculatorRunner(
        'calculator: "WorldLandmarkProjectionCalculator" '
        'input_stream: "LANDMARKS:in" output_stream: "LANDMARKS:out"'
        + (' input_stream: "NORM_RECT:rect"' if rect else "")
    )


@pytest.mark.parametrize(
    ("rect", "expected"),
    [pytest.param(True, [-2, 1, 3], id="turned"), pytest.param(False, [1, 2, 3], id="without a rect")],
)
def test_world_landmarks(rect: bool, expected: list[float]) -> None:
    run = world(rect)
    run.add("LANDMARKS", LandmarkList.from_xyz(np.array([[1.0, 2.0, 3.0]])), 0)
    if rect:
        run.add("NORM_RECT", RECT, 0)
    run.run()
    np.testing.assert_allclose(run.outputs["LANDMARKS"][0].payload.xyz, [expected], atol=1e-6)


def test_world_landmarks_wait_for_the_rect() -> None:
    run = world(True)
    run.add("LANDMARKS", LandmarkList.from_xyz(np.array([[1.0, 2.0, 3.0]])), 0)
    run.set_bound("NORM_RECT", 1)
    run.run()
    assert run.outputs["LANDMARKS"] == []


def detections() -> CalculatorRunner:
    return CalculatorRunner(
        """
        calculator: "DetectionProjectionCalculator" input_stream: "DETECTIONS:in"
        input_stream: "PROJECTION_MATRIX:matrix" output_stream: "DETECTIONS:out"
        """
    )


def test_a_turned_box_becomes_the_upright_one_around_it() -> None:
    found = Detection((1.0,), RelativeBoundingBox(0.0, 0.5, 0.2, 0.1), np.array([[0.5, 0.5]], np.float32))
    run = detections()
    run.add("DETECTIONS", [found], 0)
    run.add("PROJECTION_MATRIX", MATRIX, 0)
    run.run()
    (projected,) = run.outputs["DETECTIONS"][0].payload
    assert tuple(projected.box) == pytest.approx((1.8, 4.0, 0.2, 0.2), abs=1e-6)
    assert projected.relative_keypoints == pytest.approx(np.array([[2, 4.5]]))


def test_only_relative_boxes() -> None:
    run = detections()
    run.add("DETECTIONS", [Detection((1.0,), WholeImage())], 0)
    run.add("PROJECTION_MATRIX", MATRIX, 0)
    with pytest.raises(CalculatorError, match="this Detection has a WholeImage"):
        run.run()
