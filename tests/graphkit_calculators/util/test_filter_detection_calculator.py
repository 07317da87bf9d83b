"""FilterDetection- and DetectionToLandmarksCalculator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import Detection, NormalizedLandmarkList, RelativeBoundingBox
from graphkit.testing import CalculatorRunner

BOX = RelativeBoundingBox(0.1, 0.2, 0.3, 0.4)


def detection(**labels: float) -> Detection:
    return Detection(tuple(labels.values()), BOX, label=tuple(labels), label_id=tuple(range(len(labels))))


def runner(options: str = "", labels: str = "", tag: str = "DETECTIONS") -> CalculatorRunner:
    side = f'input_side_packet: "{labels}:labels"' if labels else ""
    return CalculatorRunner(f"""
        calculator: "FilterDetectionCalculator" input_stream: "{tag}:in" {side} output_stream: "{tag}:out"
        options {{ [mediapipe.FilterDetectionCalculatorOptions.ext] {{ {options} }} }}
    """)


def filtered(found: list[Detection], options: str = "", labels: Any = None) -> list[Any] | None:
    tag = "" if labels is None else "LABELS_CSV" if isinstance(labels, str) else "LABELS"
    run = runner(options, tag)
    if tag:
        run.side_packets[tag] = labels
    run.add("DETECTIONS", found, 3)
    packets = run.run().outputs["DETECTIONS"]
    return [dict(zip(d.label, d.score, strict=True)) for d in packets[0].payload] if packets else None


@pytest.mark.parametrize(
    ("options", "labels", "expected"),
    [
        pytest.param("", None, [{"cup": 0.9, "cat": 0.3}, {"chair": 0.5}], id="all"),
        pytest.param("min_score: 0.4", None, [{"cup": 0.9}, {"chair": 0.5}], id="not below"),
        pytest.param("max_score: 0.5", None, [{"cat": 0.3}, {"chair": 0.5}], id="not above"),
        pytest.param("", ["cat"], [{"cat": 0.3}], id="a name"),
        pytest.param("", "cat, chair", [{"cat": 0.3}, {"chair": 0.5}], id="names with commas"),
        pytest.param("", ["c.?a.*"], [{"cat": 0.3}, {"chair": 0.5}], id="an expression"),
        pytest.param("", ["c"], [], id="a part of a name"),
        pytest.param("", ["cat", "("], [{"cat": 0.3}], id="what is no expression"),
        pytest.param("", [], None, id="no labels at all"),
        pytest.param(
            "empty_allowed_labels_means_allow_everything: true",
            "",
            [{"cup": 0.9, "cat": 0.3}, {"chair": 0.5}],
            id="no labels mean all",
        ),
    ],
)
def test_what_is_kept(options: str, labels: Any, expected: Any) -> None:
    assert filtered([detection(cat=0.3, cup=0.9), detection(chair=0.5)], options, labels) == expected


def test_location_and_keypoints_stay() -> None:
    run = runner()
    marks = np.array([(0.5, 0.25)], np.float32)
    run.add("DETECTIONS", [Detection((0.5,), BOX, marks, label=("cat",))], 3)
    ((kept,),) = (packet.payload for packet in run.run().outputs["DETECTIONS"])
    assert kept == Detection((0.5,), BOX, marks, label=("cat",))


@pytest.mark.parametrize(("score", "count"), [(0.5, 1), (0.3, 0)])
def test_one_detection(score: float, count: int) -> None:
    run = runner("min_score: 0.4", tag="DETECTION")
    run.add("DETECTION", detection(cat=score), 3)
    assert len(run.run().outputs["DETECTION"]) == count


def test_no_label_may_be_an_error() -> None:
    run = runner("fail_on_empty_labels: true", "LABELS_CSV")
    run.side_packets["LABELS_CSV"] = " , "
    with pytest.raises(CalculatorError, match="no label is allowed at all"):
        run.run()


def test_labels_without_scores() -> None:
    run = runner()
    run.add("DETECTIONS", [Detection((0.5,), BOX, label=("cat", "cup"))], 3)
    with pytest.raises(CalculatorError, match="2 labels and 1 scores"):
        run.run()


@pytest.mark.parametrize(
    ("streams", "message"),
    [
        pytest.param('output_stream: "DETECTIONS:o"', "exactly one of DETECTION and DETECTIONS", id="no input"),
        pytest.param(
            'input_stream: "DETECTIONS:i" output_stream: "DETECTION:o"',
            "has the tag of the input",
            id="other output",
        ),
    ],
)
def test_faults(streams: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        CalculatorRunner(f'calculator: "FilterDetectionCalculator" {streams}').run()


def test_keypoints_become_landmarks() -> None:
    run = CalculatorRunner("""
        calculator: "DetectionToLandmarksCalculator" input_stream: "DETECTION:d" output_stream: "LANDMARKS:l"
    """)
    marks = np.array([(0.25, 0.5), (0.75, 1.0)], np.float32)
    run.add("DETECTION", Detection((0.5,), BOX, marks), 3)
    (packet,) = run.run().outputs["LANDMARKS"]
    assert (packet.payload, packet.timestamp) == (NormalizedLandmarkList.from_xyz(marks), 3)
