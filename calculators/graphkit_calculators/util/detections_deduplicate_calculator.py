"""DetectionsDeduplicateCalculator: the classes found in one and the same box, as one detection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Output, calculator
from graphkit.errors import FormatError
from graphkit.formats import BoundingBox, Detection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphkit import CalculatorContext


@calculator
class DetectionsDeduplicateCalculator(Calculator):
    """Merges detections with exactly the same pixel box into the first of them.

    Emits at every timestamp with detections, an empty list too. Scores, labels, label ids and display
    names are put one after the other; all else is the first detection's. Where boxes only overlap, use
    NonMaxSuppressionCalculator.

    Input: untagged, a list of detections with a BoundingBox each. Output: untagged, the merged list, in
    the order in which the boxes first appear. It has no options.

    Example::

        node {
          calculator: "DetectionsDeduplicateCalculator"
          input_stream: "detections"
          output_stream: "merged_detections"
        }
    """

    for_outputs_only = True

    detections = Input(list[Detection])
    merged = Output(list[Detection])

    def process(self, cc: CalculatorContext) -> None:
        """Emit the merged detections."""
        detections = self.detections.get(cc)
        if detections is not None:
            self.merged.send(cc, merge_same_boxes(detections))


def merge_same_boxes(detections: Iterable[Detection]) -> list[Detection]:
    """Return one detection a box; raises FormatError where one has no BoundingBox."""
    by_box: dict[BoundingBox, Detection] = {}
    for detection in detections:
        box = detection.location
        if not isinstance(box, BoundingBox):
            raise FormatError(f"detections to merge need a BoundingBox each; found {box}.")
        first = by_box.get(box)
        by_box[box] = detection if first is None else _merge(first, detection)
    return list(by_box.values())


def _merge(first: Detection, other: Detection) -> Detection:
    return first.replace(
        score=first.score + other.score,
        label=first.label + other.label,
        label_id=first.label_id + other.label_id,
        display_name=first.display_name + other.display_name,
    )
