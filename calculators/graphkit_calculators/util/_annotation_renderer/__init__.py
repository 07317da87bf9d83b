"""Drawing render data onto an image with OpenCV, pixel for pixel as MediaPipe does.

One module a family of shapes: points, lines, gradient_lines, boxes, ovals, text. `Canvas` is the image
with the rules by which positions and thicknesses become pixels; `AnnotationRenderer` draws whole scenes.
"""

from __future__ import annotations

from graphkit_calculators.util._annotation_renderer.canvas import Canvas
from graphkit_calculators.util._annotation_renderer.renderer import AnnotationRenderer

__all__ = ["AnnotationRenderer", "Canvas"]
