"""``mediapipe.solutions.pose_connections``: which landmarks of a body are joined by a line."""

from typing import Final

from graphkit.formats import POSE_CONNECTIONS as _PAIRS

__all__ = ["POSE_CONNECTIONS"]

POSE_CONNECTIONS: Final = frozenset(_PAIRS)
