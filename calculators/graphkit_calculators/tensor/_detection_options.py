"""The options of TensorsToDetectionsCalculator, and what can be told from them alone."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from graphkit import option, options
from graphkit.errors import ContractError


class BoxFormat(IntEnum):
    """How a box is coded: order of centre and size, or distances from the anchor to its sides."""

    UNSPECIFIED = 0
    YXHW = 1
    XYWH = 2
    XYXY = 3


@options("mediapipe.TensorsToDetectionsCalculatorOptions.TensorMapping")
class TensorMapping:
    """Which tensor of the list is which."""

    detections_tensor_index: int | None = option(1)
    classes_tensor_index: int | None = option(2)
    scores_tensor_index: int | None = option(3)
    num_detections_tensor_index: int | None = option(4)
    anchors_tensor_index: int | None = option(5)


@options("mediapipe.TensorsToDetectionsCalculatorOptions.BoxBoundariesIndices")
class BoxBoundariesIndices:
    """Order of the corners of a model that decodes by itself."""

    ymin: int = option(1, default=0)
    xmin: int = option(2, default=1)
    ymax: int = option(3, default=2)
    xmax: int = option(4, default=3)


@options("mediapipe.TensorsToDetectionsCalculatorOptions", extension=335742639)
class TensorsToDetectionsCalculatorOptions:
    """Shape and coding of a detector's output, and which detections are kept."""

    num_classes: int | None = option(1)
    num_boxes: int | None = option(2)
    num_coords: int | None = option(3)
    keypoint_coord_offset: int | None = option(9)
    num_keypoints: int = option(10, default=0)
    num_values_per_keypoint: int = option(11, default=2)
    box_coord_offset: int = option(12, default=0)
    x_scale: float = option(4, default=0.0)
    y_scale: float = option(5, default=0.0)
    w_scale: float = option(6, default=0.0)
    h_scale: float = option(7, default=0.0)
    apply_exponential_on_box_size: bool = option(13, default=False)
    reverse_output_order: bool = option(14, default=False)
    ignore_classes: list[int] = option(8)
    allow_classes: list[int] = option(21)
    sigmoid_score: bool = option(15, default=False)
    score_clipping_thresh: float | None = option(16)
    flip_vertically: bool = option(18, default=False)
    min_score_thresh: float | None = option(19)
    max_results: int = option(20, default=-1)
    max_classes_per_detection: int = option(25, default=1)
    tensor_mapping: TensorMapping | None = option(22)
    box_boundaries_indices: BoxBoundariesIndices | None = option(23)
    box_format: BoxFormat | None = option(24)


class TensorPlaces(NamedTuple):
    """Positions in the list of tensors; only those that a list of its length has are meant."""

    detections: int
    classes: int
    scores: int
    num_detections: int
    anchors: int


def box_format_of(chosen: TensorsToDetectionsCalculatorOptions) -> BoxFormat:
    """Return the format: ``box_format`` where set, else what ``reverse_output_order`` says."""
    if chosen.box_format is not None:
        return BoxFormat.YXHW if chosen.box_format == BoxFormat.UNSPECIFIED else BoxFormat(chosen.box_format)
    return BoxFormat.XYWH if chosen.reverse_output_order else BoxFormat.YXHW


def box_columns(chosen: TensorsToDetectionsCalculatorOptions) -> tuple[int, int, int, int]:
    """Return the columns of ymin, xmin, ymax, xmax in boxes that are already decoded."""
    indices = chosen.box_boundaries_indices or BoxBoundariesIndices()
    return indices.ymin, indices.xmin, indices.ymax, indices.xmax


def tensor_places(chosen: TensorsToDetectionsCalculatorOptions, count: int) -> TensorPlaces:
    """Return where the tensors are in a list of *count*."""
    mapping = chosen.tensor_mapping
    if mapping is None:
        return TensorPlaces(0, 1, 2 if count > 3 else 1, 3, 2)
    return TensorPlaces(
        mapping.detections_tensor_index or 0,
        mapping.classes_tensor_index or 0,
        mapping.scores_tensor_index or 0,
        mapping.num_detections_tensor_index or 0,
        mapping.anchors_tensor_index or 0,
    )


def check_options(chosen: TensorsToDetectionsCalculatorOptions, *, ignores_by_side_packet: bool) -> None:
    """Raise ContractError where the options leave out or contradict something."""
    if chosen.num_classes is None or chosen.num_coords is None:
        raise ContractError("num_classes and num_coords are not both set; they are the widths of the tensors.")
    if chosen.num_values_per_keypoint != 2:
        raise ContractError(
            f"num_values_per_keypoint is {chosen.num_values_per_keypoint}; only 2, x and y, is known."
        )
    expected = 4 + 2 * chosen.num_keypoints
    if chosen.num_coords != expected:
        raise ContractError(
            f"num_coords is {chosen.num_coords}; 4 values of a box and {chosen.num_keypoints} keypoints make "
            f"{expected}."
        )
    if chosen.max_results == 0:
        raise ContractError("max_results is 0; use -1 for no limit, or a number above 0.")
    if chosen.max_classes_per_detection == 0:
        raise ContractError("max_classes_per_detection is 0; use -1 for all, or a number above 0.")
    ignores = bool(chosen.ignore_classes) or ignores_by_side_packet
    if chosen.allow_classes and ignores:
        raise ContractError("allow_classes and ignored classes (option or side packet) are both set; use one.")
    if sorted(box_columns(chosen)) != [0, 1, 2, 3]:
        raise ContractError(
            f"box_boundaries_indices are {box_columns(chosen)}; they must be 0, 1, 2, 3 in some order."
        )
    if chosen.tensor_mapping is not None:
        _check_mapping(chosen.tensor_mapping)


def _check_mapping(mapping: TensorMapping) -> None:
    places = {
        name: value for name, value in vars(mapping).items() if value is not None
    }  # fmt: skip
    allowed = (
        {"detections_tensor_index", "scores_tensor_index"},
        {"detections_tensor_index", "scores_tensor_index", "anchors_tensor_index"},
        {"detections_tensor_index", "scores_tensor_index", "classes_tensor_index", "num_detections_tensor_index"},
    )
    if set(places) not in allowed or sorted(places.values()) != list(range(len(places))):
        raise ContractError(
            f"tensor_mapping sets {places}; it needs detections and scores, then nothing more, or anchors, or "
            "classes and num_detections, numbered 0, 1, ... without a gap."
        )
