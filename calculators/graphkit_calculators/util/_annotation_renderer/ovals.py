"""Ellipses inside boxes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from graphkit_calculators.util._annotation_renderer.canvas import paint

if TYPE_CHECKING:
    from graphkit.formats import FilledOval, Oval, RenderAnnotation
    from graphkit_calculators.util._annotation_renderer.canvas import Canvas


def draw_oval(canvas: Canvas, annotation: RenderAnnotation, oval: Oval) -> None:
    """Draw the outline of an ellipse."""
    _ellipse(canvas, annotation, oval, canvas.thickness(annotation.thickness))


def draw_filled_oval(canvas: Canvas, annotation: RenderAnnotation, filled: FilledOval) -> None:
    """Fill an ellipse with the annotation's colour."""
    _ellipse(canvas, annotation, filled.oval, -1)


def _ellipse(canvas: Canvas, annotation: RenderAnnotation, oval: Oval, thickness: int) -> None:
    box = oval.rectangle
    (left, top), (right, bottom) = canvas.corners(box)
    center = (int((left + right) / 2), int((top + bottom) / 2))
    # A box whose corners are swapped would be an error in OpenCV.
    axes = (max(0, int((right - left) / 2)), max(0, int((bottom - top) / 2)))
    degrees = box.rotation / math.pi * 180
    canvas.cv2.ellipse(canvas.pixels, center, axes, degrees, 0, 360, paint(annotation.color), thickness)
