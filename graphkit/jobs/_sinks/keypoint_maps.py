"""Which landmarks the points of other formats are: BODY_25 and the face of OpenPose, the 17 points of COCO."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit.formats import HAND_LANDMARK_NAMES, POSE_LANDMARK_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

BODY_25: Final[Mapping[str, tuple[str, ...]]] = {
    "Nose": ("NOSE",),
    "Neck": ("LEFT_SHOULDER", "RIGHT_SHOULDER"),
    "RShoulder": ("RIGHT_SHOULDER",),
    "RElbow": ("RIGHT_ELBOW",),
    "RWrist": ("RIGHT_WRIST",),
    "LShoulder": ("LEFT_SHOULDER",),
    "LElbow": ("LEFT_ELBOW",),
    "LWrist": ("LEFT_WRIST",),
    "MidHip": ("LEFT_HIP", "RIGHT_HIP"),
    "RHip": ("RIGHT_HIP",),
    "RKnee": ("RIGHT_KNEE",),
    "RAnkle": ("RIGHT_ANKLE",),
    "LHip": ("LEFT_HIP",),
    "LKnee": ("LEFT_KNEE",),
    "LAnkle": ("LEFT_ANKLE",),
    "REye": ("RIGHT_EYE",),
    "LEye": ("LEFT_EYE",),
    "REar": ("RIGHT_EAR",),
    "LEar": ("LEFT_EAR",),
    "LBigToe": ("LEFT_FOOT_INDEX",),
    "LSmallToe": (),
    "LHeel": ("LEFT_HEEL",),
    "RBigToe": ("RIGHT_FOOT_INDEX",),
    "RSmallToe": (),
    "RHeel": ("RIGHT_HEEL",),
}
"""A pose as OpenPose's BODY_25: each point is a landmark, the middle of two, or missing."""

# fmt: off
FACE_70: Final[tuple[int, ...]] = (
    127, 234, 93, 58, 172, 136, 150, 176, 152, 400, 379, 365, 397, 288, 323, 454, 356,  # jaw, from the right ear
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,  # brows
    168, 197, 5, 4, 75, 97, 2, 326, 305,  # nose: down the bridge, then along its base
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 321, 314, 17, 84, 91,  # lips, outside
    78, 82, 13, 312, 308, 317, 14, 87,  # lips, inside
    468, 473,  # pupils; a mesh of 468 points has none
)
"""The points of a face mesh that match OpenPose's 70, beginning at the person's right."""

COCO_17: Final[tuple[str, ...]] = (
    "NOSE", "LEFT_EYE", "RIGHT_EYE", "LEFT_EAR", "RIGHT_EAR", "LEFT_SHOULDER", "RIGHT_SHOULDER", "LEFT_ELBOW",
    "RIGHT_ELBOW", "LEFT_WRIST", "RIGHT_WRIST", "LEFT_HIP", "RIGHT_HIP", "LEFT_KNEE", "RIGHT_KNEE", "LEFT_ANKLE",
    "RIGHT_ANKLE",
)
"""The landmarks of a pose that are COCO's 17, in COCO's order; COCO writes the names in small letters."""

COCO_SKELETON: Final[tuple[tuple[int, int], ...]] = (
    (16, 14), (14, 12), (17, 15), (15, 13), (12, 13), (6, 12), (7, 13), (6, 7), (6, 8), (7, 9), (8, 10), (9, 11),
    (2, 3), (1, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7),
)
"""The lines between them as COCO gives them, counted from 1."""
# fmt: on

HAND_21: Final[tuple[tuple[int, ...], ...]] = tuple((index,) for index in range(len(HAND_LANDMARK_NAMES)))
"""A hand as OpenPose's: the same points in the same order."""

BODY_25_INDICES: Final = tuple(
    tuple(POSE_LANDMARK_NAMES.index(name) for name in names) for names in BODY_25.values()
)
FACE_70_INDICES: Final = tuple((index,) for index in FACE_70)
COCO_17_INDICES: Final = tuple((POSE_LANDMARK_NAMES.index(name),) for name in COCO_17)


def keypoints(
    landmarks: Any, chosen: Sequence[tuple[int, ...]], size: tuple[int, int] | None
) -> NDArray[np.float64]:
    """Return points of a list of landmarks: (N, 3) with x, y in pixels and how sure, 0 to 1.

    Args:
        landmarks: in shares of the frame.
        chosen: per point, the landmark it is, the two whose middle it is, or none. A point without a landmark, or
            with one that is no number, is (0, 0, 0); the middle of two is as sure as the one that is less sure.
        size: width and height of the frame.

    A list without visibilities is sure of everything: 1.
    """
    rows, first, second = _columns(chosen, len(landmarks))
    points = np.zeros((len(chosen), 3))
    a, b = (landmarks.data[indices].astype(np.float64) for indices in (first, second))
    points[rows, :2] = (a[:, :2] + b[:, :2]) / 2 * (size or (1, 1))
    points[rows, 2] = np.minimum(a[:, 3], b[:, 3]) if landmarks.has_visibility else 1.0
    points[~np.isfinite(points).all(1)] = 0
    return points


@lru_cache
def _columns(
    chosen: Sequence[tuple[int, ...]], landmarks: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return which points a list of so many landmarks has, and the two landmarks that each is between."""
    rows = [row for row, indices in enumerate(chosen) if indices and max(indices) < landmarks]
    first, second = ([chosen[row][end] for row in rows] for end in (0, -1))
    return np.array(rows, np.intp), np.array(first, np.intp), np.array(second, np.intp)
