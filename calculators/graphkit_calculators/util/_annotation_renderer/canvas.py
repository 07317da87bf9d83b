"""The image that is drawn on, and how positions and thicknesses become pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from graphkit.formats import Color
from graphkit_calculators.util._rect_math import round_half_away

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from graphkit.formats import Arrow, GradientLine, Line, Point, Rectangle

PixelPoint: TypeAlias = tuple[int, int]

_MAX_THICKNESS: Final = 32767
_FAR: Final = 2**29
_BLACK: Final = Color(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Canvas:
    """An image to draw on, changed in place.

    Attributes:
        cv2: the OpenCV module, imported once by whoever opened the renderer.
        pixels: (H, W, 3) RGB or (H, W, 4) RGBA, uint8, C-contiguous.
        scale: pixels of the canvas for one pixel of the scene, above 0, at most 1.
        flip_text: draw letters upside down, for images with their origin at the bottom.
    """

    cv2: Any
    pixels: NDArray[np.uint8]
    scale: float = 1.0
    flip_text: bool = False

    @property
    def width(self) -> int:
        """Pixels per row."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    def pixel(self, x: float, y: float, normalized: bool) -> PixelPoint:
        """Return a position as a pixel: fractions are rounded, pixel coordinates cut off toward 0.

        What is no number, or beyond what OpenCV counts to, becomes a pixel far outside of the image.
        """
        height, width = self.pixels.shape[:2]
        x, y = (x * width, y * height) if normalized else (x * self.scale, y * self.scale)
        if not (-_FAR < x < _FAR and -_FAR < y < _FAR):
            return _within_reach(x), _within_reach(y)
        return (round_half_away(x), round_half_away(y)) if normalized else (int(x), int(y))

    def point(self, point: Point) -> PixelPoint:
        """Return a point as a pixel."""
        return self.pixel(point.x, point.y, point.normalized)

    def ends(self, line: Line | Arrow | GradientLine) -> tuple[PixelPoint, PixelPoint]:
        """Return the two ends of a line as pixels."""
        return (
            self.pixel(line.x_start, line.y_start, line.normalized),
            self.pixel(line.x_end, line.y_end, line.normalized),
        )

    def corners(self, box: Rectangle) -> tuple[PixelPoint, PixelPoint]:
        """Return the top left and the bottom right corner of a box, before rotation, as pixels."""
        return (
            self.pixel(box.left, box.top, box.normalized),
            self.pixel(box.right, box.bottom, box.normalized),
        )

    def thickness(self, thickness: float) -> int:
        """Return a thickness in whole pixels, at least 1."""
        return round_half_away(min(max(1.0, thickness * self.scale), _MAX_THICKNESS))


def paint(color: Color | None) -> Color:
    """Return what OpenCV draws a colour with; black without one. An alpha channel becomes 0."""
    return _BLACK if color is None else color


def _within_reach(value: float) -> int:
    return int(value) if -_FAR < value < _FAR else _FAR if value > 0 else -_FAR
