from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import (
    BoundingBox,
    Color,
    Detection,
    DetectionList,
    Point,
    Rectangle,
    RelativeBoundingBox,
    RenderData,
    Text,
)
from graphkit.testing import CalculatorRunner

GREEN = Color(0, 255, 0)
PALM = Detection(
    (0.8614446,),
    RelativeBoundingBox(0.25, 0.5, 0.5, 0.25),
    np.array([[0.5, 0.625], [0.25, 0.5]], np.float32),
    label_id=(0,),
)
CUP = Detection((0.5, 0.25), BoundingBox(10, 20, 30, 40), label=("cup", "mug"), feature_tag="seen", detection_id=7)


def rendered(options: str = "", **inputs: Any) -> list[RenderData]:
    streams = " ".join(f'input_stream: "{tag}:{tag.lower()}"' for tag in inputs)
    runner = CalculatorRunner(f"""
        calculator: "DetectionsToRenderDataCalculator" {streams} output_stream: "RENDER_DATA:out"
        options {{ [mediapipe.DetectionsToRenderDataCalculatorOptions.ext] {{ {options} }} }}
    """)
    for tag, value in inputs.items():
        runner.add(tag, value, 1)
    return [packet.payload for packet in runner.run().outputs["RENDER_DATA"]]


def test_a_palm() -> None:
    (data,) = rendered("thickness: 4 color { g: 255 }", DETECTIONS=[PALM])
    assert data.scene_class == "DETECTION"
    label, tag, box, *keypoints = data.render_annotations
    assert {(a.thickness, a.color) for a in data.render_annotations} == {(4.0, GREEN)}
    assert isinstance(label.data, Text)
    assert (label.data.display_text, label.data.normalized) == ("0,0.86,", True)
    assert (label.data.left, label.data.baseline, label.data.font_height) == pytest.approx((0.25, 0.525, 0.0225))
    assert isinstance(tag.data, Text)
    assert (tag.data.display_text, tag.data.left, tag.data.baseline) == ("", 0.25, 0.75)
    assert box.data == Rectangle(0.25, 0.5, 0.75, 0.75, normalized=True)
    assert [a.data for a in keypoints] == [Point(0.5, 0.625, True), Point(0.25, 0.5, True)]
    assert [a.scene_tag for a in data.render_annotations] == [
        "LABEL",
        "FEATURE",
        "LOCATION",
        "KEYPOINT",
        "KEYPOINT",
    ]


def test_a_pixel_box_has_the_font_of_the_options() -> None:
    (data,) = rendered("text { font_height: 12 font_face: 1 }", DETECTION=CUP)
    label, tag, box = (a.data for a in data.render_annotations)
    assert label == Text("cup,0.5,mug,0.25,", 10, 32.0, 12.0, font_face=1)
    assert tag == Text("seen", 10, 60.0)
    assert box == Rectangle(10, 20, 40, 60)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("", ["cup,0.5,mug,0.25,"], id="one-line"),
        pytest.param("one_label_per_line: true", ["cup,0.5,", "mug,0.25,"], id="one-a-line"),
        pytest.param('text_delimiter: " "', ["cup 0.5 mug 0.25 "], id="delimiter"),
        pytest.param("render_detection_id: true", ["Id: 7", "cup,0.5,mug,0.25,"], id="id"),
    ],
)
def test_labels(options: str, expected: list[str]) -> None:
    (data,) = rendered(options, DETECTION=CUP)
    labels = [a.data for a in data.render_annotations if a.scene_tag == "LABEL"]
    assert [text.display_text for text in labels if isinstance(text, Text)] == expected
    assert [text.baseline for text in labels if isinstance(text, Text)] == [28.0, 36.0][: len(labels)]


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        pytest.param((-0.5, 0.25, 1.0, 0.5), Rectangle(0, 0.25, 0.5, 0.75, True), id="cut-at-the-left"),
        pytest.param((0.5, 0.75, 1.0, 0.5), Rectangle(0.5, 0.75, 1.0, 1.0, True), id="cut-at-the-corner"),
        pytest.param((1.5, 0.5, 0.5, 0.5), Rectangle(0, 0, 0, 0), id="right-of-it"),
        pytest.param((-1.5, 0.5, 0.5, 0.5), Rectangle(0, 0, 0, 0), id="left-of-it"),
    ],
)
def test_relative_boxes_are_clipped_to_the_image(box: tuple[float, ...], expected: Rectangle) -> None:
    (data,) = rendered(DETECTION=Detection((), RelativeBoundingBox(*box)))
    assert [a.data for a in data.render_annotations if a.scene_tag == "LOCATION"] == [expected]


def test_detections_of_all_inputs_are_drawn() -> None:
    (data,) = rendered(DETECTION=CUP, DETECTIONS=[PALM], DETECTION_LIST=DetectionList([PALM, CUP]))
    boxes = [a.data for a in data.render_annotations if a.scene_tag == "LOCATION"]
    assert [box.normalized for box in boxes if isinstance(box, Rectangle)] == [True, False, True, False]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("", [RenderData([], "DETECTION")], id="empty-data"),
        pytest.param('scene_class: "x"', [RenderData([], "x")], id="scene-class"),
        pytest.param("produce_empty_packet: false", [], id="nothing"),
    ],
)
def test_no_detections(options: str, expected: list[RenderData]) -> None:
    assert rendered(options, DETECTIONS=[]) == expected


@pytest.mark.parametrize(
    ("detection", "message"),
    [
        pytest.param(
            Detection((0.5,), label_id=(1,)),
            "needs a BoundingBox or a RelativeBoundingBox; found None",
            id="no-box",
        ),
        pytest.param(CUP.replace(score=(0.5,)), "has 2 labels and 1 scores; one each", id="scores"),
        pytest.param(CUP.replace(label_id=(1,)), "has 2 labels and 1 label ids", id="ids"),
    ],
)
def test_detections_that_do_not_fit(detection: Detection, message: str) -> None:
    with pytest.raises(CalculatorError, match=message):
        rendered(DETECTION=detection)


def test_an_input_is_needed() -> None:
    with pytest.raises(
        GraphValidationError, match="at least one of the inputs DETECTION, DETECTIONS, DETECTION_LIST"
    ):
        rendered()
