"""Where each pixel of a scaled, turned and mirrored picture comes from. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from graphkit.errors import FormatError
from graphkit_calculators.image._transformation import ScaleMode

Matrix2 = tuple[float, float, float, float]


# Turns in texture coordinates about the middle, x right and y down: matrices from target to source, by columns.
_TURNS: dict[int, Matrix2] = {
    0: (1.0, 0.0, 0.0, 1.0),
    90: (0.0, 1.0, -1.0, 0.0),
    180: (-1.0, 0.0, 0.0, -1.0),
    270: (0.0, -1.0, 1.0, 0.0),
}


def quarter_turn(degrees: int) -> int:
    """Return *degrees* counterclockwise as 0, 90, 180 or 270; raises FormatError for others."""
    turn = degrees % 360
    if turn not in _TURNS:
        raise FormatError(f"a rotation of {degrees} degrees; it takes multiples of 90")
    return turn


@dataclass(frozen=True, slots=True)
class Placement:
    """How a source picture lies in a target picture.

    Attributes:
        rotation: degrees counterclockwise, as one sees it: 0, 90, 180 or 270.
        scale_mode: how it fills the target.
        flip_horizontal: mirror left and right, after the turn.
        flip_vertical: mirror top and bottom, after the turn.
    """

    rotation: int = 0
    scale_mode: ScaleMode = ScaleMode.STRETCH
    flip_horizontal: bool = False
    flip_vertical: bool = False

    def turned(self, width: int, height: int) -> tuple[int, int]:
        """Return the size of a picture of *width* x *height* after the turn."""
        return (height, width) if self.rotation in (90, 270) else (width, height)

    def target_size(
        self, source: tuple[int, int], wanted: tuple[int, int], scale: float | None
    ) -> tuple[int, int]:
        """Return the size to draw.

        Args:
            source: width and height.
            wanted: width and height; both above 0 decide.
            scale: else this factor does, rounded down and then to the nearest multiple of 4; None keeps the size.
        """
        if min(wanted) > 0:
            return wanted
        width, height = source
        if scale is not None and scale > 0:
            width, height = ((int(side * scale) + 2) // 4 * 4 for side in source)
        return self.turned(width, height)

    def extent(self, source: tuple[int, int], target: tuple[int, int]) -> tuple[float, float]:
        """Return the share of the target's width and height that the turned source takes; above 1 it is cut."""
        width, height = self.turned(*source)
        x, y = width / target[0], height / target[1]
        if self.scale_mode is ScaleMode.FIT:
            return x / max(x, y), y / max(x, y)
        if self.scale_mode is ScaleMode.FILL_AND_CROP:
            return x / min(x, y), y / min(x, y)
        return 1.0, 1.0

    def padding(self, source: tuple[int, int], target: tuple[int, int]) -> tuple[float, float]:
        """Return the empty share of the target on each of left and right, and on each of top and bottom."""
        x, y = self.extent(source, target)
        return max(0.0, (1.0 - x) / 2.0), max(0.0, (1.0 - y) / 2.0)

    def source_from_target(self, source: tuple[int, int], target: tuple[int, int]) -> Matrix2:
        """Return the matrix, by columns, from target to source; both in texture coordinates about the middle."""
        x, y = self.extent(source, target)
        x = -x if self.flip_horizontal else x
        y = -y if self.flip_vertical else y
        a, b, c, d = _TURNS[self.rotation]
        return a / x, b / x, c / y, d / y
