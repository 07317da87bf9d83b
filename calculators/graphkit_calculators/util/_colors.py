"""Colours in options."""

from __future__ import annotations

from typing import Any, Final

from graphkit.formats import Color

BLACK: Final = Color(0, 0, 0)


def color_of(message: Any, default: Color = BLACK) -> Color:
    """Return a ``mediapipe.Color`` option as a Color, *default* where the option is not set (None)."""
    return default if message is None else Color(message.r, message.g, message.b)
