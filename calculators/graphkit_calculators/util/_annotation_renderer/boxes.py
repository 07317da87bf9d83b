"""Rectangles, upright and rotated, with sharp and with round corners."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit_calculators.util._annotation_renderer.canvas import paint
from graphkit_calculators.util._rect_math import f32, round_half_away

if TYPE_CHECKING:
    from graphkit.formats import (
        Color,
        FilledRectangle,
        FilledRoundedRectangle,
        Rectangle,
        RenderAnnotation,
        RoundedRectangle,
    )
    from graphkit_calculators.util._annotation_renderer.canvas import Canvas, PixelPoint


def draw_rectangle(canvas: Canvas, annotation: RenderAnnotation, box: Rectangle) -> None:
    """Draw the outline of a box, and a dot at its top left corner if it has a thickness for it."""
    color, thickness = paint(annotation.color), canvas.thickness(annotation.thickness)
    if box.rotation:
        corners = _rounded(_rotated_corners(canvas, box))
        for corner, following in zip(corners, corners[1:] + corners[:1], strict=True):
            canvas.cv2.line(canvas.pixels, corner, following, color, thickness)
    else:
        _upright(canvas, box, color, thickness)
    if box.top_left_thickness is not None:
        radius = canvas.thickness(box.top_left_thickness)
        corner = _rounded(_rotated_corners(canvas, box))[1]
        canvas.cv2.ellipse(canvas.pixels, corner, (radius, radius), 0.0, 0, 360, color, -1)


def draw_filled_rectangle(canvas: Canvas, annotation: RenderAnnotation, filled: FilledRectangle) -> None:
    """Fill a box with the annotation's colour."""
    box, color = filled.rectangle, paint(annotation.color)
    if box.rotation:
        corners = np.array(_rounded(_rotated_corners(canvas, box)), np.int32)
        canvas.cv2.fillConvexPoly(canvas.pixels, corners, color)
    else:
        _upright(canvas, box, color, -1)


def draw_rounded_rectangle(canvas: Canvas, annotation: RenderAnnotation, rounded: RoundedRectangle) -> None:
    """Draw the outline of an upright box with round corners: four edges and four arcs."""
    radius = round_half_away(rounded.corner_radius * canvas.scale)
    color, thickness = paint(annotation.color), canvas.thickness(annotation.thickness)
    line_type = rounded.line_type
    (left, top), (right, bottom) = canvas.corners(rounded.rectangle)
    for start, end in (
        ((left + radius, top), (right - radius, top)),
        ((right, top + radius), (right, bottom - radius)),
        ((left + radius, bottom), (right - radius, bottom)),
        ((left, top + radius), (left, bottom - radius)),
    ):
        canvas.cv2.line(canvas.pixels, start, end, color, thickness, line_type)
    for center, angle in _arcs(left, top, right, bottom, radius):
        canvas.cv2.ellipse(canvas.pixels, center, (radius, radius), angle, 0, 90, color, thickness, line_type)


def draw_filled_rounded_rectangle(
    canvas: Canvas, annotation: RenderAnnotation, filled: FilledRoundedRectangle
) -> None:
    """Fill an upright box with round corners with the annotation's colour: a cross and four quarter discs."""
    rounded = filled.rounded_rectangle
    radius = round_half_away(rounded.corner_radius * canvas.scale)
    color = paint(annotation.color)
    (left, top), (right, bottom) = canvas.corners(rounded.rectangle)
    for start, end in (
        ((left + radius, top), (right - radius, bottom)),
        ((left, top + radius), (right, bottom - radius)),
    ):
        canvas.cv2.rectangle(canvas.pixels, start, end, color, -1)
    for center, angle in _arcs(left, top, right, bottom, radius):
        canvas.cv2.ellipse(canvas.pixels, center, (radius, radius), angle, 0, 90, color, -1, rounded.line_type)


def _upright(canvas: Canvas, box: Rectangle, color: Color, thickness: int) -> None:
    (left, top), (right, bottom) = canvas.corners(box)
    canvas.cv2.rectangle(canvas.pixels, (left, top, right - left, bottom - top), color, thickness)


def _rotated_corners(canvas: Canvas, box: Rectangle) -> list[tuple[float, float]]:
    """Return the corners from the bottom left, clockwise, as OpenCV's RotatedRect has them."""
    (left, top), (right, bottom) = canvas.corners(box)
    center = ((left + right) / 2, (top + bottom) / 2)
    degrees = f32(box.rotation / math.pi * 180)
    corners: Any = canvas.cv2.boxPoints((center, (right - left, bottom - top), degrees))
    return [(x, y) for x, y in corners.tolist()]


def _rounded(corners: list[tuple[float, float]]) -> list[PixelPoint]:
    """Return positions as OpenCV makes integers of them: halves to the even one."""
    return [(round(x), round(y)) for x, y in corners]


def _arcs(left: int, top: int, right: int, bottom: int, radius: int) -> list[tuple[PixelPoint, float]]:
    """Return centre and first angle, in degrees, of the quarter circles at the corners of a box."""
    return [
        ((left + radius, top + radius), 180.0),
        ((right - radius, top + radius), 270.0),
        ((right - radius, bottom - radius), 0.0),
        ((left + radius, bottom - radius), 90.0),
    ]
