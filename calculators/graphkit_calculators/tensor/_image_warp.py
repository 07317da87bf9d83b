"""Cutting a rotated region out of an image into the memory of a tensor."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from graphkit.framework import opencv
from graphkit_calculators.tensor._roi import Roi, corners

if TYPE_CHECKING:
    from collections.abc import Sequence

Pixels: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]
Doubles: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

_PARALLEL: Final = 1e-4
_NOWHERE: Final = 1e6
_MOST_COPIED: Final = 3
_MOST_INSIDE: Final = 0.75


def warp_roi(pixels: Pixels, roi: Roi, size: tuple[int, int], *, replicate: bool) -> Pixels:
    """Return the pixels of *roi*, bilinearly sampled in 8 bits.

    Args:
        pixels: (H, W, C) or (H, W) uint8.
        roi: in pixels of the image; what lies outside of the image is made up as *replicate* says.
        size: width and height of the result.
        replicate: whether the outside repeats the edge; it is black otherwise.

    Returns:
        (height, width, C) or (height, width) uint8.
    """
    cv2 = opencv()
    border = cv2.BORDER_REPLICATE if replicate else cv2.BORDER_CONSTANT
    matrix, part = source_matrix(roi, size), _Part.around(roi, pixels.shape[1], pixels.shape[0])
    if part is not None and part.is_worth_it(size) and (replicate or part.inside):
        pixels = part.of(pixels, border)
        matrix[0] -= part.left * matrix[2]
        matrix[1] -= part.top * matrix[2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped: Pixels = cv2.warpPerspective(pixels, matrix, size, flags=flags, borderMode=border)
    return warped


class _Part(NamedTuple):
    """The pixels around a region that reaches beyond the image: OpenCV takes twice as long for what lies outside.

    Attributes:
        left, top, right, bottom: where they are.
        width, height: of the image.
    """

    left: int
    top: int
    right: int
    bottom: int
    width: int
    height: int

    @classmethod
    def around(cls, roi: Roi, width: int, height: int) -> _Part | None:
        """Return the part for *roi*; None if all of it is inside, or if its sides are parallel to the image's."""
        if _is_upright(roi):
            return None
        cos, sin = abs(math.cos(roi.rotation)), abs(math.sin(roi.rotation))
        across = 0.5 * (cos * abs(roi.width) + sin * abs(roi.height)) + 1
        down = 0.5 * (sin * abs(roi.width) + cos * abs(roi.height)) + 1
        left, top = roi.center_x - across, roi.center_y - down
        right, bottom = roi.center_x + across, roi.center_y + down
        if left >= 0 and top >= 0 and right < width and bottom < height:
            return None
        if not abs(left) + abs(top) + abs(right) + abs(bottom) < _NOWHERE:
            return None
        return cls(math.floor(left), math.floor(top), math.ceil(right) + 1, math.ceil(bottom) + 1, width, height)

    @property
    def inside(self) -> int:
        """How many of its pixels are inside of the image."""
        across = min(self.right, self.width) - max(self.left, 0)
        down = min(self.bottom, self.height) - max(self.top, 0)
        return max(0, across) * max(0, down)

    def is_worth_it(self, size: tuple[int, int]) -> bool:
        """Return whether copying it costs less than it saves in a result of *size*."""
        area = (self.right - self.left) * (self.bottom - self.top)
        return area <= _MOST_COPIED * size[0] * size[1] and self.inside <= _MOST_INSIDE * area

    def of(self, pixels: Pixels, border: int) -> Pixels:
        """Return these pixels; those that are outside of the image are made up as OpenCV's *border* says."""
        left, right = min(max(self.left, 0), self.width - 1), max(min(self.right, self.width), 1)
        top, bottom = min(max(self.top, 0), self.height - 1), max(min(self.bottom, self.height), 1)
        before = max(0, left - self.left), max(0, top - self.top)
        across, down = self.right - self.left - (right - left), self.bottom - self.top - (bottom - top)
        beside = min(before[0], across), min(before[1], down)
        made: Pixels = opencv().copyMakeBorder(
            pixels[top:bottom, left:right], beside[1], down - beside[1], beside[0], across - beside[0], border
        )
        return made


class FixedWarp:
    """`warp_roi` of a region that stays where it is: the same pixels in half the time.

    OpenCV samples at multiples of 1/32 pixel, which it works out anew in each call; here they are kept.

    Args:
        roi: see `warp_roi`.
        size: see `warp_roi`.
        replicate: see `warp_roi`.
    """

    def __init__(self, roi: Roi, size: tuple[int, int], *, replicate: bool) -> None:
        cv2 = opencv()
        self._border = cv2.BORDER_REPLICATE if replicate else cv2.BORDER_CONSTANT
        inverse = source_matrix(roi, size)
        x, y = np.meshgrid(np.arange(size[0], dtype=np.float64), np.arange(size[1], dtype=np.float64))
        scaled = 32 / (inverse[2, 0] * x + inverse[2, 1] * y + inverse[2, 2])
        source_x, source_y = (
            np.rint((row[0] * x + row[1] * y + row[2]) * scaled).astype(np.int32) for row in inverse[:2]
        )
        self._whole = np.stack((source_x >> 5, source_y >> 5), axis=2).astype(np.int16)
        self._fraction = ((source_y & 31) * 32 + (source_x & 31)).astype(np.uint16)

    def __call__(self, pixels: Pixels) -> Pixels:
        """Return the pixels of the region."""
        cv2 = opencv()
        warped: Pixels = cv2.remap(pixels, self._whole, self._fraction, cv2.INTER_LINEAR, borderMode=self._border)
        return warped


