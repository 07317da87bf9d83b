"""The points of a face mesh: which belong to lips, eyes, brows, the outline, the nose and the irises.

A mesh has 468 points, or 478 with the irises. Left and right are the person's own. Names are MediaPipe's, without
its prefix ``FACEMESH_``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final, TypeAlias

Connections: TypeAlias = tuple[tuple[int, int], ...]

FACE_LANDMARKS: Final = 468
FACE_LANDMARKS_WITH_IRISES: Final = 478


def _chains(*chains: tuple[int, ...]) -> Connections:
    """Return the connections of each point with the next of its chain."""
    return tuple(pair for chain in chains for pair in pairwise(chain))


# fmt: off
_OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10,
)

FACE_GROUPS: Final[dict[str, Connections]] = {
    "LIPS": _chains(
        (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291), (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
        (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308), (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
    ),
    "RIGHT_EYE": _chains(
        (33, 7, 163, 144, 145, 153, 154, 155, 133), (33, 246, 161, 160, 159, 158, 157, 173, 133),
    ),
    "RIGHT_EYEBROW": _chains((46, 53, 52, 65, 55), (70, 63, 105, 66, 107)),
    "LEFT_EYE": _chains(
        (263, 249, 390, 373, 374, 380, 381, 382, 362), (263, 466, 388, 387, 386, 385, 384, 398, 362),
    ),
    "LEFT_EYEBROW": _chains((276, 283, 282, 295, 285), (300, 293, 334, 296, 336)),
    "FACE_OVAL": _chains(_OVAL),
    "NOSE": _chains(
        (168, 6, 197, 195, 5, 4, 1, 19, 94, 2), (98, 97, 2, 326, 327, 294, 278, 344, 440, 275, 4),
        (4, 45, 220, 115, 48, 64, 98),
    ),
    "RIGHT_IRIS": _chains((469, 470, 471, 472, 469)),
    "LEFT_IRIS": _chains((474, 475, 476, 477, 474)),
}
# fmt: on
"""The connections of each part of a face by its name."""

_CONTOURS: Final = ("LIPS", "RIGHT_EYE", "RIGHT_EYEBROW", "LEFT_EYE", "LEFT_EYEBROW", "FACE_OVAL")
_PUPILS: Final = {468: "RIGHT_IRIS", 473: "LEFT_IRIS"}

FACE_CONNECTIONS: Final[Connections] = tuple(pair for name in _CONTOURS for pair in FACE_GROUPS[name])
"""The lines that MediaPipe draws: all parts but nose and irises."""


def _names() -> tuple[str, ...]:
    name_of = {point: name for name, pairs in FACE_GROUPS.items() for pair in pairs for point in pair} | _PUPILS
    return tuple(name_of.get(point, "") for point in range(FACE_LANDMARKS_WITH_IRISES))


FACE_LANDMARK_NAMES: Final[tuple[str, ...]] = _names()
"""The part of the face that each of 478 points belongs to, "" for none."""
