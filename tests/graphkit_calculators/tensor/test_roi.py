"""Regions in pixels, padded, and as matrices."""

from __future__ import annotations

import math

import numpy as np
import pytest

from graphkit.errors import FormatError
from graphkit.formats import LetterboxPadding, NormalizedRect
from graphkit_calculators.tensor._roi import Roi, corners, pad_roi, roi_of, roi_to_image_matrix


def test_roi_of_a_rect_is_in_pixels_of_float32() -> None:
    roi = roi_of(640, 480, NormalizedRect(0.1, 0.2, 0.3, 0.4, 0.5))
    assert roi == Roi(64.0, 96.0, 192.0, 192.0, 0.5)
    assert roi_of(3, 3, NormalizedRect(1 / 3, 0, 1, 1)).center_x == float(np.float32(1.0))


def test_roi_of_the_whole_image() -> None:
    assert roi_of(641, 480) == Roi(320.5, 240.0, 641.0, 480.0, 0.0)


@pytest.mark.parametrize(
    ("image", "tensor", "grown", "padding"),
    [
        pytest.param((640, 480), (192, 192), (640, 640), (0, 0.125, 0, 0.125), id="wide image"),
        pytest.param((480, 640), (192, 192), (640, 640), (0.125, 0, 0.125, 0), id="tall image"),
        pytest.param((10, 10), (20, 40), (10, 20), (0, 0.25, 0, 0.25), id="tall tensor"),
        pytest.param((50, 50), (8, 8), (50, 50), (0, 0, 0, 0), id="same aspect"),
    ],
)
def test_padding(
    image: tuple[int, int], tensor: tuple[int, int], grown: tuple[int, int], padding: tuple[float, ...]
) -> None:
    roi, found = pad_roi(roi_of(*image), *tensor)
    assert (roi.width, roi.height) == grown
    assert (roi.center_x, roi.center_y) == (image[0] / 2, image[1] / 2)
    assert found == LetterboxPadding(*padding)


def test_a_region_without_area_has_no_aspect_ratio() -> None:
    with pytest.raises(FormatError, match=r"a region of 0 x 5 pixels has no aspect ratio to keep"):
        pad_roi(Roi(1.0, 1.0, 0.0, 5.0, 0.0), 8, 8)


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        pytest.param((0.5, 0.5), (0.25, 0.5), id="centre"),
        pytest.param((0.0, 0.0), (0.25 + 20 / 200, 0.5 - 10 / 100), id="top left"),
        pytest.param((1.0, 0.0), (0.25 + 20 / 200, 0.5 + 10 / 100), id="top right"),
    ],
)
def test_matrix_of_a_quarter_turn(point: tuple[float, float], expected: tuple[float, float]) -> None:
    matrix = roi_to_image_matrix(Roi(50.0, 50.0, 20.0, 40.0, math.pi / 2), 200, 100)
    x, y, z, one = matrix @ np.array((*point, 1.0, 1.0))
    assert (x, y) == pytest.approx(expected, abs=1e-6)
    assert (z, one) == pytest.approx((20 / 200, 1.0))
    assert not matrix.flags.writeable


@pytest.mark.parametrize(
    ("rotation", "expected"),
    [
        pytest.param(0.0, [(6, 14), (6, 6), (14, 6), (14, 14)], id="upright"),
        pytest.param(math.pi / 2, [(6, 6), (14, 6), (14, 14), (6, 14)], id="a quarter turn clockwise"),
    ],
)
def test_corners_start_at_the_bottom_left_and_go_clockwise(
    rotation: float, expected: list[tuple[float, float]]
) -> None:
    found = corners(Roi(10.0, 10.0, 8.0, 8.0, rotation))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_corners_are_rounded_after_each_step() -> None:
    # The region of a real frame, and the samples that MediaPipe's OpenCV 4.10 takes for it.
    roi = Roi(456.1162109375, 241.09254455566406, 328.1776123046875, 328.1776123046875, -1.3066531419754028)
    one, half = np.float32, np.float32(0.5)
    sin, cos = one(math.sin(f32_degrees(roi.rotation))) * half, one(math.cos(f32_degrees(roi.rotation))) * half
    x, side = one(roi.center_x), one(roi.width)
    assert corners(roi)[0, 0] == one(one(x - one(sin * side)) - one(cos * side))


def f32_degrees(rotation: float) -> float:
    """The angle in radians after its way through float32 degrees."""
    return float(np.float32(float(np.float32(rotation * 180.0)) / math.pi)) * math.pi / 180.0
