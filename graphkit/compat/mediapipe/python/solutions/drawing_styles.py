"""``mediapipe.solutions.drawing_styles``: the colours in which hands, bodies and faces are usually drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit.compat.mediapipe.python.solutions import face_mesh_connections as face
from graphkit.compat.mediapipe.python.solutions import hands_connections as hand
from graphkit.compat.mediapipe.python.solutions.drawing_utils import DrawingSpec
from graphkit.compat.mediapipe.python.solutions.hands import HandLandmark
from graphkit.compat.mediapipe.python.solutions.pose import PoseLandmark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphkit.compat.mediapipe.python.solutions.drawing_utils import Color, Connection

__all__ = [
    "get_default_face_mesh_contours_style",
    "get_default_face_mesh_iris_connections_style",
    "get_default_face_mesh_tesselation_style",
    "get_default_hand_connections_style",
    "get_default_hand_landmarks_style",
    "get_default_pose_landmarks_style",
]

# Colours are blue, green, red.
_RED: Final = (48, 48, 255)
_GREEN: Final = (48, 255, 48)
_BLUE: Final = (192, 101, 21)
_YELLOW: Final = (0, 204, 255)
_GRAY: Final = (128, 128, 128)
_PURPLE: Final = (128, 64, 128)
_PEACH: Final = (180, 229, 255)
_WHITE: Final = (224, 224, 224)
_CYAN: Final = (192, 255, 48)
_MAGENTA: Final = (192, 48, 255)
_LEFT_OF_BODY: Final = (0, 138, 255)
_RIGHT_OF_BODY: Final = (231, 217, 0)

_HAND_RADIUS: Final = 5
_FILLED: Final = -1

_FINGERS: Final[Mapping[str, Color]] = {
    "THUMB": _PEACH,
    "INDEX_FINGER": _PURPLE,
    "MIDDLE_FINGER": _YELLOW,
    "RING_FINGER": _GREEN,
    "PINKY": _BLUE,
}
_PALM: Final = frozenset(
    ("WRIST", "THUMB_CMC", "INDEX_FINGER_MCP", "MIDDLE_FINGER_MCP", "RING_FINGER_MCP", "PINKY_MCP")
)
_HAND_LINES: Final = {
    hand.HAND_PALM_CONNECTIONS: DrawingSpec(_GRAY, 3),
    hand.HAND_THUMB_CONNECTIONS: DrawingSpec(_PEACH),
    hand.HAND_INDEX_FINGER_CONNECTIONS: DrawingSpec(_PURPLE),
    hand.HAND_MIDDLE_FINGER_CONNECTIONS: DrawingSpec(_YELLOW),
    hand.HAND_RING_FINGER_CONNECTIONS: DrawingSpec(_GREEN),
    hand.HAND_PINKY_FINGER_CONNECTIONS: DrawingSpec(_BLUE),
}
_FACE_LINES: Final = (
    {
        face.FACEMESH_LIPS: DrawingSpec(_WHITE),
        face.FACEMESH_LEFT_EYE: DrawingSpec(_GREEN),
        face.FACEMESH_LEFT_EYEBROW: DrawingSpec(_GREEN),
        face.FACEMESH_RIGHT_EYE: DrawingSpec(_RED),
        face.FACEMESH_RIGHT_EYEBROW: DrawingSpec(_RED),
        face.FACEMESH_FACE_OVAL: DrawingSpec(_WHITE),
    },
    {
        face.FACEMESH_LIPS: DrawingSpec(_BLUE),
        face.FACEMESH_LEFT_EYE: DrawingSpec(_CYAN),
        face.FACEMESH_LEFT_EYEBROW: DrawingSpec(_GREEN),
        face.FACEMESH_RIGHT_EYE: DrawingSpec(_MAGENTA),
        face.FACEMESH_RIGHT_EYEBROW: DrawingSpec(_RED),
        face.FACEMESH_FACE_OVAL: DrawingSpec(_WHITE),
        face.FACEMESH_NOSE: DrawingSpec(_YELLOW),
    },
)


def get_default_hand_landmarks_style() -> Mapping[int, DrawingSpec]:
    """Return how each landmark of a hand is drawn: a dot in the colour of its finger, red in the palm."""
    return {landmark: DrawingSpec(_color_of(landmark.name), _FILLED, _HAND_RADIUS) for landmark in HandLandmark}


def _color_of(landmark: str) -> Color:
    if landmark in _PALM:
        return _RED
    return next(color for finger, color in _FINGERS.items() if landmark.startswith(finger))


def get_default_hand_connections_style() -> Mapping[Connection, DrawingSpec]:
    """Return how each line of a hand is drawn: in the colour of its finger, grey and thicker in the palm."""
    return _each(_HAND_LINES)


def get_default_face_mesh_contours_style(i: int = 0) -> Mapping[Connection, DrawingSpec]:
    """Return how each line of a face's contours is drawn.

    Args:
        i: 1 for a colour of its own for each part, the nose among them.
    """
    return _each(_FACE_LINES[i == 1])


def get_default_face_mesh_tesselation_style() -> DrawingSpec:
    """Return how the mesh of a face is drawn: thin and grey."""
    return DrawingSpec(_GRAY, 1)


def get_default_face_mesh_iris_connections_style() -> Mapping[Connection, DrawingSpec]:
    """Return how irises are drawn: the left one green, the right one red."""
    return _each({face.FACEMESH_LEFT_IRIS: DrawingSpec(_GREEN), face.FACEMESH_RIGHT_IRIS: DrawingSpec(_RED)})


def get_default_pose_landmarks_style() -> Mapping[int, DrawingSpec]:
    """Return how each landmark of a body is drawn: one colour for each side, the nose white."""
    return {landmark: DrawingSpec(_side_color(landmark.name)) for landmark in PoseLandmark}


def _side_color(landmark: str) -> Color:
    if landmark == "NOSE":
        return _WHITE
    return _LEFT_OF_BODY if "LEFT" in landmark else _RIGHT_OF_BODY


def _each(groups: Mapping[frozenset[Connection], DrawingSpec]) -> dict[Connection, DrawingSpec]:
    return {connection: spec for group, spec in groups.items() for connection in group}
