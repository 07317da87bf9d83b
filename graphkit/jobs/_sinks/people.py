"""People: whose landmarks a packet holds, and which part of a body each list is."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import FormatError
from graphkit.formats import (
    LandmarkList,
    LandmarkListCollection,
    NormalizedLandmarkList,
    NormalizedLandmarkListCollection,
)
from graphkit.framework._packet_type import type_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from graphkit.config import GraphPlan

HOLISTIC_STREAM: Final = "holistic_landmarks"
"""Carries pose, face, left and right hand of one person, in this order."""


class Part(enum.Enum):
    """What a list of landmarks shows; the value is the word for it in names of files and markers."""

    POSE = "pose"
    FACE = "face"
    LEFT_HAND = "left_hand"
    RIGHT_HAND = "right_hand"
    HAND = "hand"
    """Of which side is not known."""
    OTHER = "landmarks"

    @property
    def is_hand(self) -> bool:
        """Whether it is a hand of any side."""
        return self in (Part.LEFT_HAND, Part.RIGHT_HAND, Part.HAND)


_IN_HOLISTIC: Final = (Part.POSE, Part.FACE, Part.LEFT_HAND, Part.RIGHT_HAND)
_BY_NUMBER: Final = {33: Part.POSE, 468: Part.FACE, 478: Part.FACE, 21: Part.HAND}
_BY_LABEL: Final = {"left": Part.LEFT_HAND, "right": Part.RIGHT_HAND}
_COMPANIONS: Final = {
    "face_landmarks": Part.FACE, "left_hand_landmarks": Part.LEFT_HAND, "right_hand_landmarks": Part.RIGHT_HAND,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """What one packet, or several of one time, tell about one person.

    Attributes:
        parts: landmarks, none of them empty.
        label: whose they are: an id from a graph for several people, ``Left`` or ``Right`` of a hand; "" if not
            known.
        item: the place in the packet.
    """

    parts: Mapping[Part, Any]
    label: str = ""
    item: int = 0

    @property
    def id(self) -> int | None:
        """The id that a graph for several people gave, None if there is none."""
        return int(self.label) if self.label.isdecimal() else None


@dataclass(frozen=True, slots=True)
class PeopleFrame:
    """A frame of the input, and the people in it.

    Attributes:
        index: counted from 0.
        timestamp: microseconds.
        size: width and height in pixels, None if that is not known.
        people: none, one or several.
    """

    index: int
    timestamp: int
    size: tuple[int, int] | None
    people: Sequence[Person] = field(default=())


def part_in_name(stream: str) -> Part | None:
    """Return what the name of a stream says about its landmarks, None if it says nothing."""
    name = stream.rpartition("__")[2].lower()
    if "hand" in name or name in {"world_landmarks", "landmarks"}:
        side = next((part for word, part in _BY_LABEL.items() if word in name), None)
        return side or Part.HAND
    return next((part for part in (Part.FACE, Part.POSE) if part.value in name), None)


def companions(plan: GraphPlan, stream: str) -> dict[str, Part]:
    """Return the streams beside *stream*, the pose of a person, that carry their face and hands."""
    scope, separator, name = stream.rpartition("__")
    if name != "pose_landmarks":
        return {}
    beside = {f"{scope}{separator}{other}": part for other, part in _COMPANIONS.items()}
    return {other: part for other, part in beside.items() if other in plan.stream_ids}


def people_in(
    stream: str, payload: object, labels: Sequence[str], others: Iterable[tuple[Part, Any]]
) -> list[Person]:
    """Return the people in the packets of one time.

    Args:
        stream: the name of the stream that is written.
        payload: its packet's: a list of landmarks, or a vector of them; None without a packet.
        labels: whose they are, in the same order; fewer or none if that is not known.
        others: further parts of the one person that the stream is about.

    Raises:
        FormatError: the packet holds something else.
    """
    if isinstance(payload, NormalizedLandmarkList | LandmarkList) or payload is None:
        parts = {part: landmarks for part, landmarks in others if len(landmarks)}
        if payload is not None and len(payload):
            parts = {_part_of(payload, stream, ""): payload} | parts
        return [Person(parts)] if parts else []
    lists = _lists(stream, payload)
    if stream.rpartition("__")[2] == HOLISTIC_STREAM:
        parts = {part: each for part, each in zip(_IN_HOLISTIC, lists, strict=False) if len(each)}
        return [Person(parts)] if parts else []
    people = []
    for item, landmarks in enumerate(lists):
        label = labels[item] if item < len(labels) else ""
        if len(landmarks):
            people.append(Person({_part_of(landmarks, stream, label): landmarks}, label, item))
    return people


def _lists(stream: str, payload: object) -> list[Any]:
    several = isinstance(payload, list | NormalizedLandmarkListCollection | LandmarkListCollection)
    lists: list[Any] = list(payload) if several else [payload]  # type: ignore[call-overload]
    for each in lists:
        if not isinstance(each, NormalizedLandmarkList | LandmarkList):
            raise FormatError(f'stream "{stream}": expected landmarks, found {type_label(type(each))}.')
    return lists


def _part_of(landmarks: Any, stream: str, label: str) -> Part:
    part = _BY_NUMBER.get(len(landmarks), Part.OTHER)
    if part is not Part.HAND:
        return part
    named = part_in_name(stream)
    return _BY_LABEL.get(label.lower()) or (named if named is not None and named.is_hand else part)
