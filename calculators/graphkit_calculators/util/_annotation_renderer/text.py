"""Lines of text in OpenCV's Hershey fonts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit_calculators.util._annotation_renderer.canvas import paint
from graphkit_calculators.util._rect_math import round_half_away

if TYPE_CHECKING:
    from graphkit.formats import RenderAnnotation, Text
    from graphkit_calculators.util._annotation_renderer.canvas import Canvas

_UNITS_OF_FACE: Final = {0: 21, 1: 9, 2: 21, 3: 21, 4: 21, 5: 13, 6: 21, 7: 21}
"""By OpenCV font face: height of a capital and its descent, in the units of the font."""

_LINE_8: Final = 8


def draw_text(canvas: Canvas, annotation: RenderAnnotation, text: Text) -> None:
    """Draw a line of text, over a wider copy of itself in the outline's colour if it has one."""
    x, y = canvas.pixel(text.left, text.baseline, text.normalized)
    thickness = canvas.thickness(annotation.thickness)
    scale = font_scale(text.font_face, _font_size(canvas, text), thickness)
    (width, height), _ = canvas.cv2.getTextSize(text.display_text, text.font_face, scale, thickness)
    if text.center_horizontally:
        x -= width // 2
    if text.center_vertically:
        y += height // 2
    layers = [(paint(annotation.color), thickness)]
    if text.outline_thickness > 0:
        outline = canvas.thickness(annotation.thickness + 2 * text.outline_thickness)
        layers.insert(0, (paint(text.outline_color), outline))
    for color, width in layers:
        canvas.cv2.putText(
            canvas.pixels,
            text.display_text,
            (x, y),
            text.font_face,
            scale,
            color,
            width,
            _LINE_8,
            canvas.flip_text,
        )


def _font_size(canvas: Canvas, text: Text) -> int:
    if text.normalized:
        return round_half_away(text.font_height * canvas.height)
    return int(text.font_height * canvas.scale)


def font_scale(font_face: int, size_px: int, thickness: int) -> float:
    """Return OpenCV's scale at which a line of text is *size_px* high; -1 for an unknown face."""
    units = _UNITS_OF_FACE.get(font_face)
    return -1.0 if units is None else (size_px - (thickness + 1) / 2) / units
