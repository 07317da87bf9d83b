"""AnnotationRenderer: whole scenes, shape by shape."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, cast

from graphkit.errors import FormatError
from graphkit.formats import (
    Arrow,
    FilledOval,
    FilledRectangle,
    FilledRoundedRectangle,
    GradientLine,
    Line,
    Oval,
    Point,
    Rectangle,
    RoundedRectangle,
    Scribble,
    Text,
)
from graphkit_calculators.util._annotation_renderer.boxes import (
    draw_filled_rectangle,
    draw_filled_rounded_rectangle,
    draw_rectangle,
    draw_rounded_rectangle,
)
from graphkit_calculators.util._annotation_renderer.canvas import Canvas
from graphkit_calculators.util._annotation_renderer.gradient_lines import draw_gradient_lines
from graphkit_calculators.util._annotation_renderer.lines import draw_arrow, draw_line
from graphkit_calculators.util._annotation_renderer.ovals import draw_filled_oval, draw_oval
from graphkit_calculators.util._annotation_renderer.points import draw_point, draw_scribble
from graphkit_calculators.util._annotation_renderer.text import draw_text

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from graphkit.formats import RenderAnnotation, RenderData

_DRAW: Final[dict[type, Callable[[Canvas, RenderAnnotation, Any], None]]] = {
    Rectangle: draw_rectangle,
    FilledRectangle: draw_filled_rectangle,
    RoundedRectangle: draw_rounded_rectangle,
    FilledRoundedRectangle: draw_filled_rounded_rectangle,
    Oval: draw_oval,
    FilledOval: draw_filled_oval,
    Point: draw_point,
    Scribble: draw_scribble,
    Line: draw_line,
    Arrow: draw_arrow,
    Text: draw_text,
}


class AnnotationRenderer:
    """Draws render data; making one imports OpenCV.

    Args:
        scale: pixels of the canvas for one pixel of the scene; positions in fractions do not need it.
        flip_text: draw letters upside down.
    """

    def __init__(self, *, scale: float = 1.0, flip_text: bool = False) -> None:
        import cv2

        self._cv2 = cv2
        self._scale = min(scale, 1.0) if scale > 0 else 1.0
        self._flip_text = flip_text

    def render(self, pixels: NDArray[np.uint8], scenes: list[RenderData]) -> None:
        """Draw scenes, each over the ones before.

        Args:
            pixels: (H, W, 3) RGB or (H, W, 4) RGBA, uint8, C-contiguous; changed in place. What is
                drawn on RGBA gets an alpha of 0.
            scenes: what to draw.

        Raises:
            FormatError: a shape of an unknown class.
        """
        canvas = Canvas(self._cv2, pixels, self._scale, self._flip_text)
        annotations = (annotation for scene in scenes for annotation in scene.render_annotations)
        for thickness, run in groupby(annotations, _fading_thickness):
            if thickness is not None:
                draw_gradient_lines(
                    canvas, [cast("GradientLine", annotation.data) for annotation in run], thickness
                )
                continue
            for annotation in run:
                _draw_of(annotation.data)(canvas, annotation, annotation.data)


def _fading_thickness(annotation: RenderAnnotation) -> float | None:
    """Return the thickness of a gradient line, None for other shapes; such lines are cheaper together."""
    return annotation.thickness if isinstance(annotation.data, GradientLine) else None


def _draw_of(shape: object) -> Callable[[Canvas, RenderAnnotation, Any], None]:
    try:
        return _DRAW[type(shape)]
    except KeyError:
        raise FormatError(
            f"{type(shape).__name__} is not a shape that can be drawn; use one of "
            f"{', '.join(known.__name__ for known in _DRAW)}, {GradientLine.__name__}."
        ) from None
