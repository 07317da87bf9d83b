"""Straight lines and arrows of one colour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from graphkit_calculators.util._annotation_renderer.canvas import paint
from graphkit_calculators.util._rect_math import round_half_away

if TYPE_CHECKING:
    from graphkit.formats import Arrow, Line, RenderAnnotation
    from graphkit_calculators.util._annotation_renderer.canvas import Canvas

_TIP: Final = 0.2
"""Length of an arrow's tip over the length of the arrow."""


def draw_line(canvas: Canvas, annotation: RenderAnnotation, line: Line) -> None:
    """Draw a line with round ends."""
    start, end = canvas.ends(line)
    thickness = canvas.thickness(annotation.thickness)
    canvas.cv2.line(canvas.pixels, start, end, paint(annotation.color), thickness)


def draw_arrow(canvas: Canvas, annotation: RenderAnnotation, arrow: Arrow) -> None:
    """Draw a line and the two strokes of its tip, at 45 degrees to it."""
    start, end = canvas.ends(arrow)
    color, thickness = paint(annotation.color), canvas.thickness(annotation.thickness)
    canvas.cv2.line(canvas.pixels, start, end, color, thickness)
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    if length == 0:
        return
    along, tip = (dx / length, dy / length), _TIP * length
    for side in (tip, -tip):
        x = end[0] - tip * along[0] - side * along[1]
        y = end[1] - tip * along[1] + side * along[0]
        stroke = (round_half_away(x), round_half_away(y))
        canvas.cv2.line(canvas.pixels, stroke, end, color, thickness)
