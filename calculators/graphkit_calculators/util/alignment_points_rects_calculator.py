"""AlignmentPointsRectsCalculator: the region that two points span."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from graphkit import calculator
from graphkit.errors import ContractError, FormatError
from graphkit.formats import Detection, ImageSize, NormalizedRect
from graphkit_calculators.util._rect_math import f32
from graphkit_calculators.util.detections_to_rects_calculator import (
    DetectionsToRectsCalculator,
    DetectionsToRectsCalculatorOptions,
)

if TYPE_CHECKING:
    from graphkit import CalculatorContract


@calculator
class AlignmentPointsRectsCalculator(DetectionsToRectsCalculator):
    """Makes a square region of two keypoints of each detection: its centre, and a point half a side away.

    Emits, takes and turns as DetectionsToRectsCalculator does, but for NORM_RECT and NORM_RECTS the box is the
    square, in pixels, whose centre is the start keypoint and whose side is twice the distance to the end
    keypoint. RECT and RECTS have the detection's own box.

    Knobs: those of DetectionsToRectsCalculator; both keypoint indices, a target angle and IMAGE_SIZE are
    needed.

    Example::

        node {
          calculator: "AlignmentPointsRectsCalculator"
          input_stream: "DETECTION:pose_detection"
          input_stream: "IMAGE_SIZE:image_size"
          output_stream: "NORM_RECT:pose_rect"
          options {
            [mediapipe.DetectionsToRectsCalculatorOptions.ext] {
              rotation_vector_start_keypoint_index: 0
              rotation_vector_end_keypoint_index: 1
              rotation_vector_target_angle_degrees: 90
            }
          }
        }
    """

    @staticmethod
    def check_rotation(cc: CalculatorContract, chosen: DetectionsToRectsCalculatorOptions) -> None:
        """Check that both points are named: they decide the size too."""
        ends = (chosen.rotation_vector_start_keypoint_index, chosen.rotation_vector_end_keypoint_index)
        if None in ends:
            raise ContractError(
                "the region is made of two keypoints: set rotation_vector_start_keypoint_index and "
                "rotation_vector_end_keypoint_index."
            )
        DetectionsToRectsCalculator.check_rotation(cc, chosen)

    def normalized_rect(self, detection: Detection, image_size: ImageSize | None) -> NormalizedRect:
        """Return the square around the start keypoint; raises FormatError where a keypoint is missing."""
        if image_size is None:
            raise FormatError("the size of the region is measured in pixels: IMAGE_SIZE has no packet.")
        rotation = self.rotation(detection, image_size)  # checks the keypoints
        assert self._start is not None
        assert self._end is not None
        width, height = image_size
        (x0, y0), (x1, y1) = (detection.relative_keypoints[i].tolist() for i in (self._start, self._end))
        center_x, center_y = f32(x0 * width), f32(y0 * height)
        side = _twice_the_distance(f32(f32(x1 * width) - center_x), f32(f32(y1 * height) - center_y))
        return NormalizedRect(
            f32(center_x / width), f32(center_y / height), f32(side / width), f32(side / height), rotation
        )


def _twice_the_distance(dx: float, dy: float) -> float:
    """Return twice the length of a vector, rounded to float32 step by step as MediaPipe's is."""
    return f32(2.0 * f32(math.sqrt(f32(f32(dx * dx) + f32(dy * dy)))))
