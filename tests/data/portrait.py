"""Frames of a face: crops of examples/media/astronaut.png, which make_goldens.py and the tests make alike."""

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
_MIDDLE: Final = 222  # of the face, in pixels from the left of the portrait
_RADIUS: Final = 85  # pixels, of the cylinder that the head is taken for
_TURNS: Final = (20, 40, 60, 75, 90)  # degrees


def _picture() -> np.ndarray[Any, Any]:
    import cv2

    return cv2.cvtColor(cv2.imread(str(PORTRAIT)), cv2.COLOR_BGR2RGB)


def portrait_frames(
    corners: Iterable[tuple[int, int]] = _CORNERS,
) -> Iterator[tuple[int, np.ndarray[Any, Any]]]:
    """Yields (timestamp in microseconds, RGB frame of 384 x 384) for each left upper corner in the portrait."""
    picture = _picture()
    for index, (left, top) in enumerate(corners, start=1):
        yield index * _STEP_US, picture[top : top + SIZE, left : left + SIZE].copy()


def panned_frames(count: int) -> Iterator[tuple[int, np.ndarray[Any, Any]]]:
    """Yields frames as portrait_frames() does, of a camera that moves slowly enough to follow the face."""
    return portrait_frames((40 + 5 * index, 10 + 2 * index) for index in range(count))


def hard_frames() -> Iterator[tuple[int, np.ndarray[Any, Any]]]:
    """Yields frames of the face as it turns away to the side, until it is gone, and one with half of it.

    Columns change places as they would on a cylinder.
    """
    import numpy as np

    picture = _picture()
    away = (np.arange(picture.shape[1]) - _MIDDLE) / _RADIUS
    for index, turn in enumerate(_TURNS, start=1):
        seen = np.clip(np.arcsin(np.clip(away, -1, 1)) + np.deg2rad(turn), -np.pi / 2, np.pi / 2)
        turned = np.rint(_MIDDLE + _RADIUS * np.sin(seen)).astype(int)
        columns = np.where(np.abs(away) < 1, turned, np.arange(picture.shape[1]))
        yield index * _STEP_US, picture[:SIZE, columns][:, 40 : 40 + SIZE].copy()
    yield (len(_TURNS) + 1) * _STEP_US, picture[:SIZE, _MIDDLE:].copy()
