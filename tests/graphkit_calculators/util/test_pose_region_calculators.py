"""AlignmentPointsRects-, RectToRenderScale-, InverseMatrix- and RefineLandmarksFromHeatmapCalculator.

Values against MediaPipe are in tensor/test_references, except for RectToRenderScale, which its wheel lacks.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import (
    Detection,
    ImageSize,
    NormalizedLandmarkList,
    NormalizedRect,
    RelativeBoundingBox,
    Tensor,
)
from graphkit.testing import CalculatorRunner

POINTS = """
    rotation_vector_start_keypoint_index: 0 rotation_vector_end_keypoint_index: 1
    rotation_vector_target_angle_degrees: 90
"""


def detection(*keypoints: tuple[float, float]) -> Detection:
    box = RelativeBoundingBox(0.0, 0.0, 0.1, 0.1)
    return Detection(location=box, relative_keypoints=np.array(keypoints, np.float32))


def alignment(options: str = POINTS, output: str = "NORM_RECT", size: bool = True) -> CalculatorRunner:
    return CalculatorRunner(
        f"""
        calculator: "AlignmentPointsRectsCalculator" input_stream: "DETECTION:in" output_stream: "{output}:out"
        {'input_stream: "IMAGE_SIZE:size"' if size else ""}
        options {{ [mediapipe.DetectionsToRectsCalculatorOptions.ext] {{ {options} }} }}
        """
    )


@pytest.mark.parametrize(
    ("end", "width", "height", "rotation"),
    [
        pytest.param((0.5, 0.25), 0.25, 0.5, 0.0, id="up: upright"),
        pytest.param((0.75, 0.5), 0.5, 1.0, math.pi / 2, id="right: a quarter"),
        pytest.param((0.5, 0.5), 0.0, 0.0, math.pi / 2, id="the same point: no area"),
    ],
)
def test_the_square_two_points_span(
    end: tuple[float, float], width: float, height: float, rotation: float
) -> None:
    run = alignment()
    run.add("DETECTION", detection((0.5, 0.5), end), 7)
    run.add("IMAGE_SIZE", ImageSize(200, 100), 7)
    run.run()
    (packet,) = run.outputs["NORM_RECT"]
    found = packet.payload
    assert packet.timestamp == 7
    assert (found.x_center, found.y_center, found.width, found.height) == (0.5, 0.5, width, height)
    assert found.rotation == pytest.approx(rotation, abs=1e-6)


def test_a_keypoint_is_missing() -> None:
    run = alignment()
    run.add("DETECTION", detection((0.5, 0.5)), 0)
    run.add("IMAGE_SIZE", ImageSize(200, 100), 0)
    with pytest.raises(CalculatorError, match="the detection has 1 keypoints"):
        run.run()


@pytest.mark.parametrize(
    ("options", "size", "message"),
    [
        pytest.param("", True, "the region is made of two keypoints", id="no keypoints"),
        pytest.param(
            "rotation_vector_end_keypoint_index: 1", True, "the region is made of two keypoints", id="one keypoint"
        ),
        pytest.param(POINTS, False, "connect IMAGE_SIZE", id="no size"),
    ],
)
def test_faults_of_alignment(options: str, size: bool, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        alignment(options, size=size).run()


def render_scale(options: str = "multiplier: 0.5") -> CalculatorRunner:
    return CalculatorRunner(
        f"""
        calculator: "RectToRenderScaleCalculator" input_stream: "NORM_RECT:rect" input_stream: "IMAGE_SIZE:size"
        output_stream: "RENDER_SCALE:out"
        options {{ [mediapipe.RectToRenderScaleCalculatorOptions.ext] {{ {options} }} }}
        """
    )


@pytest.mark.parametrize(
    ("rect", "expected"),
    [
        pytest.param(NormalizedRect(0.5, 0.5, 0.25, 0.25), 25.0, id="wider than high"),
        pytest.param(NormalizedRect(0.5, 0.5, 0.25, 0.75), 37.5, id="higher than wide"),
        pytest.param(None, 0.5, id="no rect"),
    ],
)
def test_render_scale(rect: NormalizedRect | None, expected: float) -> None:
    run = render_scale()
    run.add("IMAGE_SIZE", ImageSize(200, 100), 3)
    if rect is not None:
        run.add("NORM_RECT", rect, 3)
    run.run()
    assert [(p.payload, p.timestamp) for p in run.outputs["RENDER_SCALE"]] == [(expected, 3)]


@pytest.mark.parametrize(
    ("bounds", "expected"), [pytest.param("true", [9], id="on"), pytest.param("false", [], id="off")]
)
def test_render_scale_where_nothing_came(bounds: str, expected: list[int]) -> None:
    run = render_scale(f"process_timestamp_bounds: {bounds}")
    for tag in ("NORM_RECT", "IMAGE_SIZE"):
        run.set_bound(tag, 10)
    run.run()
    assert [packet.timestamp for packet in run.outputs["RENDER_SCALE"]] == expected


def inverse(matrix: Any) -> CalculatorRunner:
    run = CalculatorRunner(
        'calculator: "InverseMatrixCalculator" input_stream: "MATRIX:in" output_stream: "MATRIX:out"'
    )
    run.add("MATRIX", np.array(matrix, np.float32), 0)
    return run


def test_inverse_matrix() -> None:
    matrix = np.array([[0, -2, 0, 3], [1, 0, 0, 4], [0, 0, 9, 0], [0, 0, 0, 1]], np.float32)
    run = inverse(matrix)
    run.run()
    found = run.outputs["MATRIX"][0].payload
    assert found.dtype == np.float32
    assert not found.flags.writeable
    np.testing.assert_allclose(found @ matrix, np.eye(4), atol=1e-6)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        pytest.param(np.zeros((4, 4)), "has no inverse", id="singular"),
        pytest.param(np.eye(3), r"shape \(4, 4\) was expected; found \(3, 3\)", id="shape"),
    ],
)
def test_matrices_without_inverse(matrix: Any, message: str) -> None:
    with pytest.raises(CalculatorError, match=message):
        inverse(matrix).run()


def refined(landmarks: Any, heatmap: Any, options: str = "kernel_size: 3") -> NormalizedLandmarkList:
    run = CalculatorRunner(
        f"""
        calculator: "RefineLandmarksFromHeatmapCalculator" input_stream: "NORM_LANDMARKS:in"
        input_stream: "TENSORS:tensors" output_stream: "NORM_LANDMARKS:out"
        options {{ [mediapipe.RefineLandmarksFromHeatmapCalculatorOptions.ext] {{ {options} }} }}
        """
    )
    run.add("NORM_LANDMARKS", landmarks, 0)
    if heatmap is not None:
        run.add("TENSORS", heatmap, 0)
    run.run()
    (packet,) = run.outputs["NORM_LANDMARKS"]
    found: NormalizedLandmarkList = packet.payload
    return found


def warm_at(column: int, row: int, width: int = 8, height: int = 8) -> list[Tensor]:
    """A heatmap of one landmark that is cold but for one pixel."""
    logits = np.full((1, height, width, 1), -100, np.float32)
    logits[0, row, column] = 100
    return [Tensor(logits)]


def at(x: float, y: float) -> NormalizedLandmarkList:
    return NormalizedLandmarkList.from_xyz(np.array([[x, y, 0.5]]), visibility=[0.75], presence=[0.5])


@pytest.mark.parametrize(
    ("start", "warm", "end"),
    [
        pytest.param((0.5, 0.5), (5, 4), (0.625, 0.5), id="a neighbour"),
        pytest.param((0.5, 0.5), (6, 4), (0.5, 0.5), id="out of reach"),
        pytest.param((0.0, 0.99), (0, 6), (0.0, 0.75), id="at the edge"),
        pytest.param((-0.1, 0.5), (0, 4), (0.0, 0.5), id="just outside, cut towards 0"),
        pytest.param((-0.2, 0.5), (0, 4), (-0.2, 0.5), id="outside on the left"),
        pytest.param((1.0, 0.5), (7, 4), (1.0, 0.5), id="outside on the right"),
        pytest.param((0.5, -0.2), (4, 0), (0.5, -0.2), id="above"),
        pytest.param((0.5, 1.2), (4, 7), (0.5, 1.2), id="far below"),
        pytest.param((0.5, 1.0), (4, 7), (0.5, 0.875), id="just below, where MediaPipe compares the column"),
    ],
)
def test_landmarks_go_to_the_warm_pixel(
    start: tuple[float, float], warm: tuple[int, int], end: tuple[float, float]
) -> None:
    found = refined(at(*start), warm_at(*warm))
    assert found.xy[0].tolist() == pytest.approx(end)
    assert found.z[0] == 0.5


def test_the_mean_is_weighted() -> None:
    logits = np.full((4, 4, 1), -100, np.float32)
    logits[1, 1], logits[2, 2] = 0, 100  # a sigmoid of one half, and of one
    found = refined(at(0.5, 0.5), [Tensor(logits)])
    assert found.xy[0].tolist() == pytest.approx([(0.5 * 1 + 2) / 1.5 / 4] * 2)


def test_a_cold_place_moves_nothing() -> None:
    heatmap = [Tensor(np.full((8, 8, 1), -1, np.float32))]
    options = "kernel_size: 3 min_confidence_to_refine: {} refine_presence: true refine_visibility: true"
    kept = refined(at(0.55, 0.55), heatmap, options.format(0.3))
    moved = refined(at(0.55, 0.55), heatmap, options.format(0.2))
    assert kept.xy[0].tolist() == pytest.approx([0.55, 0.55])
    assert moved.xy[0].tolist() == pytest.approx([0.5, 0.5])
    warmth = 1 / (1 + math.e)
    assert [kept.visibility[0], kept.presence[0]] == pytest.approx([warmth, warmth])


def test_without_a_heatmap_landmarks_pass() -> None:
    assert refined(at(0.3, 0.4), None) == at(0.3, 0.4)


@pytest.mark.parametrize(
    ("heatmap", "message"),
    [
        pytest.param([], "the list of tensors is empty", id="no tensor"),
        pytest.param([Tensor(np.zeros((8, 8, 2), np.float32))], "no heatmap of 1 landmarks", id="channels"),
        pytest.param([Tensor(np.zeros((2, 8, 8, 1), np.float32))], "no heatmap of 1 landmarks", id="batch"),
    ],
)
def test_faults_of_heatmaps(heatmap: list[Tensor], message: str) -> None:
    with pytest.raises(CalculatorError, match=message):
        refined(at(0.5, 0.5), heatmap)
