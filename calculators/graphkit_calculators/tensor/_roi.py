"""Regions of an image as tensors see them: rotated, padded to an aspect ratio, and as a matrix.

All of it is rounded to float32 step by step, as the C++ code that models were tried with does: a
product or quotient of two float32 numbers in Python's doubles, rounded once, is the float32 one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from graphkit.errors import FormatError
from graphkit.formats import LetterboxPadding

if TYPE_CHECKING:
    from graphkit.formats import NormalizedRect

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

NO_PADDING = LetterboxPadding(0.0, 0.0, 0.0, 0.0)


class Roi(NamedTuple):
    """A rotated rectangle in pixels; rotation is clockwise about the centre, in radians."""

    center_x: float
    center_y: float
    width: float
    height: float
    rotation: float


def f32(value: float) -> float:
    """Return *value* rounded to float32."""
    return float(np.float32(value))


def roi_of(image_width: int, image_height: int, rect: NormalizedRect | None = None) -> Roi:
    """Return *rect* in pixels of the image, or the whole image."""
    if rect is None:
        return Roi(0.5 * image_width, 0.5 * image_height, float(image_width), float(image_height), 0.0)
    return Roi(
        f32(rect.x_center * image_width),
        f32(rect.y_center * image_height),
        f32(rect.width * image_width),
        f32(rect.height * image_height),
        rect.rotation,
    )


def pad_roi(roi: Roi, tensor_width: int, tensor_height: int) -> tuple[Roi, LetterboxPadding]:
    """Grow *roi* to the aspect ratio of the tensor.

    Returns:
        The grown region, and how much of the tensor lies outside of *roi*, in fractions of its sides.

    Raises:
        FormatError: the region has no area.
    """
    if not (roi.width > 0 and roi.height > 0):
        raise FormatError(
            f"a region of {roi.width:g} x {roi.height:g} pixels has no aspect ratio to keep; "
            "width and height must be above 0 (both 0 says that there is no region)."
        )
    tensor_aspect = f32(tensor_height / tensor_width)
    roi_aspect = f32(roi.height / roi.width)
    if tensor_aspect > roi_aspect:
        vertical = f32(1.0 - f32(roi_aspect / tensor_aspect)) / 2.0
        padding = LetterboxPadding(0.0, vertical, 0.0, vertical)
        return roi._replace(height=f32(roi.width * tensor_aspect)), padding
    horizontal = f32(1.0 - f32(tensor_aspect / roi_aspect)) / 2.0
    padding = LetterboxPadding(horizontal, 0.0, horizontal, 0.0)
    return roi._replace(width=f32(roi.height / tensor_aspect)), padding


def corners(roi: Roi) -> Floats:
    """Return the corners of *roi*: bottom left, top left, top right and bottom right before its turn.

    Each step rounds to float32 as ``cv::RotatedRect::points`` does up to OpenCV 4.10, which MediaPipe is
    built with. Later versions round otherwise, and a corner that moves by its last bit moves a few samples
    to the next 1/32 pixel.

    Returns:
        (4, 2) float32, in pixels.
    """
    angle = f32(f32(roi.rotation * 180.0) / math.pi) * math.pi / 180.0
    half = np.float32(0.5)
    sin, cos = np.float32(math.sin(angle)) * half, np.float32(math.cos(angle)) * half
    x, y, width, height = map(np.float32, roi[:4])
    first = x - sin * height - cos * width, y + cos * height - sin * width
    second = x + sin * height - cos * width, y - cos * height - sin * width
    twice = np.float32(2)
    return np.array((
        first, second, (twice * x - first[0], twice * y - first[1]), (twice * x - second[0], twice * y - second[1])
    ))  # fmt: skip


def roi_to_image_matrix(roi: Roi, image_width: int, image_height: int) -> Floats:
    """Return the matrix from fractions of *roi* to fractions of the image.

    Returns:
        (4, 4) float32, row-major: x and y turn with the region, z is scaled as x is.
    """
    one = np.float32
    cos, sin = np.cos(one(roi.rotation)), np.sin(one(roi.rotation))
    a, b, half = one(roi.width), one(roi.height), one(0.5)
    g, h = one(1.0) / one(image_width), one(1.0) / one(image_height)
    matrix = np.zeros((4, 4), np.float32)
    matrix[0, 0] = a * cos * g
    matrix[0, 1] = -b * sin * g
    matrix[0, 3] = (-half * a * cos + half * b * sin + one(roi.center_x)) * g
    matrix[1, 0] = a * sin * h
    matrix[1, 1] = b * cos * h
    matrix[1, 3] = (-half * b * cos - half * a * sin + one(roi.center_y)) * h
    matrix[2, 2] = a * g
    matrix[3, 3] = 1.0
    matrix.setflags(write=False)
    return matrix
