"""NonMaxSuppressionCalculator; whole results against MediaPipe are in tensor/test_references."""

from __future__ import annotations

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import BoundingBox, Detection, ImageFrame, RelativeBoundingBox
from graphkit.testing import CalculatorRunner
from graphkit_calculators.util._suppression import OverlapType, similarity

BOX = (0.0, 0.0, 0.4, 0.4)


def runner(options: str = "", streams: str = 'input_stream: "found"') -> CalculatorRunner:
    return CalculatorRunner(
        f"""
        calculator: "NonMaxSuppressionCalculator" {streams} output_stream: "kept"
        options {{ [mediapipe.NonMaxSuppressionCalculatorOptions.ext] {{ {options} }} }}
        """
    )


def detection(score: float, box: tuple[float, ...] = BOX, label: int = 0) -> Detection:
    return Detection((score,), RelativeBoundingBox(*box), label_id=(label,))


def suppress(options: str, *found: Detection) -> list[Detection]:
    run = runner(options)
    run.add(0, list(found), 0)
    run.run()
    (packet,) = run.outputs[0]
    kept: list[Detection] = packet.payload
    return kept


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        # 0.2 x 0.4 is shared by boxes of 0.16 and 0.24.
        pytest.param(OverlapType.INTERSECTION_OVER_UNION, 0.08 / 0.32, id="iou"),
        pytest.param(OverlapType.MODIFIED_JACCARD, 0.08 / 0.24, id="modified jaccard"),
        pytest.param(OverlapType.JACCARD, 0.08 / 0.36, id="jaccard"),
    ],
)
def test_similarity(kind: OverlapType, expected: float) -> None:
    first, second = RelativeBoundingBox(*BOX), RelativeBoundingBox(0.2, 0.0, 0.4, 0.6)
    assert similarity(kind, first, second) == pytest.approx(expected)


@pytest.mark.parametrize(
    "box", [pytest.param((0.4, 0, 1, 1), id="touching"), pytest.param((0.1, 0.1, 0, 0.1), id="no area")]
)
def test_boxes_that_share_nothing(box: tuple[float, ...]) -> None:
    assert similarity(OverlapType.JACCARD, RelativeBoundingBox(*BOX), RelativeBoundingBox(*box)) == 0


def test_the_best_of_a_group_stays_as_it_is() -> None:
    found = [detection(0.5), detection(0.9, (0.01, 0, 0.4, 0.4)), detection(0.7, (0.6, 0.6, 0.1, 0.1))]
    assert suppress("min_suppression_threshold: 0.3", *found) == [found[1], found[2]]


def test_the_threshold_itself_does_not_suppress() -> None:
    found = [detection(0.9, (0, 0, 1, 1)), detection(0.5, (0, 0, 1, 0.5))]
    assert len(suppress("min_suppression_threshold: 0.5", *found)) == 2
    assert len(suppress("min_suppression_threshold: 0.49", *found)) == 1


def test_weighted_averages_corners_and_keypoints_and_ignores_the_limit() -> None:
    def at(score: float, x: float, size: float) -> Detection:
        box = RelativeBoundingBox(x, 0, size, size)
        return Detection((score,), box, np.array([[x, 0]], np.float32), label_id=(0,))

    options = (
        "min_suppression_threshold: 0.3 overlap_type: INTERSECTION_OVER_UNION algorithm: WEIGHTED "
        "max_num_detections: 1"
    )
    first, second = suppress(options, at(0.25, 0.0, 0.4), at(0.75, 0.04, 0.4), at(0.6, 0.8, 0.1))
    assert first.score == (0.75,)
    assert tuple(first.box) == pytest.approx((0.03, 0, 0.4, 0.4))
    assert first.relative_keypoints == pytest.approx(np.array([[0.03, 0]]))
    assert second.score == (0.6,)


def test_a_weighted_box_without_area_ends_the_search() -> None:
    options = "min_suppression_threshold: 0.3 algorithm: WEIGHTED"
    kept = suppress(options, detection(0.9, (0, 0, 0, 0)), detection(0.5))
    assert [one.score for one in kept] == [(0.9,)]


def test_only_the_best_class_stays() -> None:
    box = RelativeBoundingBox(*BOX)
    ids = Detection((0.2, 0.8), box, label_id=(4, 7))
    names = Detection((0.9, 0.1), box._replace(xmin=0.6), label=("cat", "dog"))
    none = Detection((0.99,), box)
    assert suppress("min_suppression_threshold: 0.3", ids, names, none) == [
        Detection((0.9,), box._replace(xmin=0.6), label=("cat",)),
        Detection((0.8,), box, label_id=(7,)),
    ]


@pytest.mark.parametrize(
    ("options", "packets"),
    [pytest.param("", [], id="nothing"), pytest.param("return_empty_detections: true", [[]], id="[]")],
)
def test_no_detections(options: str, packets: list[list[Detection]]) -> None:
    run = runner(options)
    run.add(0, [], 0)
    run.run()
    assert [packet.payload for packet in run.outputs[0]] == packets
    assert run.output_bounds[0] == 1


def test_several_streams_are_one_list() -> None:
    run = runner("num_detection_streams: 2", 'input_stream: "a" input_stream: "b"')
    run.add(0, [detection(0.5)], 0)
    run.add(1, [detection(0.7, (0.5, 0.5, 0.2, 0.2))], 0)
    run.add(1, [detection(0.6)], 1)
    run.set_bound(0, 2)
    run.run()
    assert [[one.score[0] for one in packet.payload] for packet in run.outputs[0]] == [[0.7, 0.5], [0.6]]


def test_boxes_in_pixels_need_the_image() -> None:
    found = [Detection((score,), BoundingBox(x, 0, 40, 40), label_id=(0,)) for score, x in ((0.9, 0), (0.5, 2))]
    run = runner("min_suppression_threshold: 0.3", 'input_stream: "IMAGE:image" input_stream: "found"')
    run.add("IMAGE", ImageFrame(np.zeros((100, 100, 3), np.uint8)), 0)
    run.add(0, found, 0)
    run.run()
    assert run.outputs[0][0].payload == [found[0]]
    with pytest.raises(
        CalculatorError, match="a detection has BoundingBox as its location; a RelativeBoundingBox"
    ):
        suppress("", *found)


def test_scores_and_classes_that_do_not_match() -> None:
    with pytest.raises(CalculatorError, match="a detection has 2 scores for 1 label ids and 0 labels"):
        suppress("", Detection((0.1, 0.2), RelativeBoundingBox(*BOX), label_id=(1,)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param("max_num_detections: 0", "max_num_detections is 0", id="limit"),
        pytest.param("num_detection_streams: 2", "num_detection_streams is 2, but 1 untagged", id="streams"),
    ],
)
def test_bad_options(options: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        runner(options).run()
