"""Gradient lines against the plain way to draw them: a square at each step of OpenCV's 4-connected line."""

from __future__ import annotations

import random
from itertools import pairwise

import cv2
import numpy as np
import pytest

from graphkit.formats import Color, GradientLine
from graphkit_calculators.util._annotation_renderer.canvas import Canvas
from graphkit_calculators.util._annotation_renderer.gradient_lines import draw_gradient_lines

WIDTH, HEIGHT = 60, 40


def steps(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """The positions of cv::LineIterator with connectivity 4, for ends inside the image."""
    (x, y), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
    x_step, y_step = (1 if dx > 0 else -1), (1 if dy > 0 else -1)
    dx, dy = abs(dx), abs(dy)
    swapped = dy > dx
    long, short = (dy, dx) if swapped else (dx, dy)
    error, found = 0, [(x, y)]
    for _ in range(long + short):
        follow = error < 0
        error += -2 * short + (2 * (long + short) if follow else 0)
        if follow == swapped:
            x += x_step
        else:
            y += y_step
        found.append((x, y))
    return found


def square_by_square(pixels: np.ndarray, line: GradientLine, thickness: int) -> None:
    start, end = (int(line.x_start), int(line.y_start)), (int(line.x_end), int(line.y_end))
    inside, start, end = cv2.clipLine((0, 0, WIDTH, HEIGHT), start, end)
    positions = steps(start, end) if inside else []
    for number, (x, y) in enumerate(positions):
        share = number / len(positions)
        color = np.array(line.color1) * (1 - share) + np.array(line.color2) * share
        cv2.rectangle(pixels, (x, y, thickness, thickness), color.tolist(), -1)


@pytest.mark.parametrize("thickness", [1, 2, 5])
@pytest.mark.parametrize("seed", range(10))
def test_same_pixels_as_square_by_square(seed: int, thickness: int) -> None:
    numbers = random.Random(seed)

    def line() -> GradientLine:
        x, y, x2, y2 = (numbers.randrange(-10, size + 10) for size in (WIDTH, HEIGHT) * 2)
        one, other = (Color(*(numbers.randrange(256) for _ in "rgb")) for _ in "12")
        return GradientLine(x, y, x2, y2, color1=one, color2=other)

    lines = [line() for _ in range(6)]
    expected = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for one in lines:
        square_by_square(expected, one, thickness)
    found = np.zeros_like(expected)
    draw_gradient_lines(Canvas(cv2, found), lines, float(thickness))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param((3, 3), (3, 3), id="dot"),
        pytest.param((3, 3), (9, 3), id="right"),
        pytest.param((9, 3), (3, 3), id="left"),
        pytest.param((3, 3), (3, 9), id="down"),
        pytest.param((9, 9), (3, 3), id="diagonal"),
    ],
)
def test_the_reference_walks_one_pixel_a_step(start: tuple[int, int], end: tuple[int, int]) -> None:
    positions = steps(start, end)
    assert (positions[0], positions[-1]) == (start, end)
    assert all(abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1 for a, b in pairwise(positions))


def test_nothing_to_draw() -> None:
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    draw_gradient_lines(Canvas(cv2, pixels), [GradientLine(-9, -9, -1, -3)], 3.0)
    assert not pixels.any()
