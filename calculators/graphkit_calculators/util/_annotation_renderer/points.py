"""Dots, single and many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit_calculators.util._annotation_renderer.canvas import paint

if TYPE_CHECKING:
    from graphkit.formats import Point, RenderAnnotation, Scribble
    from graphkit_calculators.util._annotation_renderer.canvas import Canvas


def draw_point(canvas: Canvas, annotation: RenderAnnotation, point: Point) -> None:
    """Draw a disc with the thickness for its radius."""
    radius = canvas.thickness(annotation.thickness)
    canvas.cv2.circle(canvas.pixels, canvas.point(point), radius, paint(annotation.color), -1)


def draw_scribble(canvas: Canvas, annotation: RenderAnnotation, scribble: Scribble) -> None:
    """Draw a disc at each point."""
    for point in scribble.point:
        draw_point(canvas, annotation, point)
