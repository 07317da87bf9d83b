"""NonMaxSuppressionCalculator: one detection a thing instead of many that overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import BoundingBox, Detection, ImageFrame, RelativeBoundingBox
from graphkit_calculators.util._suppression import (
    NmsAlgorithm,
    Overlapping,
    OverlapType,
    suppress,
    suppress_weighted,
)

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.NonMaxSuppressionCalculatorOptions", extension=55383100)
class NonMaxSuppressionCalculatorOptions:
    """When two detections are one, and what becomes of them."""

    num_detection_streams: int = option(1, default=1)
    max_num_detections: int = option(2, default=-1)
    min_score_threshold: float = option(6, default=-1.0)
    min_suppression_threshold: float = option(3, default=1.0)
    overlap_type: OverlapType = option(4, default=OverlapType.JACCARD)
    return_empty_detections: bool = option(5, default=False)
    algorithm: NmsAlgorithm = option(7, default=NmsAlgorithm.DEFAULT)
    multiclass_nms: bool = option(8, default=False)


@calculator
class NonMaxSuppressionCalculator(Calculator):
    """Merges or drops detections that overlap a better one.

    Emits the detections of all its untagged inputs that remain, best first. Where there is none it
    emits nothing, or an empty list with ``return_empty_detections``. A detection keeps its best class
    only; one without a class is dropped. IMAGE, optional, gives the size for boxes in pixels.

    Knobs: ``min_suppression_threshold``, above which overlap two detections are one (1, the default,
    never); ``overlap_type``, how it is measured; ``algorithm``: DEFAULT keeps the best of a group,
    WEIGHTED averages boxes and keypoints by score, which is steadier from frame to frame, and knows no
    ``max_num_detections``; ``multiclass_nms`` treats each class by itself. Costs grow with the square
    of the candidates: choose the threshold of the detector accordingly.

    Example::

        node {
          calculator: "NonMaxSuppressionCalculator"
          input_stream: "unfiltered_detections"
          output_stream: "filtered_detections"
          options {
            [mediapipe.NonMaxSuppressionCalculatorOptions.ext] {
              min_suppression_threshold: 0.3
              overlap_type: INTERSECTION_OVER_UNION
              algorithm: WEIGHTED
            }
          }
        }
    """

    for_outputs_only = True

    image = Input(ImageFrame, "IMAGE", optional=True)
    candidates = Input(list[Detection], repeated=True)
    detections = Output(list[Detection])
    options = Options(NonMaxSuppressionCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check the options and the number of streams."""
        chosen = cls.options(cc)
        if chosen.max_num_detections == 0:
            raise ContractError("max_num_detections is 0; use -1 for no limit, or a number above 0.")
        streams = cls.candidates.count(cc)
        if chosen.num_detection_streams < 1 or streams < chosen.num_detection_streams:
            raise ContractError(
                f"num_detection_streams is {chosen.num_detection_streams}, but {streams} untagged inputs are "
                "connected."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        chosen = self._chosen = self.options(cc)
        self._streams = range(chosen.num_detection_streams)
        self._overlapping = Overlapping(OverlapType(chosen.overlap_type), chosen.min_suppression_threshold)

    def process(self, cc: CalculatorContext) -> None:
        """Emit what remains."""
        found: list[Detection] = []
        for index in self._streams:
            found += self.candidates.get(cc, index) or ()
        if not found:
            if self._chosen.return_empty_detections:
                self.detections.send(cc, [])
            return
        frame = self.image.get(cc)
        size = None if frame is None else (frame.width, frame.height)
        limit = self._chosen.max_num_detections
        if not self._chosen.multiclass_nms:
            self.detections.send(cc, self._suppress(found, size, limit))
            return
        numbers = sorted({number for detection in found for number in detection.label_id})
        kept = [
            detection
            for number in numbers
            for detection in self._suppress([d for d in found if number in d.label_id], size, limit)
        ]
        kept.sort(key=lambda detection: -detection.score[0])
        self.detections.send(cc, kept[:limit] if limit > 0 else kept)

    def _suppress(self, found: list[Detection], size: tuple[int, int] | None, limit: int) -> list[Detection]:
        pruned = [best_class_only(detection) for detection in found if detection.label_id or detection.label]
        pruned.sort(key=lambda detection: -detection.score[0])
        boxes = [relative_box(detection.location, size) for detection in pruned]
        min_score = self._chosen.min_score_threshold
        if self._chosen.algorithm == NmsAlgorithm.WEIGHTED:
            return suppress_weighted(pruned, boxes, self._overlapping, min_score)
        return suppress(pruned, boxes, self._overlapping, min_score, limit)


def best_class_only(detection: Detection) -> Detection:
    """Return *detection* with its best class only; raises FormatError where classes and scores do not match."""
    if len(detection.score) == 1:
        return detection
    if len(detection.score) not in (len(detection.label_id), len(detection.label)) or not detection.score:
        raise FormatError(
            f"a detection has {len(detection.score)} scores for {len(detection.label_id)} label ids and "
            f"{len(detection.label)} labels; one per class is needed."
        )
    best = max(range(len(detection.score)), key=detection.score.__getitem__)
    changes: dict[str, Any] = {"score": (detection.score[best],)}
    if len(detection.label_id) > best:
        changes["label_id"] = (detection.label_id[best],)
    else:
        changes["label"] = (detection.label[best],)
    return detection.replace(**changes)


def relative_box(location: object, size: tuple[int, int] | None) -> RelativeBoundingBox:
    """Return *location* in fractions of the image; *size* is its width and height, where known."""
    if isinstance(location, RelativeBoundingBox):
        return location
    if isinstance(location, BoundingBox) and size is not None:
        width, height = size
        return RelativeBoundingBox(
            location.xmin / width, location.ymin / height, location.width / width, location.height / height
        )
    raise FormatError(
        f"a detection has {type(location).__name__} as its location; a RelativeBoundingBox is needed, or a "
        "BoundingBox with the input IMAGE connected."
    )
