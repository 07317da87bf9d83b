"""`LetterboxPadding`: the borders that fitting an image into a tensor left empty."""

from __future__ import annotations

from typing import NamedTuple


class LetterboxPadding(NamedTuple):
    """Borders in fractions of the padded picture's width and height; in C++ graphs ``std::array<float, 4>``."""

    left: float
    top: float
    right: float
    bottom: float