def source_matrix(roi: Roi, size: tuple[int, int]) -> Doubles:
    """Return the (3, 3) matrix from pixels of the result to those of the image.

    It is OpenCV's for the four corners, up to the last digits of a double. Where a region's sides are parallel to
    the image's it is OpenCV's own: samples may lie right between two multiples of 1/32 pixel, and these digits
    decide. Elsewhere no call into OpenCV is made, as each may wait long to get the interpreter back.
    """
    # The corners are those of the outer pixels' outer edges: no half pixel is taken off, which is what
    # the models' own runtime does on the CPU.
    found = corners(roi)
    if not _is_upright(roi):
        matrix = _matrix_of_square(found.tolist())
        if matrix is not None:
            matrix[:, :2] /= size
            return matrix
    cv2, (width, height) = opencv(), size
    target = np.array(((0, height), (0, 0), (width, 0), (width, height)), np.float32)
    inverse: Doubles = cv2.invert(cv2.getPerspectiveTransform(found, target))[1]
    return inverse


def _is_upright(roi: Roi) -> bool:
    """Return whether a region's sides are parallel to those of the image."""
    return min(abs(math.cos(roi.rotation)), abs(math.sin(roi.rotation))) < _PARALLEL


def _matrix_of_square(of: Sequence[Sequence[float]]) -> Doubles | None:
    """Return the matrix from the unit square to four corners, None if they lie in a line.

    Heckbert, "Fundamentals of Texture Mapping and Image Warping", 1989, section 2.2.3.

    Args:
        of: bottom left, top left, top right and bottom right.
    """
    (left, low), (x, y), (right, high), (far_x, far_y) = of
    x_1, y_1, x_2, y_2 = right - far_x, high - far_y, left - far_x, low - far_y
    x_3, y_3 = x - right + far_x - left, y - high + far_y - low
    area = x_1 * y_2 - x_2 * y_1
    if not area:
        return None
    g, h = (x_3 * y_2 - x_2 * y_3) / area, (x_1 * y_3 - x_3 * y_1) / area
    return np.array((
        (right - x + g * right, left - x + h * left, x), (high - y + g * high, low - y + h * low, y), (g, h, 1.0)
    ))  # fmt: skip


def to_planes(pixels: Pixels, scale: float, offset: float) -> Floats:
    """Return ``pixels * scale + offset`` in the order that inference reads.

    Args:
        pixels: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) uint8; the fourth channel is dropped.
        scale: factor.
        offset: added after it.

    Returns:
        (1, 1 or 3, H, W) float32, new and contiguous.
    """
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    height, width, channels = pixels.shape
    if channels == 3 and not offset:  # one call in place of two
        blob = np.empty((1, 3, height, width), np.float32)
        opencv().dnn.blobFromImageWithParams(pixels, blob, _scaling(scale))
        return blob
    split = np.empty((channels, height, width), np.uint8)
    # Few calls: each lets another thread have the interpreter, and may wait long to get it back.
    opencv().split(pixels, [*split])
    wanted = 1 if channels == 1 else 3
    planes = np.empty((1, wanted, height, width), np.float32)
    rows = split[:wanted].reshape(wanted * height, width)
    opencv().LUT(rows, levels(scale, offset), planes.reshape(rows.shape))
    return planes


@lru_cache
def _scaling(scale: float) -> Any:
    """Return OpenCV's parameters for planes of pixels times *scale*."""
    found = opencv().dnn.Image2BlobParams()
    found.scalefactor = (scale, scale, scale, scale)
    return found


@lru_cache
def levels(scale: float, offset: float) -> Floats:
    """Return what each of the 256 levels of a pixel becomes; read-only."""
    scaled = np.arange(256, dtype=np.float32) * np.float32(scale)
    if offset:
        scaled += np.float32(offset)
    scaled.setflags(write=False)
    return scaled


def to_bytes(pixels: Pixels, scale: float, offset: float, dtype: type[np.uint8 | np.int8]) -> Pixels:
    """Return ``pixels * scale + offset`` rounded to a type of 8 bits, as (1, H, W, 1 or 3)."""
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    limits = np.iinfo(dtype)
    table: Pixels = np.rint(levels(scale, offset)).clip(limits.min, limits.max).astype(dtype)
    chosen: Pixels = table[pixels[None, :, :, : 1 if pixels.shape[2] == 1 else 3]]
    return chosen
