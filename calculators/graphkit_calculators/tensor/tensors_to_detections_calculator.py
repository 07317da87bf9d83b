"""TensorsToDetectionsCalculator: the output of a detector as boxes, scores and keypoints."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphkit import Calculator, Input, Options, Output, SideInput, calculator
from graphkit.errors import FormatError
from graphkit.formats import Anchors, Detection, Tensor
from graphkit_calculators.tensor._detection_decoding import (
    best_classes,
    corners_to_centers,
    decode_centers,
    decode_keypoints,
    raw_floor,
    rows_above,
    to_detections,
)
from graphkit_calculators.tensor._detection_options import (
    BoxFormat,
    TensorsToDetectionsCalculatorOptions,
    box_columns,
    box_format_of,
    check_options,
    tensor_places,
)

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

_CENTER_COLUMNS = {
    BoxFormat.YXHW: (1, 0, 3, 2),
    BoxFormat.XYWH: (0, 1, 2, 3),
    BoxFormat.XYXY: (0, 1, 2, 3),
}
_POSTPROCESSED = 4


@calculator
class TensorsToDetectionsCalculator(Calculator):
    """Decodes the tensors of a detector into a list of Detection.

    Emits at every timestamp with tensors, an empty list where nothing was found. Boxes are in
    fractions of the model's input; those of negative or NaN size are dropped.

    Inputs: TENSORS, either boxes and scores (with the anchors as side packet ANCHORS or as a third
    tensor), or the four tensors of a model that decodes by itself: boxes, classes, scores, count.
    IGNORE_CLASSES, a side packet, overrides the option of that name.

    Knobs: shape and coding of the model (``num_classes``, ``num_boxes``, ``num_coords``, ``*_scale``,
    ``box_format``, keypoints ...) have to be taken from its configuration. ``min_score_thresh`` decides
    how many candidates the following NonMaxSuppressionCalculator has to compare; ``max_results`` keeps the
    first so many; ``allow_classes`` or ``ignore_classes`` leave classes out.

    Example::

        node {
          calculator: "TensorsToDetectionsCalculator"
          input_stream: "TENSORS:detection_tensors"
          input_side_packet: "ANCHORS:anchors"
          output_stream: "DETECTIONS:unfiltered_detections"
          options {
            [mediapipe.TensorsToDetectionsCalculatorOptions.ext] {
              num_classes: 1
              num_boxes: 2016
              num_coords: 18
              x_scale: 192.0
              y_scale: 192.0
              w_scale: 192.0
              h_scale: 192.0
              keypoint_coord_offset: 4
              num_keypoints: 7
              sigmoid_score: true
              score_clipping_thresh: 100.0
              reverse_output_order: true
              min_score_thresh: 0.5
            }
          }
        }
    """

    for_outputs_only = True

    tensors = Input(list[Tensor], "TENSORS")
    anchors = SideInput(Anchors, "ANCHORS", optional=True)
    ignore_classes = SideInput(list[int], "IGNORE_CLASSES", value_optional=True)
    detections = Output(list[Detection], "DETECTIONS")
    options: Options[Any] = Options(TensorsToDetectionsCalculatorOptions)

    @classmethod
    def settings(cls, cc: CalculatorContract | CalculatorContext) -> TensorsToDetectionsCalculatorOptions:
        """Return what the options say; a subclass with options of its own puts them into these."""
        chosen: TensorsToDetectionsCalculatorOptions = cls.options(cc)
        return chosen

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check the options."""
        check_options(cls.settings(cc), ignores_by_side_packet=cls.ignore_classes.is_connected(cc))

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        chosen = self._chosen = self.settings(cc)
        self._classes = chosen.num_classes or 0
        self._coords = chosen.num_coords or 0
        self._format = box_format_of(chosen)
        self._scale = np.array((chosen.x_scale, chosen.y_scale, chosen.w_scale, chosen.h_scale), np.float32)
        self._corner_columns = box_columns(chosen)
        self._allowed = self._allowed_classes(self.ignore_classes.get(cc))
        self._floor = raw_floor(
            chosen.min_score_thresh, chosen.score_clipping_thresh, apply_sigmoid=chosen.sigmoid_score
        )
        given = self.anchors.get(cc)
        self._anchors = None if given is None else given.data

    def process(self, cc: CalculatorContext) -> None:
        """Emit the detections."""
        tensors = self.given(cc)
        if tensors is None:
            return
        for tensor in tensors:
            if tensor.dtype != np.float32:
                raise FormatError(f"TENSORS holds a {tensor}; detections are decoded from float32 only.")
        if len(tensors) in (2, 3):
            found = self._decode(tensors)
        elif len(tensors) == _POSTPROCESSED:
            found = self._read_postprocessed(tensors)
        else:
            raise FormatError(
                f"TENSORS holds {len(tensors)} tensors; 2 (boxes, scores), 3 (and anchors) or 4 (boxes, classes, "
                "scores, count) were expected."
            )
        self.detections.send(cc, found)

    def given(self, cc: CalculatorContext) -> list[Tensor] | None:
        """Return the tensors of this timestamp."""
        return self.tensors.get(cc)

    def _allowed_classes(self, ignored_by_side_packet: list[int] | None) -> Any:
        """Return the classes to look at, as an index into the columns of the scores."""
        chosen = self._chosen
        if ignored_by_side_packet is None and chosen.allow_classes:
            return [c for c in range(self._classes) if c in chosen.allow_classes]
        ignored = chosen.ignore_classes if ignored_by_side_packet is None else ignored_by_side_packet
        return [c for c in range(self._classes) if c not in ignored] if ignored else slice(None)

    def _decode(self, tensors: list[Tensor]) -> list[Detection]:
        chosen = self._chosen
        places = tensor_places(chosen, len(tensors))
        boxes = self._rows(tensors[places.detections], self._coords, "box")
        raw_scores = self._rows(tensors[places.scores], self._classes, "score")
        anchors = self._anchors_for(tensors, places.anchors)
        if self._allowed == []:
            return []
        raw_scores = raw_scores[:, self._allowed]
        if self._floor is not None:
            able = rows_above(raw_scores, self._floor)  # few, of thousands
            if not len(able):
                return []
            raw_scores, boxes, anchors = (array.take(able, 0) for array in (raw_scores, boxes, anchors))
        classes, scores = best_classes(
            raw_scores,
            chosen.score_clipping_thresh,
            apply_sigmoid=chosen.sigmoid_score,
            count=chosen.max_classes_per_detection,
        )
        if not isinstance(self._allowed, slice):
            classes = np.array(self._allowed)[classes]
        if chosen.min_score_thresh is not None:
            kept = rows_above(scores[:, :1], np.float32(chosen.min_score_thresh))
            if not len(kept):
                return []
            if len(kept) < len(scores):
                boxes, anchors = boxes[kept], anchors[kept]
                scores, classes = scores[kept], classes[kept]
        rows = self._labelled(scores, classes)
        points = self._keypoints(boxes)
        if points.size:
            points = decode_keypoints(points, anchors, self._scale[:2], y_first=self._format is BoxFormat.YXHW)
        found = to_detections(
            self._corners(boxes, anchors),
            points,
            [tuple(score for score, _ in row) for row in rows],
            [tuple(number for _, number in row) for row in rows],
            flip_vertically=chosen.flip_vertically,
        )
        return found[: chosen.max_results] if chosen.max_results > 0 else found

    def _corners(self, boxes: Floats, anchors: Floats) -> Floats:
        start = self._chosen.box_coord_offset
        raw = boxes[:, start : start + 4]
        if self._format is BoxFormat.XYXY:
            raw = corners_to_centers(raw)
        exponential = self._chosen.apply_exponential_on_box_size
        order = _CENTER_COLUMNS[self._format]
        return decode_centers(raw, anchors, self._scale, exponential=exponential, order=order)

    def _keypoints(self, boxes: Floats) -> Floats:
        start, count = self._chosen.keypoint_coord_offset or 0, self._chosen.num_keypoints
        return boxes[:, start : start + 2 * count].reshape(len(boxes), count, 2)

    def _rows(self, tensor: Tensor, columns: int, what: str) -> Floats:
        shape, boxes = tensor.shape, self._chosen.num_boxes or 0
        if shape not in ((1, boxes, columns), (1, 1, boxes, columns)):
            raise FormatError(
                f"the {what} tensor has shape {shape}; the options (num_boxes, num_coords, num_classes) say "
                f"(1, {boxes}, {columns})."
            )
        rows: Floats = tensor.nhwc().reshape(boxes, columns)
        return rows

    def _anchors_for(self, tensors: list[Tensor], place: int) -> Floats:
        if self._anchors is None:
            if len(tensors) != 3:
                raise FormatError(
                    "there are no anchors; connect the side packet ANCHORS (SsdAnchorsCalculator makes it), or "
                    "give them as a third tensor."
                )
            # In the tensor a row is y, x, h, w.
            self._anchors = tensors[place].nhwc().reshape(-1, 4)[:, (1, 0, 2, 3)]
        if len(self._anchors) != self._chosen.num_boxes:
            raise FormatError(f"there are {len(self._anchors)} anchors for {self._chosen.num_boxes} boxes.")
        return self._anchors

    def _read_postprocessed(self, tensors: list[Tensor]) -> list[Detection]:
        """Return the detections of a model that ends in an op that decodes and suppresses."""
        chosen = self._chosen
        places = tensor_places(chosen, len(tensors))
        boxes = tensors[places.detections].nhwc().reshape(-1, self._coords)
        count = int(tensors[places.num_detections].nhwc().reshape(-1)[0])
        if count <= 0:
            return []
        per_box = len(boxes) // count if len(boxes) % count == 0 else 1
        boxes = boxes[: count * per_box : per_box]
        scores = tensors[places.scores].nhwc().reshape(-1)[: count * per_box].reshape(count, per_box)
        classes = tensors[places.classes].nhwc().reshape(-1)[: count * per_box].reshape(count, per_box)
        rows = self._labelled(scores, classes.astype(int))
        kept = [index for index, row in enumerate(rows) if row]
        found = to_detections(
            boxes[kept][:, self._corner_columns],
            self._keypoints(boxes[kept]),
            [tuple(score for score, _ in rows[index]) for index in kept],
            [tuple(number for _, number in rows[index]) for index in kept],
            flip_vertically=chosen.flip_vertically,
        )
        return found[: chosen.max_results] if chosen.max_results > 0 else found

    def _labelled(self, scores: Floats, classes: Any) -> list[list[tuple[float, int]]]:
        """Return score and class number of what is kept of each row of (N, K) scores and (N, K) classes."""
        threshold = self._chosen.min_score_thresh
        least = -math.inf if threshold is None else float(np.float32(threshold))
        allowed = None if isinstance(self._allowed, slice) else self._allowed
        return [
            [
                (score, number)
                for score, number in zip(*row, strict=True)
                if score >= least and (allowed is None or number in allowed)
            ]
            for row in zip(scores.tolist(), classes.tolist(), strict=True)
        ]
