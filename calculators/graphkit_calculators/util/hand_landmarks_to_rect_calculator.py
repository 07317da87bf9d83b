"""HandLandmarksToRectCalculator: the region in which the next frame's hand is looked for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from graphkit import Calculator, Input, Output, calculator
from graphkit.errors import FormatError
from graphkit.formats import ImageSize, NormalizedLandmarkList, NormalizedRect
from graphkit_calculators.util._rect_math import f32, upright_rotation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit import CalculatorContext

_HAND_LANDMARKS: Final = 21
_PALM_SIDE: Final = np.array([0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18])
"""The landmarks that count: the wrist and each finger up to the joint that bends least."""

_WRIST: Final = 0
_INDEX: Final = 4
_MIDDLE: Final = 6
_RING: Final = 8
"""Positions within _PALM_SIDE of the wrist and of three finger joints."""

_SMALLEST: Final = float(np.finfo(np.float32).tiny)
"""Where MediaPipe's maxima start: above 0, so points left of or above the origin do not lower them."""

_UP: Final = f32(math.pi / 2)


@calculator
class HandLandmarksToRectCalculator(Calculator):
    """Puts a box around the palm side of a hand, turned so that the fingers point up in it.

    Emits at every timestamp with landmarks; the image size must be there then.

    Inputs: NORM_LANDMARKS, the 21 landmarks of a hand, or the 12 of them that count (0, 1, 2, 3, 5, 6, 9,
    10, 13, 14, 17, 18); IMAGE_SIZE. Output: NORM_RECT, tight around those 12; a
    RectTransformationCalculator usually enlarges it. It has no options.

    Example::

        node {
          calculator: "HandLandmarksToRectCalculator"
          input_stream: "NORM_LANDMARKS:hand_landmarks"
          input_stream: "IMAGE_SIZE:image_size"
          output_stream: "NORM_RECT:hand_rect"
        }
    """

    for_outputs_only = True

    landmarks = Input(NormalizedLandmarkList, "NORM_LANDMARKS")
    image_size = Input(ImageSize, "IMAGE_SIZE")
    rect = Output(NormalizedRect, "NORM_RECT")

    def process(self, cc: CalculatorContext) -> None:
        """Emit the rect of one hand."""
        landmarks = self.landmarks.get(cc)
        if landmarks is not None:
            self.rect.send(cc, hand_rect(landmarks, self.image_size(cc)))


def hand_rect(landmarks: NormalizedLandmarkList, image_size: ImageSize) -> NormalizedRect:
    """Return the rect around a hand's palm side, fingers up.

    Args:
        landmarks: 21, or the 12 that count; more than 8 are needed.
        image_size: in pixels.

    Raises:
        FormatError: too few landmarks.
    """
    points = landmarks.data.take(_PALM_SIDE, 0) if len(landmarks) == _HAND_LANDMARKS else landmarks.data
    if len(points) <= _RING:
        raise FormatError(f"a hand's rect needs 21 landmarks, or the 12 of its palm side; found {len(points)}.")
    # For a dozen points Python's floats are faster than calls into numpy.
    xs, ys = points.T[:2].tolist()
    width, height = image_size
    rotation = _rotation(xs, ys, width, height)
    center_x, center_y = _middle(xs), _middle(ys)
    cos, sin = math.cos(rotation), math.sin(rotation)
    # The points in pixels about the middle of their upright box, turned back by the rotation.
    x_cos, x_sin, y_cos, y_sin = width * cos, width * sin, height * cos, height * sin
    across = [(x - center_x) * x_cos + (y - center_y) * y_sin for x, y in zip(xs, ys, strict=True)]
    along = [(y - center_y) * y_cos - (x - center_x) * x_sin for x, y in zip(xs, ys, strict=True)]
    box_x, box_y = _middle(across), _middle(along)
    return NormalizedRect(
        f32((box_x * cos - box_y * sin) / width + center_x),
        f32((box_x * sin + box_y * cos) / height + center_y),
        f32((max(_SMALLEST, *across) - min(across)) / width),
        f32((max(_SMALLEST, *along) - min(along)) / height),
        rotation,
    )


def _rotation(xs: Sequence[float], ys: Sequence[float], width: int, height: int) -> float:
    x = ((xs[_INDEX] + xs[_RING]) / 2 + xs[_MIDDLE]) / 2 * width
    y = ((ys[_INDEX] + ys[_RING]) / 2 + ys[_MIDDLE]) / 2 * height
    return upright_rotation(xs[_WRIST] * width, ys[_WRIST] * height, x, y, _UP)


def _middle(values: Sequence[float]) -> float:
    return (max(_SMALLEST, *values) + min(values)) / 2
