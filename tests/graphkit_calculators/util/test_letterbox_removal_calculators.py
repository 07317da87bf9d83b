"""DetectionLetterboxRemovalCalculator and LandmarkLetterboxRemovalCalculator."""

from __future__ import annotations

import numpy as np
import pytest

from graphkit.errors import GraphValidationError
from graphkit.formats import Detection, LetterboxPadding, NormalizedLandmarkList, RelativeBoundingBox
from graphkit.testing import CalculatorRunner

PADDING = LetterboxPadding(0.0, 0.25, 0.0, 0.25)
LANDMARKS = NormalizedLandmarkList(
    np.array([[0.5, 0.25, 0.1, 0.9, 0], [0.2, 0.75, -0.1, 0.8, 0]], np.float32), has_visibility=True
)


def detections() -> CalculatorRunner:
    return CalculatorRunner(
        """
        calculator: "DetectionLetterboxRemovalCalculator" input_stream: "DETECTIONS:found"
        input_stream: "LETTERBOX_PADDING:padding" output_stream: "DETECTIONS:adjusted"
        """
    )


def landmarks(streams: str = 'input_stream: "LANDMARKS:in" output_stream: "LANDMARKS:out"') -> CalculatorRunner:
    return CalculatorRunner(
        'calculator: "LandmarkLetterboxRemovalCalculator" input_stream: "LETTERBOX_PADDING:padding" ' + streams
    )


def test_boxes_and_keypoints_of_detections() -> None:
    found = Detection(
        (0.5,), RelativeBoundingBox(0.1, 0.3, 0.2, 0.1), np.array([[0.1, 0.5]], np.float32), label_id=(3,)
    )
    run = detections()
    run.add("DETECTIONS", [found], 1)
    run.add("LETTERBOX_PADDING", PADDING, 1)
    run.run()
    ((adjusted,),) = (packet.payload for packet in run.outputs["DETECTIONS"])
    assert tuple(adjusted.box) == pytest.approx((0.1, 0.1, 0.2, 0.2))
    assert adjusted.relative_keypoints == pytest.approx(np.array([[0.1, 0.5]]))
    assert (adjusted.score, adjusted.label_id) == (found.score, found.label_id)


def test_an_empty_list_of_detections_is_passed_on() -> None:
    run = detections()
    run.add("DETECTIONS", [], 1)
    run.add("LETTERBOX_PADDING", PADDING, 1)
    run.run()
    assert [packet.payload for packet in run.outputs["DETECTIONS"]] == [[]]


def test_no_detections_no_packet() -> None:
    run = detections()
    run.set_bound("DETECTIONS", 2)
    run.add("LETTERBOX_PADDING", PADDING, 1)
    run.run()
    assert run.outputs["DETECTIONS"] == []


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        pytest.param(PADDING, [[0.5, 0, 0.1], [0.2, 1, -0.1]], id="above and below"),
        pytest.param(LetterboxPadding(0.1, 0, 0.4, 0), [[0.8, 0.25, 0.2], [0.2, 0.75, -0.2]], id="at the sides"),
        pytest.param(LetterboxPadding(0, 0, 0, 0), [[0.5, 0.25, 0.1], [0.2, 0.75, -0.1]], id="none"),
    ],
)
def test_landmarks(padding: LetterboxPadding, expected: list[list[float]]) -> None:
    run = landmarks()
    run.add("LANDMARKS", LANDMARKS, 0)
    run.add("LETTERBOX_PADDING", padding, 0)
    run.run()
    (packet,) = run.outputs["LANDMARKS"]
    np.testing.assert_allclose(packet.payload.xyz, expected, atol=1e-6)
    assert packet.payload.visibility.tolist() == LANDMARKS.visibility.tolist()
    assert (packet.payload.has_visibility, packet.payload.has_presence) == (True, False)


def test_several_lists() -> None:
    run = landmarks(
        'input_stream: "LANDMARKS:0:a" input_stream: "LANDMARKS:1:b" '
        'output_stream: "LANDMARKS:0:c" output_stream: "LANDMARKS:1:d"'
    )
    run.add(("LANDMARKS", 1), LANDMARKS, 0)
    run.set_bound(("LANDMARKS", 0), 1)
    run.add("LETTERBOX_PADDING", PADDING, 0)
    run.run()
    assert run.outputs["LANDMARKS", 0] == []
    assert len(run.outputs["LANDMARKS", 1]) == 1


def test_each_input_needs_its_output() -> None:
    with pytest.raises(GraphValidationError, match="LANDMARKS has 2 inputs and 1 outputs"):
        landmarks('input_stream: "LANDMARKS:0:a" input_stream: "LANDMARKS:1:b" output_stream: "LANDMARKS:c"').run()
