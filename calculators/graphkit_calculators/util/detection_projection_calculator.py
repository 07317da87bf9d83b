"""DetectionProjectionCalculator: detections in other coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graphkit import Calculator, Input, Output, calculator
from graphkit.errors import ContractError
from graphkit.formats import Detection, RelativeBoundingBox
from graphkit_calculators.util._projection import Projection

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class DetectionProjectionCalculator(Calculator):
    """Maps boxes and keypoints with a matrix, most often from a region to the whole image.

    Emits each list of detections at its timestamp, as long as a matrix is there. A box that is turned
    becomes the upright box around it. Several lists may be given as DETECTIONS:0, DETECTIONS:1, ...

    Example::

        node {
          calculator: "DetectionProjectionCalculator"
          input_stream: "DETECTIONS:detections"
          input_stream: "PROJECTION_MATRIX:matrix"
          output_stream: "DETECTIONS:projected_detections"
        }
    """

    for_outputs_only = True

    detections = Input(list[Detection], "DETECTIONS", repeated=True)
    matrix = Input(np.ndarray, "PROJECTION_MATRIX")
    projected = Output(list[Detection], "DETECTIONS", repeated=True)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that each input has its output."""
        inputs, outputs = cls.detections.count(cc), cls.projected.count(cc)
        if inputs != outputs:
            raise ContractError(
                f"DETECTIONS has {inputs} inputs and {outputs} outputs; as many of both are needed."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Count the streams."""
        self._streams = range(self.detections.count(cc))

    def process(self, cc: CalculatorContext) -> None:
        """Emit the projected detections."""
        matrix = self.matrix.get(cc)
        if matrix is None:
            return
        projection = Projection.of_matrix(matrix)
        for index in self._streams:
            found = self.detections.get(cc, index)
            if found is not None:
                self.projected.send(cc, [projected(one, projection) for one in found], index=index)


def projected(detection: Detection, projection: Projection) -> Detection:
    """Return *detection*, whose location must be a relative box, projected."""
    xmin, ymin, width, height = detection.box
    corners = np.array(
        ((xmin, ymin), (xmin + width, ymin), (xmin + width, ymin + height), (xmin, ymin + height)), np.float32
    )
    moved = projection.positions(corners)
    low, high = moved.min(axis=0), moved.max(axis=0)
    return detection.replace(
        location=RelativeBoundingBox(*low.tolist(), *(high - low).tolist()),
        relative_keypoints=projection.positions(detection.relative_keypoints),
    )
