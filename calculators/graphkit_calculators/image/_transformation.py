"""Scaling, turning and mirroring pixels, as ImageTransformationCalculator does."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from graphkit.formats import ImageSize, LetterboxPadding
from graphkit.framework import opencv

Pixels: TypeAlias = np.ndarray[Any, np.dtype[Any]]


class RotationMode(IntEnum):
    """A turn, counterclockwise."""

    UNKNOWN = 0
    ROTATION_0 = 1
    ROTATION_90 = 2
    ROTATION_180 = 3
    ROTATION_270 = 4

    @property
    def degrees(self) -> int:
        """The turn in degrees."""
        return max(int(self) - 1, 0) * 90


class ScaleMode(IntEnum):
    """How an image becomes one of another aspect ratio; DEFAULT is STRETCH."""

    DEFAULT = 0
    STRETCH = 1
    FIT = 2
    FILL_AND_CROP = 3


class Interpolation(Enum):
    """How pixels between pixels are found."""

    LINEAR = "linear"
    NEAREST = "nearest"


class Transformation(NamedTuple):
    """What is done to an image, in the order: scale, turn, mirror.

    Attributes:
        size: what is asked for; a width or height of 0 keeps the size.
        degrees: 0, 90, 180 or 270, counterclockwise.
        flip_horizontally: left becomes right.
        flip_vertically: top becomes bottom.
        scale_mode: what becomes of the aspect ratio.
        interpolation: of scaling.
        border: colour of what FIT adds.
        repeat_edge: whether FIT repeats the edge instead.
    """

    size: ImageSize
    degrees: int
    flip_horizontally: bool
    flip_vertically: bool
    scale_mode: ScaleMode
    interpolation: Interpolation
    border: tuple[int, int, int]
    repeat_edge: bool

    @property
    def scales(self) -> bool:
        """Whether a size is asked for."""
        return self.size.width > 0 and self.size.height > 0

    @property
    def keeps_aspect(self) -> bool:
        """Whether the aspect ratio stays."""
        return self.scale_mode in (ScaleMode.FIT, ScaleMode.FILL_AND_CROP)

    def output_size(self, size: ImageSize) -> ImageSize:
        """Return the size that an image of *size* gets (before FILL_AND_CROP leaves some of it out)."""
        if self.scales:
            return self.size
        return ImageSize(size.height, size.width) if self.degrees % 180 else size


def transform(pixels: Pixels, how: Transformation) -> Pixels:
    """Return new pixels, or *pixels* itself where nothing is to do.

    Args:
        pixels: (H, W, C) or (H, W).
        how: what to do.
    """
    cv2 = opencv()
    output = how.output_size(ImageSize(pixels.shape[1], pixels.shape[0]))
    if how.scales:
        pixels = _scaled(pixels, how)
        if how.scale_mode is ScaleMode.FILL_AND_CROP:
            output = ImageSize(pixels.shape[1], pixels.shape[0])
    if how.degrees:
        pixels = _turned(pixels, how.degrees, output)
    if how.flip_horizontally or how.flip_vertically:
        code = -1 if how.flip_horizontally and how.flip_vertically else int(how.flip_horizontally)
        pixels = cv2.flip(pixels, code)
    return pixels


def letterbox_padding(size: ImageSize, how: Transformation) -> LetterboxPadding:
    """Return what FIT leaves empty around an image of *size*, in fractions of the output."""
    if how.scale_mode is not ScaleMode.FIT:
        return LetterboxPadding(0.0, 0.0, 0.0, 0.0)
    output = how.output_size(size)
    width, height = (size.height, size.width) if how.degrees % 180 else size
    one = np.float32(1)
    inner, outer = np.float32(width / height), np.float32(output.width / output.height)
    if inner < outer:
        side = float((one - inner / outer) / 2)
        return LetterboxPadding(side, 0.0, side, 0.0)
    side = float((one - outer / inner) / 2)
    return LetterboxPadding(0.0, side, 0.0, side)


def _scaled(pixels: Pixels, how: Transformation) -> Pixels:
    cv2 = opencv()
    size = ImageSize(pixels.shape[1], pixels.shape[0])
    if not how.keeps_aspect:
        resized: Pixels = cv2.resize(pixels, tuple(how.size), interpolation=_interpolation(size, how.size, how))
        return resized
    target = fitted_size(size, how.size)
    fitted: Pixels = cv2.resize(pixels, tuple(target), interpolation=_interpolation(size, target, how))
    if how.scale_mode is ScaleMode.FILL_AND_CROP:
        return fitted
    left, top = (how.size.width - target.width) // 2, (how.size.height - target.height) // 2
    right, bottom = how.size.width - target.width - left, how.size.height - target.height - top
    mode = cv2.BORDER_REPLICATE if how.repeat_edge else cv2.BORDER_CONSTANT
    padded: Pixels = cv2.copyMakeBorder(fitted, top, bottom, left, right, mode, value=how.border)
    return padded


def fitted_size(size: ImageSize, room: ImageSize) -> ImageSize:
    """Return the largest size of the aspect ratio of *size* that fits into *room*, in whole pixels."""
    scale = min(np.float32(room.width / size.width), np.float32(room.height / size.height))
    # round() as in C, halves away from zero; sizes are positive.
    return ImageSize(*(int(np.floor(np.float32(side) * scale + np.float32(0.5))) for side in size))


def shrinks(size: ImageSize, target: ImageSize, how: Transformation) -> bool:
    """Return whether pixels become means of areas: both sides shrink, or one that keeps the aspect ratio does."""
    smaller = (target.width < size.width, target.height < size.height)
    return any(smaller) if how.keeps_aspect else all(smaller)


def _interpolation(size: ImageSize, target: ImageSize, how: Transformation) -> int:
    cv2 = opencv()
    if how.interpolation is Interpolation.NEAREST:
        return int(cv2.INTER_NEAREST)
    return int(cv2.INTER_AREA if shrinks(size, target, how) else cv2.INTER_LINEAR)


def _turned(pixels: Pixels, degrees: int, output: ImageSize) -> Pixels:
    cv2 = opencv()
    height, width = pixels.shape[:2]
    if (width, height) == output:
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        warped: Pixels = cv2.warpAffine(pixels, matrix, (width, height))
        return warped
    return np.ascontiguousarray(np.rot90(pixels, degrees // 90))
