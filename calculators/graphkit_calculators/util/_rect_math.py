"""Angles, boxes and float32 rounding that the rect calculators share.

MediaPipe computes rects in float32. Python's floats are doubles, so values are rounded where MediaPipe
stores them: a rect then has the very numbers it would have there.
"""

from __future__ import annotations

import math
import struct
from typing import Final, TypeAlias

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom of an axis-aligned box, in any one unit."""

_FLOAT: Final = struct.Struct("<f")
_pack = _FLOAT.pack
_unpack = _FLOAT.unpack
_TURN: Final = 2 * math.pi


def f32(value: float) -> float:
    """Return *value* rounded to float32; several times as fast as ``float(np.float32(value))``."""
    rounded: float = _unpack(_pack(value))[0]
    return rounded


def normalize_radians(angle: float) -> float:
    """Return *angle* moved by whole turns into [-pi, pi), as float32."""
    return f32(angle - _TURN * math.floor((angle + math.pi) / _TURN))


def upright_rotation(x0: float, y0: float, x1: float, y1: float, target_angle: float) -> float:
    """Return how far to turn so that the vector from (x0, y0) to (x1, y1) points to *target_angle*.

    Args:
        x0: start, in pixels; y grows downwards.
        y0: start.
        x1: end.
        y1: end.
        target_angle: radians counter-clockwise from the x axis; pi / 2 is up.

    Returns:
        Radians clockwise, in [-pi, pi), float32.
    """
    return normalize_radians(f32(target_angle - f32(math.atan2(f32(y0 - y1), f32(x1 - x0)))))


def round_half_away(value: float) -> int:
    """Return the nearest integer, halves away from zero as in C; Python's round() goes to the even one."""
    return math.floor(value + 0.5) if value >= 0 else -math.floor(0.5 - value)


def intersection_over_union(a: Box, b: Box) -> float:
    """Return the area two boxes share over the area they cover together, 0 to 1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width < 0.0 or height < 0.0:
        return 0.0
    shared = width * height
    covered = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / covered if covered > 0.0 else 0.0
