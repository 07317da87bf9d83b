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
        """Pixels a row."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    def pixel(self, x: float, y: float, normalized: bool) -> PixelPoint:
        """Return a position as a pixel: fractions are rounded, pixel coordinates cut off toward 0."""
        if normalized:
            height, width = self.pixels.shape[:2]
            return round_half_away(x * width), round_half_away(y * height)
        return int(x * self.scale), int(y * self.scale)

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
        return min(max(round_half_away(thickness * self.scale), 1), _MAX_THICKNESS)


def paint(color: Color | None) -> Color:
    """Return what OpenCV draws a colour with; black without one. An alpha channel becomes 0."""
    return _BLACK if color is None else color
