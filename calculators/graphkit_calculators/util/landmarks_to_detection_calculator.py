"""LandmarksToDetectionCalculator: the box around landmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import FormatError
from graphkit.formats import Detection, NormalizedLandmarkList, RelativeBoundingBox

if TYPE_CHECKING:
    from graphkit import CalculatorContext


Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

_SMALLEST: Final = np.finfo(np.float32).tiny


@options("mediapipe.LandmarksToDetectionCalculatorOptions", extension=260199669)
class LandmarksToDetectionCalculatorOptions:
    """Which landmarks take part; all without any."""

    selected_landmark_indices: list[int] = option(1)


@calculator
class LandmarksToDetectionCalculator(Calculator):
    """Makes a Detection of landmarks: the upright box around them, and they are its keypoints.

    Emits at every timestamp with landmarks.

    Knobs: ``selected_landmark_indices`` picks landmarks and their order.

    Example::

        node {
          calculator: "LandmarksToDetectionCalculator"
          input_stream: "NORM_LANDMARKS:landmarks"
          output_stream: "DETECTION:detection"
        }
    """

    for_outputs_only = True

    landmarks = Input(NormalizedLandmarkList, "NORM_LANDMARKS")
    detection = Output(Detection, "DETECTION")
    options = Options(LandmarksToDetectionCalculatorOptions)

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._selected = self.options(cc).selected_landmark_indices

    def process(self, cc: CalculatorContext) -> None:
        """Emit the detection."""
        found = self.landmarks.get(cc)
        if found is None:
            return
        if self._selected and max(self._selected) >= len(found):
            raise FormatError(
                f"selected_landmark_indices names landmark {max(self._selected)}, but there are {len(found)}."
            )
        self.detection.send(cc, box_around(found.xy[self._selected] if self._selected else found.xy))


def box_around(points: Floats) -> Detection:
    """Return the Detection of (N, 2) float32 keypoints; raises FormatError where there are none."""
    if not len(points):
        raise FormatError("there are no landmarks to make a Detection of.")
    # The maxima start at the smallest positive float32, as in C++: a box never ends left of the image.
    columns = np.ascontiguousarray(points.T)  # of many points a tenth of the time
    low, high = columns.min(axis=1), columns.max(axis=1, initial=_SMALLEST)
    box = RelativeBoundingBox(*low.tolist(), *(high - low).tolist())
    return Detection(location=box, relative_keypoints=np.array(points))
