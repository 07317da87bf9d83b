"""Frames of a face: crops of examples/media/astronaut.png, which make_goldens.py and the tests cut out alike."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np

PORTRAIT: Final = Path(__file__).resolve().parents[2] / "examples" / "media" / "astronaut.png"
SIZE: Final = 384
_CORNERS: Final = ((0, 0), (40, 16), (96, 0), (128, 64), (60, 128), (12, 40))
_STEP_US: Final = 33_333


def portrait_frames(
    corners: Iterable[tuple[int, int]] = _CORNERS,
) -> Iterator[tuple[int, np.ndarray[Any, Any]]]:
    """Yields (timestamp in microseconds, RGB frame of 384 x 384) for each left upper corner in the portrait."""
    import cv2

    picture = cv2.cvtColor(cv2.imread(str(PORTRAIT)), cv2.COLOR_BGR2RGB)
    for index, (left, top) in enumerate(corners, start=1):
        yield index * _STEP_US, picture[top : top + SIZE, left : left + SIZE].copy()


def panned_frames(count: int) -> Iterator[tuple[int, np.ndarray[Any, Any]]]:
    """Yields frames as portrait_frames() does, of a camera that moves slowly enough to follow the face."""
    return portrait_frames((40 + 5 * index, 10 + 2 * index) for index in range(count))
