"""Sizes that ScaleImageCalculator crops and scales to, and the scaling itself."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from graphkit.errors import FormatError
from graphkit.formats import ImageSize
from graphkit.framework import opencv

Pixels: TypeAlias = np.ndarray[Any, np.dtype[Any]]


class Crop(NamedTuple):
    """A part of an image, in pixels."""

    left: int
    top: int
    width: int
    height: int


def parse_ratio(text: str) -> float:
    """Return the value of ``"16/9"``, 0 for an empty text; raises FormatError."""
    if not text:
        return 0.0
    try:
        numerator, denominator = text.split("/")
        return float(numerator) / float(denominator)
    except (ValueError, ZeroDivisionError):
        raise FormatError(f'"{text}" is no aspect ratio; write two numbers as in "16/9".') from None


def crop_to_aspect(size: ImageSize, min_aspect: float, max_aspect: float) -> Crop:
    """Return the middle of an image whose width by height lies between two ratios; 0 is no limit.

    Cropped sides are even.
    """
    width, height = size
    aspect = width / height
    if 0 < max_aspect < aspect:
        cropped = int(height * max_aspect) // 2 * 2
        return Crop((width - cropped) // 2, 0, cropped, height)
    if min_aspect > aspect:
        cropped = int(width / min_aspect) // 2 * 2
        return Crop(0, (height - cropped) // 2, width, cropped)
    return Crop(0, 0, width, height)


def scaled_size(
    width: int, height: int, target: ImageSize, max_area: int, *, keep_aspect: bool, multiple: int
) -> ImageSize:
    """Return the size to scale to.

    Args:
        width: of the crop.
        height: of the crop.
        target: the largest size, or, without *keep_aspect*, the size; 0 where it is not given.
        max_area: most pixels that the target may have; 0 for no limit.
        keep_aspect: whether width and height keep their ratio, both even then.
        multiple: of what the sides are, without *keep_aspect*.

    Raises:
        FormatError: nothing is left.
    """
    if max_area > 0 and width * height > max_area:
        side = (max_area * width / height) ** 0.5
        target = ImageSize(int(side), int(side * height / width))
    if not keep_aspect or max(target) <= 0:
        multiple = max(multiple, 1)
        sides = (target.width if target.width > 0 else width, target.height if target.height > 0 else height)
        found = ImageSize(*(side - side % multiple for side in sides))
    else:
        found = _fitted(width, height, target)
    if min(found) < 1:
        raise FormatError(f"an image of {width} x {height} scaled to {found.width} x {found.height} has no pixel.")
    return found


def _fitted(width: int, height: int, target: ImageSize) -> ImageSize:
    if target.width > 0:
        by_width = ImageSize(target.width // 2 * 2, int(target.width / width * height) // 2 * 2)
        if target.height <= 0 or by_width.height <= target.height:
            return by_width
    return ImageSize(int(target.height / height * width) // 2 * 2, target.height // 2 * 2)


def enlarge(pixels: Pixels, size: ImageSize, interpolation: int) -> Pixels:
    """Return SRGB pixels, (H, W, 3) uint8, scaled up in linear light with 16 bits."""
    cv2 = opencv()
    to_linear, to_srgb = _tables()
    resized = cv2.resize(to_linear[pixels], tuple(size), interpolation=interpolation)
    enlarged: Pixels = to_srgb[resized]
    return enlarged


@cache
def _tables() -> tuple[Pixels, Pixels]:
    """Return the tables from sRGB, 8 bits, to linear light, 16 bits, and back (IEC 61966-2-1)."""
    encoded = np.arange(256) / 255
    linear = np.where(encoded < 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    light = np.arange(65536) / 65535
    srgb = np.where(light < 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return (linear * 65535 + 0.5).astype(np.uint16), (srgb * 255 + 0.5).astype(np.uint8)
