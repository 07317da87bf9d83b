"""The size of an image."""

from __future__ import annotations

from typing import NamedTuple


class ImageSize(NamedTuple):
    """Width and height in pixels; in C++ graphs a ``std::pair<int, int>`` in this order."""

    width: int
    height: int
