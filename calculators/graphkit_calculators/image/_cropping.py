"""The nearest pixels of a rotated region, as OpenCV finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphkit.framework import opencv
from graphkit_calculators.tensor._roi import Roi, corners

if TYPE_CHECKING:
    from graphkit.formats import ImageSize

Pixels: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Doubles: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


def crop(pixels: Pixels, roi: Roi, size: ImageSize, *, replicate: bool) -> Pixels:
    """Return the nearest pixels of *roi*.

    Args:
        pixels: (H, W, C) or (H, W).
        roi: width and height are whole numbers from 1.
        size: of the output.
        replicate: whether the outside repeats the edge; it is black otherwise.
    """
    cv2 = opencv()
    border = cv2.BORDER_REPLICATE if replicate else cv2.BORDER_CONSTANT
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    cropped: Pixels = cv2.warpPerspective(
        pixels, source_from_target(roi, size), tuple(size), flags=flags, borderMode=border
    )
    return cropped


def source_from_target(roi: Roi, size: ImageSize) -> Doubles:
    """Return the (3, 3) matrix from pixels of the target to pixels of the source.

    The corners of the region lie on the middles of the outermost pixels, unlike in a tensor. A single pixel lies
    in the middle.
    """
    cv2 = opencv()
    right, bottom = size.width - 1, size.height - 1
    if right and bottom:
        target = np.array(((0, bottom), (0, 0), (right, 0), (right, bottom)), np.float32)
        # OpenCV inverts this matrix itself unless it is told that it is done.
        found: Doubles = cv2.invert(cv2.getPerspectiveTransform(corners(roi), target))[1]
        return found
    # There is no such map from a line or a point; this is what it would be.
    bottom_left, first, top_right, _ = corners(roi).astype(np.float64)
    across, down = top_right - first, bottom_left - first
    first = first + (0 if right else across / 2) + (0 if bottom else down / 2)
    columns = np.array((across / max(right, 1), down / max(bottom, 1), first)).T
    return np.vstack((columns, (0.0, 0.0, 1.0)))
