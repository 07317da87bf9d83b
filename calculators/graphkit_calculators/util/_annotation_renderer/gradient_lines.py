"""Lines that go from one colour to another.

MediaPipe walks along the line in steps of one pixel, right or left and up or down but never both at
once, and paints a square of the line's thickness at each step, each over the ones before. A hand takes
some two thousand squares, too many to paint one by one from Python.

Of the square of step k only the edge it moves away from is still seen after step k + 1, and all of the
last square. So each pixel is written once: the edge left behind at each step, for all steps of all lines
at once. To leave the last square complete, each line walks on, out of it, in its last colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from graphkit_calculators.util._annotation_renderer.canvas import paint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from graphkit.formats import Color, GradientLine
    from graphkit_calculators.util._annotation_renderer.canvas import Canvas

Ints: TypeAlias = "NDArray[np.intp]"


def draw_gradient_lines(canvas: Canvas, lines: Sequence[GradientLine], thickness: float) -> None:
    """Draw lines of one thickness, each over the ones before.

    Args:
        canvas: what to draw on.
        lines: from color1 at the start to color2 at the end.
        thickness: in pixels of the scene.
    """
    ends, colors = [], []
    for line in lines:
        seen = _visible_part(canvas, line)
        if seen is not None:
            ends.append(seen)
            colors.append((paint(line.color1), paint(line.color2)))
    if ends:
        _draw(canvas, np.array(ends, np.intp), colors, canvas.thickness(thickness))


def _visible_part(canvas: Canvas, line: GradientLine) -> tuple[int, int, int, int] | None:
    """Return x and y of start and end, clipped to the image; None where nothing of the line is in it."""
    start, end = canvas.ends(line)
    height, width = canvas.pixels.shape[:2]
    if not (0 <= start[0] < width and 0 <= start[1] < height and 0 <= end[0] < width and 0 <= end[1] < height):
        inside, start, end = canvas.cv2.clipLine((0, 0, width, height), start, end)
        if not inside:
            return None
    return (*start, *end)


@dataclass(frozen=True, slots=True)
class _Steps:
    """All steps of all lines, one line after the other; N in all.

    Attributes:
        line: (N,) which line a step belongs to.
        number: (N,) counts from 0 within the line; beyond the last one of OpenCV it walks out of the line.
        lead: (N,) how far along its longer side the line has come; where sides are equal x counts as longer.
        follow: (N,) how far along its shorter side.
        turns: (N,) whether the next step goes along the shorter side.
    """

    line: Ints
    number: Ints
    lead: Ints
    follow: Ints
    turns: NDArray[np.bool_]

    @classmethod
    def of(cls, longer: Ints, shorter: Ints, beyond: int) -> _Steps:
        """Walk along lines with these sides, and *beyond* steps out of them.

        A step goes along the shorter side as soon as that lags behind: after k steps of a line with sides
        a >= b it has done so ceil((k - 1) * b / (a + b)) times, as OpenCV's 4-connected Bresenham does.
        """
        whole = longer + shorter
        counts = whole + beyond
        line = np.repeat(np.arange(len(counts)), counts)
        ends = np.cumsum(counts)
        number = np.arange(len(line)) - (ends - counts)[line]
        within = np.minimum(number, whole[line])
        follow = -(((1 - within) * shorter[line]) // np.maximum(whole, 1)[line])
        turns = np.zeros(len(line), np.bool_)
        np.not_equal(follow[1:], follow[:-1], out=turns[:-1])
        turns[ends - 1] = False
        return cls(line, number, number - follow, follow, turns)


def _draw(canvas: Canvas, ends: Ints, colors: list[tuple[Color, Color]], thickness: int) -> None:
    """Draw clipped lines, (L, 4) x and y of start and end."""
    width, height, channels = canvas.width, canvas.height, canvas.pixels.shape[2]
    size = np.abs(ends[:, 2:] - ends[:, :2])
    steps = _Steps.of(size.max(axis=1), size.min(axis=1), thickness)
    painted = np.repeat(_whole_pixels(_mixed_colors(colors, size.sum(axis=1), steps, channels)), thickness)
    far_x, far_y = ends.reshape(-1, 2).max(axis=0).tolist()
    if far_x + thickness <= width and far_y + thickness <= height:
        edges = _edges_left_behind(ends, steps, thickness, width)
    else:
        # Squares may reach beyond the right and the lower edge: number pixels as if there were more.
        pitch = width + thickness
        rows, columns = np.divmod(_edges_left_behind(ends, steps, thickness, pitch), pitch)
        inside = (rows < height) & (columns < width)
        edges, painted = (rows * width + columns)[inside], painted[inside.ravel()]
    np.put(_whole_pixels(canvas.pixels.reshape(-1, channels)), edges, painted)


def _whole_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.void]:
    """Return an (N, C) array as N items of C bytes: one index, and one copy, a pixel."""
    return pixels.view(f"V{pixels.shape[1]}")[:, 0]


def _edges_left_behind(ends: Ints, steps: _Steps, thickness: int, pitch: int) -> Ints:
    """Return which pixels the square at each step leaves behind.

    Args:
        ends: (L, 4) x and y of start and end.
        steps: along these lines.
        thickness: side of a square.
        pitch: pixels from one row to the next.

    Returns:
        (N, thickness) indexes of pixels, counted row by row.
    """
    backward = ends[:, 2:] < ends[:, :2]
    x_leads = np.abs(ends[:, 2] - ends[:, 0]) >= np.abs(ends[:, 3] - ends[:, 1])
    # Two columns: what holds for steps along the longer side, and for those along the shorter.
    along_x = np.stack((x_leads, ~x_leads), axis=1)
    forward = np.where(along_x, 1, pitch)
    back = np.where(along_x, backward[:, :1], backward[:, 1:])
    stride = np.where(back, -forward, forward)
    far_side: Ints = np.where(back, forward * (thickness - 1), 0)
    first: Ints = (ends[:, 1] * pitch + ends[:, 0])[steps.line]
    first += steps.lead * stride[:, 0][steps.line]
    first += steps.follow * stride[:, 1][steps.line]
    kind = 2 * steps.line + steps.turns
    first += far_side.ravel()[kind]
    across: Ints = np.where(along_x, pitch, 1).ravel()[kind]
    edges: Ints = first[:, None] + across[:, None] * np.arange(thickness)
    return edges


def _mixed_colors(
    colors: list[tuple[Color, Color]], lengths: Ints, steps: _Steps, channels: int
) -> NDArray[np.uint8]:
    """Return the (N, channels) colour of each step; an alpha channel becomes 0."""
    both = np.zeros((len(colors), 2, channels))
    both[:, :, :3] = np.clip(colors, 0, 255)
    length = lengths[steps.line]
    share = (np.minimum(steps.number, length) / (length + 1))[:, None]
    mixed = both[:, 0].take(steps.line, axis=0)
    mixed *= 1 - share
    end = both[:, 1].take(steps.line, axis=0)
    end *= share
    mixed += end
    return np.rint(mixed, out=mixed).astype(np.uint8)
