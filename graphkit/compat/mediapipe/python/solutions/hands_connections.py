"""``mediapipe.solutions.hands_connections``: which landmarks of a hand are joined by a line."""

from typing import Final

__all__ = [
    "HAND_CONNECTIONS",
    "HAND_INDEX_FINGER_CONNECTIONS",
    "HAND_MIDDLE_FINGER_CONNECTIONS",
    "HAND_PALM_CONNECTIONS",
    "HAND_PINKY_FINGER_CONNECTIONS",
    "HAND_RING_FINGER_CONNECTIONS",
    "HAND_THUMB_CONNECTIONS",
]

HAND_PALM_CONNECTIONS: Final = frozenset(((0, 1), (0, 5), (9, 13), (13, 17), (5, 9), (0, 17)))
HAND_THUMB_CONNECTIONS: Final = frozenset(((1, 2), (2, 3), (3, 4)))
HAND_INDEX_FINGER_CONNECTIONS: Final = frozenset(((5, 6), (6, 7), (7, 8)))
HAND_MIDDLE_FINGER_CONNECTIONS: Final = frozenset(((9, 10), (10, 11), (11, 12)))
HAND_RING_FINGER_CONNECTIONS: Final = frozenset(((13, 14), (14, 15), (15, 16)))
HAND_PINKY_FINGER_CONNECTIONS: Final = frozenset(((17, 18), (18, 19), (19, 20)))

HAND_CONNECTIONS: Final = frozenset[tuple[int, int]]().union(
    HAND_PALM_CONNECTIONS,
    HAND_THUMB_CONNECTIONS,
    HAND_INDEX_FINGER_CONNECTIONS,
    HAND_MIDDLE_FINGER_CONNECTIONS,
    HAND_RING_FINGER_CONNECTIONS,
    HAND_PINKY_FINGER_CONNECTIONS,
)
