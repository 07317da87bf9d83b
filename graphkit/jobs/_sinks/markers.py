"""Markers: what the points of a .trc are called. Those of a pose have the names that OpenSim's marker sets use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit.formats import HAND_LANDMARK_NAMES, POSE_LANDMARK_NAMES
from graphkit.jobs._sinks.people import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIDES: Final = {Part.LEFT_HAND: "L_", Part.RIGHT_HAND: "R_"}
_POINTS: Final = {Part.POSE: 33, Part.FACE: 468, Part.LEFT_HAND: 21, Part.RIGHT_HAND: 21, Part.HAND: 21}


def markers(part: Part, points: int) -> Sequence[str]:
    """Return the names of the points of a part: ``LShoulder``, ``R_THUMB_TIP``, ``Face_001``."""
    if part is Part.POSE:
        return _POSE
    if part.is_hand:
        side = _SIDES.get(part, "")
        return [f"{side}{name}" for name in HAND_LANDMARK_NAMES]
    return [f"{part.value.capitalize()}_{index:03d}" for index in range(points)]


def usual_points(part: Part) -> int:
    """Return how many points a part has if nothing else is known."""
    return _POINTS.get(part, 0)


def _short(name: str) -> str:
    words = name.replace("FOOT_INDEX", "BIG_TOE").split("_")
    for side in ("LEFT", "RIGHT"):
        if side in words:
            words.remove(side)
            words.insert(0, side[0])
    return "".join(word.capitalize() for word in words)


_POSE: Final = tuple(_short(name) for name in POSE_LANDMARK_NAMES)
