"""The names of the landmarks of hands and poses, in order, and which of them are joined by a line."""

from __future__ import annotations

from typing import Final

HAND_LANDMARK_NAMES: Final[tuple[str, ...]] = (
    "WRIST",
    *(f"THUMB_{joint}" for joint in ("CMC", "MCP", "IP", "TIP")),
    *(
        f"{finger}_{joint}"
        for finger in ("INDEX_FINGER", "MIDDLE_FINGER", "RING_FINGER", "PINKY")
        for joint in ("MCP", "PIP", "DIP", "TIP")
    ),
)
"""The 21 landmarks of a hand, in order."""

# fmt: off
POSE_LANDMARK_NAMES: Final[tuple[str, ...]] = (
    "NOSE",
    "LEFT_EYE_INNER", "LEFT_EYE", "LEFT_EYE_OUTER", "RIGHT_EYE_INNER", "RIGHT_EYE", "RIGHT_EYE_OUTER",
    "LEFT_EAR", "RIGHT_EAR", "MOUTH_LEFT", "MOUTH_RIGHT",
    "LEFT_SHOULDER", "RIGHT_SHOULDER", "LEFT_ELBOW", "RIGHT_ELBOW", "LEFT_WRIST", "RIGHT_WRIST",
    "LEFT_PINKY", "RIGHT_PINKY", "LEFT_INDEX", "RIGHT_INDEX", "LEFT_THUMB", "RIGHT_THUMB",
    "LEFT_HIP", "RIGHT_HIP", "LEFT_KNEE", "RIGHT_KNEE", "LEFT_ANKLE", "RIGHT_ANKLE",
    "LEFT_HEEL", "RIGHT_HEEL", "LEFT_FOOT_INDEX", "RIGHT_FOOT_INDEX",
)
"""The 33 landmarks of a pose, in order."""

HAND_CONNECTIONS: Final[tuple[tuple[int, int], ...]] = (
    (0, 1), (0, 5), (5, 9), (9, 13), (13, 17), (0, 17),  # palm
    (1, 2), (2, 3), (3, 4),
    (5, 6), (6, 7), (7, 8),
    (9, 10), (10, 11), (11, 12),
    (13, 14), (14, 15), (15, 16),
    (17, 18), (18, 19), (19, 20),
)
"""Which landmarks of a hand a line joins."""

POSE_CONNECTIONS: Final[tuple[tuple[int, int], ...]] = (
    (0, 1), (1, 2), (2, 3), (3, 7), (0, 4), (4, 5), (5, 6), (6, 8), (9, 10),  # face
    (11, 12), (11, 23), (12, 24), (23, 24),  # trunk
    (11, 13), (13, 15), (15, 17), (15, 19), (15, 21), (17, 19),  # left arm
    (12, 14), (14, 16), (16, 18), (16, 20), (16, 22), (18, 20),  # right arm
    (23, 25), (25, 27), (27, 29), (27, 31), (29, 31),  # left leg
    (24, 26), (26, 28), (28, 30), (28, 32), (30, 32),  # right leg
)
"""Which landmarks of a pose a line joins."""
# fmt: on


def names_of(count: int) -> tuple[str, ...]:
    """Return the names of the landmarks of a hand or pose of so many, none for other numbers."""
    return {21: HAND_LANDMARK_NAMES, 33: POSE_LANDMARK_NAMES}.get(count, ())
