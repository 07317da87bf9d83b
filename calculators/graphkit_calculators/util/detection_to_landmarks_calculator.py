"""DetectionToLandmarksCalculator: the keypoints of a detection as landmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Output, calculator
from graphkit.formats import Detection, NormalizedLandmarkList

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@calculator
class DetectionToLandmarksCalculator(Calculator):
    """Makes a list of landmarks of a detection's keypoints; z is 0.

    Emits at every timestamp with a detection. Input: DETECTION. Output: LANDMARKS. It has no options.

    Example::

        node {
          calculator: "DetectionToLandmarksCalculator"
          input_stream: "DETECTION:face_detection"
          output_stream: "LANDMARKS:face_keypoints"
        }
    """

    for_outputs_only = True

    detection = Input(Detection, "DETECTION")
    landmarks = Output(NormalizedLandmarkList, "LANDMARKS")

    def process(self, cc: CalculatorContext) -> None:
        """Emit the keypoints."""
        found = self.detection.get(cc)
        if found is not None:
            self.landmarks.send(cc, NormalizedLandmarkList.from_xyz(found.relative_keypoints))
