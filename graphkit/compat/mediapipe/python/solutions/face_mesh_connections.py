"""``mediapipe.solutions.face_mesh_connections``: which points of a face are joined by a line."""

from importlib.resources import files
from typing import Final

from graphkit.formats import FACE_GROUPS

__all__ = [
    "FACEMESH_CONTOURS",
    "FACEMESH_FACE_OVAL",
    "FACEMESH_IRISES",
    "FACEMESH_LEFT_EYE",
    "FACEMESH_LEFT_EYEBROW",
    "FACEMESH_LEFT_IRIS",
    "FACEMESH_LIPS",
    "FACEMESH_NOSE",
    "FACEMESH_RIGHT_EYE",
    "FACEMESH_RIGHT_EYEBROW",
    "FACEMESH_RIGHT_IRIS",
    "FACEMESH_TESSELATION",
]

FACEMESH_LIPS: Final = frozenset(FACE_GROUPS["LIPS"])
FACEMESH_LEFT_EYE: Final = frozenset(FACE_GROUPS["LEFT_EYE"])
FACEMESH_LEFT_IRIS: Final = frozenset(FACE_GROUPS["LEFT_IRIS"])
FACEMESH_LEFT_EYEBROW: Final = frozenset(FACE_GROUPS["LEFT_EYEBROW"])
FACEMESH_RIGHT_EYE: Final = frozenset(FACE_GROUPS["RIGHT_EYE"])
FACEMESH_RIGHT_EYEBROW: Final = frozenset(FACE_GROUPS["RIGHT_EYEBROW"])
FACEMESH_RIGHT_IRIS: Final = frozenset(FACE_GROUPS["RIGHT_IRIS"])
FACEMESH_FACE_OVAL: Final = frozenset(FACE_GROUPS["FACE_OVAL"])
FACEMESH_NOSE: Final = frozenset(FACE_GROUPS["NOSE"])

FACEMESH_CONTOURS: Final = frozenset[tuple[int, int]]().union(
    FACEMESH_LIPS,
    FACEMESH_LEFT_EYE,
    FACEMESH_LEFT_EYEBROW,
    FACEMESH_RIGHT_EYE,
    FACEMESH_RIGHT_EYEBROW,
    FACEMESH_FACE_OVAL,
)
FACEMESH_IRISES: Final = FACEMESH_LEFT_IRIS | FACEMESH_RIGHT_IRIS


def _sides_of_triangles() -> frozenset[tuple[int, int]]:
    """Return the sides of the mesh's 852 triangles, each in the direction in which its triangle runs."""
    text = files(__package__).joinpath("face_mesh_triangles.txt").read_text()
    triangles = (tuple(map(int, corners.split())) for corners in text.replace("\n", ", ").split(", ") if corners)
    return frozenset(side for a, b, c in triangles for side in ((a, b), (b, c), (c, a)))


FACEMESH_TESSELATION: Final = _sides_of_triangles()
