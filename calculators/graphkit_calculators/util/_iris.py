"""The five points of an iris: its middle and where it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeAlias

import numpy as np

from graphkit.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit.formats import ImageSize, NormalizedLandmarkList

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

POINTS: Final = 10
IRIS_MM: Final = 11.8
"""How wide irises are; they hardly differ between people."""


class Iris(NamedTuple):
    """An iris; positions are (x, y) fractions of the image.

    Attributes:
        center: its middle.
        points: (5, 2): the middle, then top, bottom, left and right.
        diameter: in pixels, the mean of both directions.
    """

    center: tuple[float, float]
    points: Floats
    diameter: float

    @classmethod
    def of(cls, landmarks: NormalizedLandmarkList, indexes: Sequence[int], size: ImageSize) -> Self:
        """Return the iris whose middle, top, bottom, left and right are the landmarks *indexes*.

        Raises:
            FormatError: there are not 10 landmarks, those of two irises, or an index is none of theirs.
        """
        if len(landmarks) != POINTS or not 0 <= min(indexes) <= max(indexes) < POINTS:
            raise FormatError(
                f"IRIS has {len(landmarks)} landmarks, of which {list(indexes)} were asked for; it needs "
                f"{POINTS}, five per eye."
            )
        points = landmarks.xy[list(indexes)]
        pixels = points * np.array(size, np.float32)
        high, wide = (float(np.hypot(*(pixels[a] - pixels[b]))) for a, b in ((1, 2), (3, 4)))
        x, y = points[0].tolist()
        return cls((x, y), points, (high + wide) / 2)
