"""TensorsToDetectionsCalculator."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import Anchors, Detection, Tensor
from graphkit.testing import CalculatorRunner

SHAPE = "num_boxes: 2 num_classes: 2 num_coords: 4"
SCALES = "x_scale: 10 y_scale: 10 w_scale: 10 h_scale: 10"
ANCHORS = Anchors(np.array([[0.5, 0.4, 1, 1], [0.2, 0.3, 0.5, 2]], np.float32))
NO_ANCHORS: dict[str, Any] = {}


def runner(options: str, side: dict[str, Any] | None = None) -> CalculatorRunner:
    side = {"ANCHORS": ANCHORS} if side is None else side
    packets = " ".join(f'input_side_packet: "{tag}:{tag.lower()}"' for tag in side)
    run = CalculatorRunner(
        f"""
        calculator: "TensorsToDetectionsCalculator" input_stream: "TENSORS:tensors" {packets}
        output_stream: "DETECTIONS:detections"
        options {{ [mediapipe.TensorsToDetectionsCalculatorOptions.ext] {{ {options} }} }}
        """
    )
    for tag, value in side.items():
        run.side_packets[tag] = value
    return run


def tensors(*arrays: Any) -> list[Tensor]:
    return [Tensor(np.array(array, np.float32)) for array in arrays]


def decode(options: str, *arrays: Any, side: dict[str, Any] | None = None) -> list[Detection]:
    run = runner(options, side)
    run.add("TENSORS", tensors(*arrays), 0)
    run.run()
    (packet,) = run.outputs["DETECTIONS"]
    found: list[Detection] = packet.payload
    return found


def box(detection: Detection) -> Any:
    return pytest.approx(tuple(detection.box), abs=1e-6)


BOXES = [[[1, 2, 3, 4], [0, 0, 2, 2]]]
SCORES = [[[0.1, 0.7], [0.6, 0.2]]]


def test_boxes_are_decoded_about_their_anchors() -> None:
    first, second = decode(f"{SHAPE} {SCALES} reverse_output_order: true", BOXES, SCORES)
    # 1/10 of the anchor's width right of its centre, and so on; the first is 0.3 wide and 0.4 high.
    assert box(first) == (0.6 - 0.15, 0.6 - 0.2, 0.3, 0.4)
    assert (first.score, first.label_id) == (pytest.approx((0.7,)), (1,))
    assert box(second) == (0.2 - 0.2, 0.3 - 0.05, 0.4, 0.1)
    assert (second.score, second.label_id) == (pytest.approx((0.6,)), (0,))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("", (0.7 - 0.2, 0.5 - 0.15, 0.4, 0.3), id="y first by default"),
        pytest.param("box_format: YXHW reverse_output_order: true", (0.7 - 0.2, 0.5 - 0.15, 0.4, 0.3), id="YXHW"),
        pytest.param("box_format: XYWH", (0.6 - 0.15, 0.6 - 0.2, 0.3, 0.4), id="XYWH"),
        # Sides at 1 left, 2 up, 3 right, 4 down of the centre.
        pytest.param("box_format: XYXY", (0.5 - 0.1, 0.4 - 0.2, 0.4, 0.6), id="XYXY"),
        pytest.param(
            "apply_exponential_on_box_size: true box_format: XYWH",
            (0.6 - math.exp(0.3) / 2, 0.6 - math.exp(0.4) / 2, math.exp(0.3), math.exp(0.4)),
            id="exponential",
        ),
        pytest.param("box_format: XYWH flip_vertically: true", (0.6 - 0.15, 1 - 0.8, 0.3, 0.4), id="flipped"),
    ],
)
def test_box_formats(options: str, expected: tuple[float, ...]) -> None:
    assert box(decode(f"{SHAPE} {SCALES} {options}", BOXES, SCORES)[0]) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("reverse_output_order: true", [(0.6, 0.6), (0.5, 0.2)], id="x first"),
        pytest.param("", [(0.7, 0.5), (0.3, 0.4)], id="y first"),
        pytest.param("reverse_output_order: true flip_vertically: true", [(0.6, 0.4), (0.5, 0.8)], id="flipped"),
    ],
)
def test_keypoints(options: str, expected: list[tuple[float, float]]) -> None:
    shape = "num_boxes: 1 num_classes: 1 num_coords: 8 num_keypoints: 2 keypoint_coord_offset: 4"
    anchor = {"ANCHORS": Anchors(ANCHORS.data[:1].copy())}
    raw = [[[0, 0, 1, 1, 1, 2, 0, -2]]]
    (found,) = decode(f"{shape} {SCALES} {options}", raw, [[[1.0]]], side=anchor)
    assert found.relative_keypoints == pytest.approx(np.array(expected), abs=1e-6)


def test_scores_through_a_sigmoid_are_clipped_first() -> None:
    options = f"{SHAPE} {SCALES} sigmoid_score: true score_clipping_thresh: 1.0"
    first, second = decode(options, BOXES, [[[-50.0, -0.5], [90.0, 50.0]]])
    assert (first.label_id, first.score) == ((1,), pytest.approx((1 / (1 + math.exp(0.5)),)))
    # Both classes are clipped to the same score: the first wins.
    assert (second.label_id, second.score) == ((0,), pytest.approx((1 / (1 + math.exp(-1)),)))


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        pytest.param("", [1, 0], id="all"),
        pytest.param("min_score_thresh: 0.65", [1], id="above a score"),
        pytest.param("min_score_thresh: 0.9", [], id="none"),
        pytest.param("max_results: 1", [1], id="the first"),
        pytest.param("ignore_classes: 1", [0, 0], id="ignored"),
        pytest.param("allow_classes: 1", [1, 1], id="allowed"),
        pytest.param("ignore_classes: [0, 1]", [], id="all ignored"),
    ],
)
def test_which_are_kept(options: str, labels: list[int]) -> None:
    found = decode(f"{SHAPE} {SCALES} {options}", BOXES, SCORES)
    assert [detection.label_id for detection in found] == [(label,) for label in labels]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("max_classes_per_detection: 2", [((1, 0), (0.7, 0.1)), ((0, 1), (0.6, 0.2))], id="two"),
        pytest.param("max_classes_per_detection: -1", [((1, 0), (0.7, 0.1)), ((0, 1), (0.6, 0.2))], id="all"),
        pytest.param(
            "max_classes_per_detection: 2 min_score_thresh: 0.15",
            [((1,), (0.7,)), ((0, 1), (0.6, 0.2))],
            id="above a score",
        ),
    ],
)
def test_several_classes_of_a_decoded_box(options: str, expected: list[Any]) -> None:
    found = decode(f"{SHAPE} {SCALES} {options}", BOXES, SCORES)
    assert [(one.label_id, one.score) for one in found] == [
        (labels, pytest.approx(scores)) for labels, scores in expected
    ]


def test_ignored_classes_of_a_side_packet_override_the_option() -> None:
    side = {"ANCHORS": ANCHORS, "IGNORE_CLASSES": [0]}
    found = decode(f"{SHAPE} {SCALES} ignore_classes: 1", BOXES, SCORES, side=side)
    assert [detection.label_id for detection in found] == [(1,), (1,)]


def test_boxes_of_negative_or_no_size_are_dropped() -> None:
    raw = [[[0, 0, -1, 4], [0, 0, math.nan, 1]]]
    assert decode(f"{SHAPE} {SCALES} reverse_output_order: true", raw, SCORES) == []


def test_anchors_as_a_third_tensor_stand_as_y_x_h_w() -> None:
    rows = [[0.4, 0.5, 1, 1], [0.3, 0.2, 0.5, 2]]
    by_tensor = decode(f"{SHAPE} {SCALES}", BOXES, SCORES, rows, side=NO_ANCHORS)
    by_packet = decode(f"{SHAPE} {SCALES}", BOXES, SCORES)
    assert [detection.box for detection in by_tensor] == [detection.box for detection in by_packet]


def test_tensors_in_another_order() -> None:
    mapping = "tensor_mapping { detections_tensor_index: 1 scores_tensor_index: 0 }"
    assert decode(f"{SHAPE} {SCALES} {mapping}", SCORES, BOXES) == decode(f"{SHAPE} {SCALES}", BOXES, SCORES)


POSTPROCESSED = (
    [[[0.1, 0.2, 0.3, 0.5], [0.4, 0.5, 0.6, 0.7], [0, 0, 0, 0]]],
    [[3, 1, 0]],
    [[0.9, 0.3, 0]],
    [2],
)


def test_a_model_that_decodes_by_itself() -> None:
    first, second = decode("num_classes: 5 num_coords: 4", *POSTPROCESSED, side=NO_ANCHORS)
    assert box(first) == (0.2, 0.1, 0.3, 0.2)
    assert (first.label_id, first.score) == ((3,), pytest.approx((0.9,)))
    assert second.label_id == (1,)


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        pytest.param("min_score_thresh: 0.5", [(3,)], id="above a score"),
        pytest.param("allow_classes: 1", [(1,)], id="allowed"),
        pytest.param("max_results: 1", [(3,)], id="the first"),
    ],
)
def test_which_of_a_model_that_decodes_by_itself(options: str, labels: list[tuple[int, ...]]) -> None:
    found = decode(f"num_classes: 5 num_coords: 4 {options}", *POSTPROCESSED, side=NO_ANCHORS)
    assert [detection.label_id for detection in found] == labels


def test_several_classes_a_box() -> None:
    corner = [0.1, 0.2, 0.3, 0.5]
    found = decode(
        "num_classes: 5 num_coords: 4 min_score_thresh: 0.2",
        [[corner, corner, [0, 0, 1, 1], [0, 0, 1, 1]]],
        [[3, 1, 2, 4]],
        [[0.9, 0.3, 0.4, 0.1]],
        [2],
        side=NO_ANCHORS,
    )
    assert [detection.label_id for detection in found] == [(3, 1), (2,)]


def test_other_order_of_corners() -> None:
    order = "box_boundaries_indices { xmin: 0 ymin: 1 xmax: 2 ymax: 3 }"
    first, _ = decode(f"num_classes: 5 num_coords: 4 {order}", *POSTPROCESSED, side=NO_ANCHORS)
    assert box(first) == (0.1, 0.2, 0.2, 0.3)


def test_an_empty_model_output_gives_an_empty_list() -> None:
    boxes, classes, scores, _ = POSTPROCESSED
    assert decode("num_classes: 5 num_coords: 4", boxes, classes, scores, [0], side=NO_ANCHORS) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param("num_boxes: 2", "num_classes and num_coords are not both set", id="widths"),
        pytest.param("num_classes: 1 num_coords: 5", "num_coords is 5; 4 values of a box", id="num_coords"),
        pytest.param(f"{SHAPE} max_results: 0", "max_results is 0", id="max_results"),
        pytest.param(f"{SHAPE} max_classes_per_detection: 0", "max_classes_per_detection is 0", id="no class"),
        pytest.param(f"{SHAPE} num_values_per_keypoint: 3", "num_values_per_keypoint is 3", id="3d"),
        pytest.param(f"{SHAPE} allow_classes: 1 ignore_classes: 0", "are both set; use one", id="both"),
        pytest.param(
            f"{SHAPE} box_boundaries_indices {{ ymin: 1 }}",
            r"\(1, 1, 2, 3\); they must be 0, 1, 2, 3",
            id="corners",
        ),
        pytest.param(
            f"{SHAPE} tensor_mapping {{ detections_tensor_index: 0 }}", "tensor_mapping sets", id="half a mapping"
        ),
    ],
)
def test_bad_options(options: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        runner(options).run()


@pytest.mark.parametrize(
    ("arrays", "side", "message"),
    [
        pytest.param((BOXES, [[[1, 2, 3], [1, 2, 3]]]), None, r"score tensor has shape \(1, 2, 3\)", id="scores"),
        pytest.param(([[1, 2]], SCORES), None, r"box tensor has shape \(1, 2\)", id="boxes"),
        pytest.param(
            (BOXES, SCORES), NO_ANCHORS, "there are no anchors; connect the side packet", id="no anchors"
        ),
        pytest.param(
            (BOXES, SCORES),
            {"ANCHORS": Anchors(ANCHORS.data[:1].copy())},
            "there are 1 anchors for 2 boxes",
            id="too few anchors",
        ),
        pytest.param((BOXES,), None, "TENSORS holds 1 tensors; 2", id="one tensor"),
    ],
)
def test_tensors_that_do_not_fit(arrays: Any, side: dict[str, Any] | None, message: str) -> None:
    with pytest.raises(CalculatorError, match=message):
        decode(f"{SHAPE} {SCALES}", *arrays, side=side)


def test_only_float32() -> None:
    run = runner(f"{SHAPE} {SCALES}")
    run.add("TENSORS", [Tensor(np.zeros((1, 2, 4))), Tensor(np.zeros((1, 2, 2)))], 0)
    with pytest.raises(CalculatorError, match=r"TENSORS holds a Tensor\(\(1, 2, 4\), float64\)"):
        run.run()


@pytest.mark.parametrize(
    ("threshold", "clip", "sigmoid"),
    [
        pytest.param(0.5, 100.0, True, id="as of palms"),
        pytest.param(0.5, None, True, id="not clipped"),
        pytest.param(0.6, 0.3, True, id="clipped below the threshold"),
        pytest.param(0.3, 0.2, True, id="clipped above the threshold"),
        pytest.param(0.01, 100.0, True, id="low"),
        pytest.param(0.9999, 100.0, True, id="where the sigmoid is flat"),
        pytest.param(0.5, None, False, id="no sigmoid"),
        pytest.param(-0.5, None, False, id="negative"),
    ],
)
def test_scores_at_the_threshold_are_kept_as_if_all_were_computed(
    threshold: float, clip: float | None, sigmoid: bool
) -> None:
    """Raw values around the threshold, one float32 after the other, and far from it; and NaN."""
    middle = math.log(threshold / (1 - threshold)) if sigmoid else threshold
    near = np.float32(middle) + np.float32(2**-22) * np.arange(-300, 300, dtype=np.float32)
    raw = np.concatenate((near, np.linspace(-30, 30, 500, dtype=np.float32), [np.nan, np.inf, -np.inf]))
    raw = np.stack((raw, raw[::-1]), axis=1).astype(np.float32)
    scores = raw if clip is None else raw.clip(-np.float32(clip), np.float32(clip))
    if sigmoid:
        with np.errstate(over="ignore"):
            scores = np.float32(1) / (np.float32(1) + np.exp(-scores))
    best = scores[np.arange(len(raw)), scores.argmax(axis=1)]
    count = len(raw)
    options = f"num_boxes: {count} num_classes: 2 num_coords: 4 {SCALES} min_score_thresh: {threshold} "
    options += ("sigmoid_score: true " if sigmoid else "") + (f"score_clipping_thresh: {clip}" if clip else "")
    anchors = Anchors(np.ones((count, 4), np.float32))
    found = decode(options, np.ones((1, count, 4)), raw[None], side={"ANCHORS": anchors})
    assert [detection.score[0] for detection in found] == best[best >= np.float32(threshold)].tolist()
