"""Colours of those who are followed, by their id."""

from __future__ import annotations

from typing import Final

from graphkit.formats import Color

# Bright, and apart for most colour-blind eyes; red and green of one lightness do not follow each other.
_COLORS: Final = (
    Color(255, 176, 0), Color(0, 190, 255), Color(255, 80, 160), Color(110, 230, 90),
    Color(150, 120, 255), Color(255, 255, 110), Color(255, 110, 60), Color(120, 255, 220),
)  # fmt: skip


def color_of_id(id_: int) -> Color:
    """Return the colour of an id: eight that repeat."""
    return _COLORS[(id_ - 1) % len(_COLORS)]
