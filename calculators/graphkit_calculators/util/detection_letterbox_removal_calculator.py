"""DetectionLetterboxRemovalCalculator: detections of a padded picture as those of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graphkit import Calculator, Input, Output, calculator
from graphkit.formats import Detection, LetterboxPadding, RelativeBoundingBox
from graphkit_calculators.util._letterbox import Unpadding

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@calculator
class DetectionLetterboxRemovalCalculator(Calculator):
    """Maps boxes and keypoints found in a letterboxed image back to the image without the borders.

    Emits at every timestamp with detections; a list may be empty. The padding is what
    ImageToTensorCalculator puts on LETTERBOX_PADDING.

    Example::

        node {
          calculator: "DetectionLetterboxRemovalCalculator"
          input_stream: "DETECTIONS:detections"
          input_stream: "LETTERBOX_PADDING:letterbox_padding"
          output_stream: "DETECTIONS:adjusted_detections"
        }
    """

    for_outputs_only = True

    detections = Input(list[Detection], "DETECTIONS")
    padding = Input(LetterboxPadding, "LETTERBOX_PADDING")
    adjusted = Output(list[Detection], "DETECTIONS")

    def process(self, cc: CalculatorContext) -> None:
        """Emit the detections without the letterbox."""
        found = self.detections.get(cc)
        if found is None:
            return
        padding = self.padding(cc)
        if any(padding):
            unpadding = Unpadding.of(padding)
            found = [without_letterbox(detection, unpadding) for detection in found]
        self.adjusted.send(cc, found)


def without_letterbox(detection: Detection, unpadding: Unpadding) -> Detection:
    """Return *detection*, whose location must be a relative box, in fractions of the picture."""
    box = np.array(detection.box, np.float32)
    left, top = unpadding.positions(box[:2]).tolist()
    width, height = unpadding.sizes(box[2:]).tolist()
    return detection.replace(
        location=RelativeBoundingBox(left, top, width, height),
        relative_keypoints=unpadding.positions(detection.relative_keypoints),
    )
