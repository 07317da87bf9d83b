from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphkit.errors import GraphValidationError
from graphkit.formats import (
    Color,
    GradientLine,
    LandmarkList,
    Line,
    NormalizedLandmarkList,
    Point,
    RenderAnnotation,
    RenderData,
)
from graphkit.testing import CalculatorRunner

CHAIN = "landmark_connections: [0, 1, 1, 2] landmark_color { r: 255 } connection_color { g: 255 } thickness: 4"
FLAT = np.array([[0.25, 0.5, 0], [0.5, 0.25, 0], [0.75, 1, 0]])
DEEP = np.array([[0.25, 0.5, -1], [0.5, 0.25, 0], [0.75, 1, 1]])
RED, GREEN, BLACK, WHITE = Color(255, 0, 0), Color(0, 255, 0), Color(0, 0, 0), Color(255, 255, 255)


def rendered(
    landmarks: LandmarkList | NormalizedLandmarkList, options: str = CHAIN, scale: float | None = None
) -> list[RenderAnnotation]:
    tag = "NORM_LANDMARKS" if isinstance(landmarks, NormalizedLandmarkList) else "LANDMARKS"
    with_scale = "" if scale is None else 'input_stream: "RENDER_SCALE:scale"'
    runner = CalculatorRunner(f"""
        calculator: "LandmarksToRenderDataCalculator"
        input_stream: "{tag}:landmarks" {with_scale} output_stream: "RENDER_DATA:out"
        options {{ [mediapipe.LandmarksToRenderDataCalculatorOptions.ext] {{ {options} }} }}
    """)
    runner.add(tag, landmarks, 1)
    if scale is not None:
        runner.add("RENDER_SCALE", scale, 1)
    (packet,) = runner.run().outputs["RENDER_DATA"]
    data: RenderData = packet.payload
    return data.render_annotations


@pytest.mark.parametrize("cls", [LandmarkList, NormalizedLandmarkList])
def test_lines_then_dots(cls: Any) -> None:
    normalized = cls is NormalizedLandmarkList
    assert rendered(cls.from_xyz(FLAT)) == [
        RenderAnnotation(Line(0.25, 0.5, 0.5, 0.25, normalized), 4.0, GREEN),
        RenderAnnotation(Line(0.5, 0.25, 0.75, 1.0, normalized), 4.0, GREEN),
        RenderAnnotation(Point(0.25, 0.5, normalized), 4.0, RED, "KEYPOINT"),
        RenderAnnotation(Point(0.5, 0.25, normalized), 4.0, RED, "KEYPOINT"),
        RenderAnnotation(Point(0.75, 1.0, normalized), 4.0, RED, "KEYPOINT"),
    ]


def test_depth_makes_near_dots_large_and_white() -> None:
    dots = [a for a in rendered(NormalizedLandmarkList.from_xyz(DEEP)) if isinstance(a.data, Point)]
    assert [dot.thickness for dot in dots] == [18, 9, 0]
    assert [dot.color for dot in dots] == [WHITE, Color(128, 128, 128), Color(1, 1, 1)]


def test_depth_makes_lines_fade() -> None:
    lines = [a for a in rendered(NormalizedLandmarkList.from_xyz(DEEP)) if isinstance(a.data, GradientLine)]
    gray = Color(127, 127, 127)
    assert [(a.data.color1, a.data.color2) for a in lines] == [(WHITE, gray), (gray, BLACK)]  # type: ignore[union-attr]
    assert [a.thickness for a in lines] == [4.0, 4.0]


def test_depth_options() -> None:
    options = CHAIN + (
        " min_depth_circle_thickness: 2 max_depth_circle_thickness: 6"
        " min_depth_line_color { b: 200 } max_depth_line_color { r: 100 }"
    )
    annotations = rendered(NormalizedLandmarkList.from_xyz(DEEP), options)
    assert [a.thickness for a in annotations if isinstance(a.data, Point)] == [6, 4, 2]
    first = annotations[0].data
    assert isinstance(first, GradientLine)
    assert (first.color1, first.color2) == (Color(100, 0, 0), Color(50, 0, 99))


@pytest.mark.parametrize(
    ("xyz", "options"),
    [
        pytest.param(DEEP, CHAIN + " visualize_landmark_depth: false", id="switched-off"),
        pytest.param(DEEP * (1, 1, 4e-4), CHAIN, id="hardly-any-depth"),
    ],
)
def test_without_depth_colours_are_those_of_the_options(xyz: np.ndarray, options: str) -> None:
    annotations = rendered(NormalizedLandmarkList.from_xyz(xyz), options)
    assert {a.color for a in annotations} == {RED, GREEN}


@pytest.mark.parametrize(
    ("options", "dots", "lines"),
    [
        pytest.param("", 3, 2, id="all-without-being-asked"),
        pytest.param("utilize_visibility: true visibility_threshold: 0.5", 2, 1, id="visibility"),
        pytest.param("utilize_presence: true presence_threshold: 0.5", 2, 0, id="presence"),
        pytest.param("utilize_visibility: true visibility_threshold: 0.1", 3, 2, id="at-the-threshold"),
        pytest.param("render_landmarks: false", 0, 2, id="no-dots"),
    ],
)
def test_what_is_left_out(options: str, dots: int, lines: int) -> None:
    landmarks = NormalizedLandmarkList.from_xyz(FLAT, visibility=[0.1, 0.9, 0.9], presence=[0.9, 0.1, 0.9])
    annotations = rendered(landmarks, CHAIN + " " + options)
    assert sum(isinstance(a.data, Point) for a in annotations) == dots
    assert sum(isinstance(a.data, Line) for a in annotations) == lines


def test_without_probabilities_all_is_shown() -> None:
    options = CHAIN + " utilize_visibility: true visibility_threshold: 0.5"
    assert len(rendered(NormalizedLandmarkList.from_xyz(FLAT), options)) == 5


def test_connections_beyond_the_list_are_skipped() -> None:
    assert len(rendered(NormalizedLandmarkList.from_xyz(FLAT[:2]))) == 1 + 2


def test_render_scale() -> None:
    assert {a.thickness for a in rendered(NormalizedLandmarkList.from_xyz(FLAT), scale=2.5)} == {10.0}


def test_no_landmarks_are_drawn_as_nothing() -> None:
    assert rendered(NormalizedLandmarkList.from_xyz(np.zeros((0, 3)))) == []


@pytest.mark.parametrize(
    ("streams", "options", "message"),
    [
        pytest.param("", "", "exactly one of the inputs LANDMARKS and NORM_LANDMARKS", id="no-input"),
        pytest.param(
            'input_stream: "LANDMARKS:a"',
            "landmark_connections: [0, 1, 2]",
            "pairs of indexes from 0; found 3 numbers, the smallest 0",
            id="odd",
        ),
        pytest.param(
            'input_stream: "LANDMARKS:a"', "landmark_connections: [0, -1]", "the smallest -1", id="negative"
        ),
    ],
)
def test_contradictions_are_found_before_the_run(streams: str, options: str, message: str) -> None:
    runner = CalculatorRunner(f"""
        calculator: "LandmarksToRenderDataCalculator" {streams} output_stream: "RENDER_DATA:out"
        options {{ [mediapipe.LandmarksToRenderDataCalculatorOptions.ext] {{ {options} }} }}
    """)
    with pytest.raises(GraphValidationError, match=message):
        runner.run()
