"""Rows of a landmark table: pure text from payloads, with landmarks and handedness joined by time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Final, get_args, get_origin

from graphkit.errors import FormatError
from graphkit.formats import (
    HAND_LANDMARK_NAMES,
    POSE_LANDMARK_NAMES,
    LandmarkList,
    LandmarkListCollection,
    NormalizedLandmarkList,
    NormalizedLandmarkListCollection,
)
from graphkit.formats.shortest import shortest_floats

HEADER: Final = "timestamp,hand,handedness,index,name,x,y,z,visibility,presence"
_LISTS: Final = (NormalizedLandmarkList, LandmarkList)
_COLLECTIONS: Final = (NormalizedLandmarkListCollection, LandmarkListCollection)
_NAMES: Final = {len(names): names for names in (HAND_LANDMARK_NAMES, POSE_LANDMARK_NAMES)}


def is_landmarks(kind: object) -> bool:
    """Return whether payloads of type *kind* can be written as rows."""
    if get_origin(kind) is list:
        return get_args(kind)[0] in _LISTS
    return kind in _LISTS or kind in _COLLECTIONS


class LandmarkTable:
    """Turns packets into rows; every method returns the text of the rows that are ready.

    Args:
        joined: landmarks wait for the handedness of their time.
        most_waiting: packets of landmarks that may wait before the oldest goes without.

    Attributes:
        packets: packets of landmarks turned into rows.
    """

    def __init__(self, *, joined: bool, most_waiting: int = 64) -> None:
        self.packets = 0
        self._joined = joined
        self._most_waiting = most_waiting
        self._waiting: deque[tuple[int, Any]] = deque()
        self._labels: dict[int, list[str]] = {}
        self._settled: int | None = None

    def landmarks(self, timestamp: int, payload: Any) -> str:
        """Take the landmarks of *timestamp* (microseconds): a list of lists, one list, or a collection."""
        self._waiting.append((timestamp, payload))
        return self._ready()

    def handedness(self, timestamp: int, classifications: Sequence[Any]) -> str:
        """Take one ClassificationList a hand, or none; all times up to *timestamp* are then settled."""
        if classifications:
            self._labels[timestamp] = [_label(item) for item in classifications]
        self._settled = timestamp
        while len(self._labels) > self._most_waiting:
            del self._labels[min(self._labels)]
        return self._ready()

    def rest(self) -> str:
        """Return the rows that still wait."""
        self._joined = False
        return self._ready()

    def _ready(self) -> str:
        rows: list[str] = []
        while self._waiting and self._may_go(self._waiting[0][0]):
            timestamp, payload = self._waiting.popleft()
            rows += _rows(timestamp, payload, self._labels.pop(timestamp, []))
            self.packets += 1
        return "".join(rows)

    def _may_go(self, timestamp: int) -> bool:
        if not self._joined or len(self._waiting) > self._most_waiting:
            return True
        return self._settled is not None and timestamp <= self._settled


def _label(classifications: Any) -> str:
    best = next(iter(classifications), None)
    return "" if best is None else best.label or best.display_name or str(best.index)


def _rows(timestamp: int, payload: Any, labels: Sequence[str]) -> list[str]:
    rows = []
    for hand, landmarks in enumerate(_lists(payload)):
        label = _quoted(labels[hand]) if hand < len(labels) else ""
        names = _NAMES.get(len(landmarks), ("",) * len(landmarks))
        values = iter(shortest_floats(landmarks.data))
        for index, (name, row) in enumerate(zip(names, zip(*[values] * 5, strict=True), strict=True)):
            x, y, z, visibility, presence = row
            optional = (
                f"{visibility if landmarks.has_visibility else ''},{presence if landmarks.has_presence else ''}"
            )
            rows.append(f"{timestamp},{hand},{label},{index},{name},{x},{y},{z},{optional}\n")
    return rows


def _lists(payload: Any) -> Sequence[Any]:
    if isinstance(payload, _LISTS):
        return (payload,)
    lists = payload.items if isinstance(payload, _COLLECTIONS) else payload
    if isinstance(lists, Sequence) and all(isinstance(item, _LISTS) for item in lists):
        return lists
    raise FormatError(
        f"a .csv holds landmarks; this packet holds {type(payload).__name__}. Dump the stream as .jsonl instead."
    )


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\r\n') else text
