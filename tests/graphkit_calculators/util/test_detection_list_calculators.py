"""FilterDetections, DetectionLabelIdToText and DetectionsDeduplicate: lists of detections in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graphkit import Resources
from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import BoundingBox, Detection, ImageSize, RelativeBoundingBox
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from pathlib import Path


def sized(score: float, width: float, height: float) -> Detection:
    return Detection((score,), RelativeBoundingBox(0.1, 0.1, width, height))


SMALL, WIDE, HIGH = sized(0.5, 0.1, 0.1), sized(0.6, 0.5, 0.1), sized(0.7, 0.1, 0.9)


def filtered(options: str, *, with_size: bool = True) -> list[Detection]:
    size = 'input_stream: "IMAGE_SIZE:size"' if with_size else ""
    runner = CalculatorRunner(f"""
        calculator: "FilterDetectionsCalculator"
        input_stream: "INPUT_DETECTIONS:all" {size} output_stream: "OUTPUT_DETECTIONS:some"
        options {{ [mediapipe.FilterDetectionsCalculatorOptions.ext] {{ {options} }} }}
    """)
    runner.add("INPUT_DETECTIONS", [SMALL, WIDE, HIGH], 1)
    if with_size:
        runner.add("IMAGE_SIZE", ImageSize(200, 100), 1)
    (packet,) = runner.run().outputs["OUTPUT_DETECTIONS"]
    found: list[Detection] = packet.payload
    return found


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("", [SMALL, WIDE, HIGH], id="no-limit"),
        pytest.param("min_score: 0.5", [SMALL, WIDE, HIGH], id="at-the-limit"),
        pytest.param("min_score: 0.65", [HIGH], id="score"),
        pytest.param("min_score: 0.9", [], id="empty-list"),
        pytest.param("min_pixel_size: 95", [WIDE], id="longer-side-in-pixels"),
        pytest.param("max_pixel_size: 95", [SMALL, HIGH], id="at-most"),
        pytest.param("min_pixel_size: 50 max_pixel_size: 95", [HIGH], id="between"),
    ],
)
def test_filter(options: str, expected: list[Detection]) -> None:
    assert filtered(options) == expected


def test_filter_by_size_needs_the_size() -> None:
    with pytest.raises(GraphValidationError, match="need the image's size: connect IMAGE_SIZE"):
        filtered("min_pixel_size: 5", with_size=False)


def test_filter_by_score_needs_scores() -> None:
    runner = CalculatorRunner("""
        calculator: "FilterDetectionsCalculator"
        input_stream: "INPUT_DETECTIONS:all" output_stream: "OUTPUT_DETECTIONS:some"
        options { [mediapipe.FilterDetectionsCalculatorOptions.ext] { min_score: 0.1 } }
    """)
    runner.add("INPUT_DETECTIONS", [Detection()], 1)
    with pytest.raises(CalculatorError, match="without a score cannot be held against min_score"):
        runner.run()


def named(options: str, detection: Detection, resources: Resources | None = None) -> Detection:
    node = f"""
        calculator: "DetectionLabelIdToTextCalculator" input_stream: "in" output_stream: "out"
        options {{ [mediapipe.DetectionLabelIdToTextCalculatorOptions.ext] {{ {options} }} }}
    """
    runner = CalculatorRunner(node, resources=resources)
    runner.add(0, [detection], 1)
    found: Detection = runner.run().outputs[0][0].payload[0]
    return found


TWO = Detection((0.9, 0.8), label_id=(1, 5))
ITEMS = """
    label_items { key: 5 value { name: "five" display_name: "Five" } }
    label_items { key: 1 value { name: "one" } }
"""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param('label: "zero" label: "one"', TWO.replace(label=("one",), label_id=()), id="list"),
        pytest.param('label: "zero"', TWO, id="no-name-keeps-ids"),
        pytest.param('label: "zero" label: "one" keep_label_id: true', TWO.replace(label=("one",)), id="keep-ids"),
        pytest.param(
            ITEMS, TWO.replace(label=("one", "five"), display_name=("Five",), label_id=()), id="by-number"
        ),
        pytest.param("", TWO, id="no-names"),
    ],
)
def test_names(options: str, expected: Detection) -> None:
    assert named(options, TWO) == expected


@pytest.mark.parametrize("text", ["zero\none\n", "zero\r\none\r\n", "zero\none"])
def test_names_of_a_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "labels.txt").write_bytes(text.encode())
    found = named('label_map_path: "labels.txt"', TWO, Resources([tmp_path]))
    assert found.label == ("one",)


def test_names_come_from_one_place() -> None:
    with pytest.raises(GraphValidationError, match="exclude each other; found label, label_items"):
        named('label: "a" ' + ITEMS, TWO)


def test_deduplicate_merges_the_classes_of_one_box() -> None:
    first = Detection((0.5,), BoundingBox(1, 2, 3, 4), label=("a",), label_id=(1,), feature_tag="first")
    other = Detection((0.6,), BoundingBox(1, 2, 3, 5), label=("b",))
    again = Detection((0.7, 0.1), BoundingBox(1, 2, 3, 4), label=("c", "d"), label_id=(2,), display_name=("C",))
    runner = CalculatorRunner(
        'calculator: "DetectionsDeduplicateCalculator" input_stream: "in" output_stream: "out"'
    )
    runner.add(0, [first, other, again], 1)
    runner.add(0, [], 2)
    packets = runner.run().outputs[0]
    merged = first.replace(score=(0.5, 0.7, 0.1), label=("a", "c", "d"), label_id=(1, 2), display_name=("C",))
    assert [p.payload for p in packets] == [[merged, other], []]


def test_deduplicate_needs_pixel_boxes() -> None:
    runner = CalculatorRunner(
        'calculator: "DetectionsDeduplicateCalculator" input_stream: "in" output_stream: "out"'
    )
    runner.add(0, [SMALL], 1)
    with pytest.raises(CalculatorError, match="need a BoundingBox each; found RelativeBoundingBox"):
        runner.run()
