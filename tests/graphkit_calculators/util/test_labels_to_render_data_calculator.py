from __future__ import annotations

from typing import Any

import pytest

from graphkit import Timestamp
from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import (
    Classification,
    ClassificationList,
    Color,
    RenderAnnotation,
    RenderData,
    Text,
    VideoHeader,
)
from graphkit.testing import CalculatorRunner

RED, BLACK = Color(255, 0, 0), Color(0, 0, 0)
HANDS = ClassificationList([Classification(0, 0.96789, "Left", "links"), Classification(1, 0.5, "Right")])


def rendered(options: str = "", header: VideoHeader | None = None, **inputs: Any) -> list[RenderAnnotation]:
    names = [*inputs, *(["VIDEO_PRESTREAM"] if header else [])]
    streams = " ".join(f'input_stream: "{tag}:{tag.lower()}"' for tag in names)
    runner = CalculatorRunner(f"""
        calculator: "LabelsToRenderDataCalculator" {streams} output_stream: "RENDER_DATA:out"
        options {{ [mediapipe.LabelsToRenderDataCalculatorOptions.ext] {{ {options} }} }}
    """)
    if header:
        runner.add("VIDEO_PRESTREAM", header, Timestamp.PRE_STREAM)
    for tag, value in inputs.items():
        runner.add(tag, value, 1)
    (packet,) = runner.run().outputs["RENDER_DATA"]
    data: RenderData = packet.payload
    return data.render_annotations


def texts(annotations: list[RenderAnnotation]) -> list[str]:
    return [annotation.data.display_text for annotation in annotations if isinstance(annotation.data, Text)]


def test_one_label_by_default() -> None:
    assert rendered(CLASSIFICATIONS=HANDS) == [RenderAnnotation(Text("Left", 0, 63, 50), 2.0, RED)]


@pytest.mark.parametrize(
    ("options", "inputs", "expected"),
    [
        pytest.param("max_num_labels: 5", {"CLASSIFICATIONS": HANDS}, ["Left", "Right"], id="several"),
        pytest.param(
            "use_display_name: true max_num_labels: 2",
            {"CLASSIFICATIONS": HANDS},
            ["links", ""],
            id="display-name",
        ),
        pytest.param(
            "display_classification_score: true", {"CLASSIFICATIONS": HANDS}, ["Left:0.96789"], id="score"
        ),
        pytest.param(
            "max_num_labels: 2",
            {"LABELS": ["a", "b"], "SCORES": [0.123456789, 1.0]},
            ["a:0.123457", "b:1"],
            id="labels-and-scores",
        ),
        pytest.param("max_num_labels: 2", {"LABELS": ["a"]}, ["a"], id="labels-alone"),
        pytest.param("", {"LABELS": []}, [], id="none"),
    ],
)
def test_what_is_written(options: str, inputs: dict[str, Any], expected: list[str]) -> None:
    assert texts(rendered(options, **inputs)) == expected


def test_where_and_how() -> None:
    options = """
        max_num_labels: 3 font_height_px: 20 thickness: 3 horizontal_offset_px: 7 vertical_offset_px: 100
        font_face: 1 color { g: 1 } color { b: 2 } outline_thickness: 1.5
    """
    assert rendered(options, LABELS=["a", "b", "c"]) == [
        RenderAnnotation(
            Text(name, 7, baseline, 20, font_face=1, outline_thickness=1.5, outline_color=BLACK), 3.0, color
        )
        for name, baseline, color in (
            ("a", 125, Color(0, 1, 0)),
            ("b", 150, Color(0, 0, 2)),
            ("c", 175, Color(0, 1, 0)),
        )
    ]


def test_bottom_left_is_measured_from_the_height_of_the_video() -> None:
    found = rendered(
        "location: BOTTOM_LEFT max_num_labels: 2 font_height_px: 20",
        VideoHeader(width=640, height=480),
        LABELS=["a", "b"],
    )
    assert [a.data.baseline for a in found if isinstance(a.data, Text)] == [455, 480]


def test_as_many_scores_as_labels_are_needed() -> None:
    with pytest.raises(CalculatorError, match="found 2 labels and 1 scores; one score a label is needed"):
        rendered(LABELS=["a", "b"], SCORES=[0.5])


@pytest.mark.parametrize(
    ("streams", "options", "message"),
    [
        pytest.param("", "", "one of the inputs CLASSIFICATIONS and LABELS; found none", id="no-input"),
        pytest.param(
            'input_stream: "LABELS:a"',
            "location: BOTTOM_LEFT",
            "BOTTOM_LEFT needs the image's height",
            id="no-height",
        ),
    ],
)
def test_contradictions_are_found_before_the_run(streams: str, options: str, message: str) -> None:
    runner = CalculatorRunner(f"""
        calculator: "LabelsToRenderDataCalculator" {streams} output_stream: "RENDER_DATA:out"
        options {{ [mediapipe.LabelsToRenderDataCalculatorOptions.ext] {{ {options} }} }}
    """)
    with pytest.raises(GraphValidationError, match=message):
        runner.run()
