"""HandDetectionsFromPoseToRectsCalculator: where a hand is, from a pose."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from graphkit import calculator
from graphkit.errors import ContractError, FormatError
from graphkit.formats import Detection, ImageSize, NormalizedRect
from graphkit_calculators.util._rect_math import f32, upright_rotation
from graphkit_calculators.util.detections_to_rects_calculator import (
    DetectionsToRectsCalculator,
    DetectionsToRectsCalculatorOptions,
)

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

_WRIST, _PINKY, _INDEX = 0, 1, 2
_UP: Final = f32(math.pi / 2)


@calculator
class HandDetectionsFromPoseToRectsCalculator(DetectionsToRectsCalculator):
    """Makes the region of a hand of three points of a pose: wrist, and knuckles of pinky and index finger.

    Emits and takes as DetectionsToRectsCalculator does. The region's centre is where the middle finger begins,
    its side twice the way there from the wrist (in pixels), and the hand points up in it. The outputs in pixels
    (RECT, RECTS) have the detection's own box.

    Knobs: ``output_zero_rect_for_empty_detections``; the options about rotation are not read. IMAGE_SIZE is
    needed.

    Example::

        node {
          calculator: "HandDetectionsFromPoseToRectsCalculator"
          input_stream: "DETECTION:hand_detection_from_pose"
          input_stream: "IMAGE_SIZE:image_size"
          output_stream: "NORM_RECT:hand_roi_from_pose"
        }
    """

    @staticmethod
    def check_rotation(cc: CalculatorContract, chosen: DetectionsToRectsCalculatorOptions) -> None:
        """Check that the size of the image is there: the region is measured in pixels."""
        del chosen
        if "IMAGE_SIZE" not in cc.inputs:
            raise ContractError("the region of a hand is measured in pixels: connect IMAGE_SIZE.")

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        super().open(cc)
        self._start, self._end = _WRIST, _INDEX  # the base class waits for the size where there is a start

    def normalized_rect(self, detection: Detection, image_size: ImageSize | None) -> NormalizedRect:
        """Return the region of a hand; raises FormatError where a keypoint is missing."""
        (wrist_x, wrist_y), (x, y), (width, height) = _wrist_and_middle(detection, image_size)
        across, down = f32(x - wrist_x), f32(y - wrist_y)
        side = f32(2.0 * f32(math.sqrt(f32(f32(across * across) + f32(down * down)))))
        rotation = upright_rotation(wrist_x, wrist_y, x, y, _UP)
        return NormalizedRect(f32(x / width), f32(y / height), f32(side / width), f32(side / height), rotation)

    def rotation(self, detection: Detection, image_size: ImageSize | None) -> float:
        """Return how far the hand is turned, in radians clockwise."""
        wrist, middle, _ = _wrist_and_middle(detection, image_size)
        return upright_rotation(*wrist, *middle, _UP)


def _wrist_and_middle(
    detection: Detection, image_size: ImageSize | None
) -> tuple[tuple[float, float], tuple[float, float], ImageSize]:
    """Return wrist and beginning of the middle finger in pixels, and the size of the image."""
    points = detection.relative_keypoints
    if image_size is None or len(points) != 3:
        raise FormatError(
            f"a hand's region needs wrist, pinky and index finger and the image's size; found {len(points)} "
            f"keypoints and the size {image_size}."
        )
    width, height = image_size
    xs, ys = [f32(x * width) for x in points[:, 0].tolist()], [f32(y * height) for y in points[:, 1].tolist()]
    middle = f32(f32(f32(2.0 * xs[_INDEX]) + xs[_PINKY]) / 3.0), f32(f32(f32(2.0 * ys[_INDEX]) + ys[_PINKY]) / 3.0)
    return (xs[_WRIST], ys[_WRIST]), middle, image_size
