"""CocoSink: keypoints of all frames in one .json, as datasets of COCO hold them."""

from __future__ import annotations

import json
from array import array
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit.errors import FormatError, OutputError
from graphkit.jobs._sinks.people import Part, part_in_name
from graphkit.jobs._sinks.people_sink import PeopleSink
from graphkit.jobs._sinks.whole_file import WholeFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphkit.jobs._sink import Target
    from graphkit.jobs._sinks.people import PeopleFrame, Person

_DECIMALS: Final = 3
# A point is "visible" from here on, below it "labelled, but hidden".
_VISIBLE: Final = 0.5
_PERSON, _HAND, _FACE, _FACE_WITH_IRISES = 1, 2, 3, 4


class CocoSink(PeopleSink):
    """One .json in COCO's format: an image per frame, an annotation per pose, hand or face.

    Annotations are on the disk as they come, so that memory stays that of a few numbers a frame. The file has its
    name when it is complete.
    """

    kind = "a .json of COCO"

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._times = array("q")
        self._used: set[int] = set()
        self._annotations = 0

    def open(self) -> None:
        """Create the file; raises OutputError."""
        self._file = WholeFile(self.path)
        info = {"description": f"landmarks of stream {self.stream}"}
        self._write(f'{{"info":{_json(info)},\n"annotations":[')

    def write_frame(self, frame: PeopleFrame) -> None:
        """Write the annotations of a frame."""
        self._times.append(frame.timestamp)
        for person in frame.people:
            for part, landmarks in person.parts.items():
                annotation = self._annotation(frame, person, part, landmarks)
                self._write(f"{',' if self._annotations > 1 else ''}\n{_json(annotation)}")

    def finish(self) -> None:
        """Write the images and the categories."""
        self._write('\n],\n"images":[')
        for index, time in enumerate(self._times):
            width, height = self._sizes.at(time) or (0, 0)
            image = {
                "id": index + 1, "width": width, "height": height, "file_name": f"{time:012d}.png",
                "frame": index, "timestamp": time,
            }  # fmt: skip
            self._write(f"{',' if index else ''}\n{_json(image)}")
        self._write(f'\n],\n"categories":{_json(list(self._categories()))},\n"licenses":[]}}\n')
        self._file.finish()

    def give_up(self) -> None:
        """Remove what cannot be finished."""
        self._file.discard()

    def _annotation(self, frame: PeopleFrame, person: Person, part: Part, landmarks: Any) -> dict[str, Any]:
        category, points = self._points(part, landmarks, frame.size)
        width, height = frame.size or (0, 0)
        inside = (points[:, :2] >= 0).all(1) & (points[:, 0] <= width) & (points[:, 1] <= height)
        inside &= points.any(1)
        points[~inside] = 0
        there = points[inside]
        score = float(there[:, 2].mean()) if len(there) else 0.0
        low, high = (there[:, :2].min(0), there[:, :2].max(0)) if len(there) else (np.zeros(2), np.zeros(2))
        flags = np.where(inside, np.where(points[:, 2] >= _VISIBLE, 2, 1), 0)
        self._annotations += 1
        self._used.add(category)
        annotation = {
            "id": self._annotations,
            "image_id": frame.index + 1,
            "category_id": category,
            "keypoints": _triples(points, flags),
            "num_keypoints": len(there),
            "bbox": [*_rounded(low), *_rounded(high - low)],
            "area": round(float((high - low).prod()), _DECIMALS),
            "iscrowd": 0,
            "score": round(score, _DECIMALS),
        }
        if person.id is not None:
            annotation["track_id"] = person.id
        if part.is_hand and part is not Part.HAND:
            annotation["handedness"] = "Left" if part is Part.LEFT_HAND else "Right"
        return annotation

    def _points(self, part: Part, landmarks: Any, size: tuple[int, int] | None) -> tuple[int, Any]:
        """Return the category of a list of landmarks, and its points."""
        from graphkit.jobs._sinks.keypoint_maps import COCO_17_INDICES, keypoints

        if part is Part.OTHER:
            raise FormatError(
                f'stream "{self.stream}": {self.kind} holds poses, faces and hands; this packet holds '
                f"{len(landmarks)} landmarks. Write the stream as .csv or .jsonl."
            )
        if part is Part.POSE:
            return _PERSON, keypoints(landmarks, COCO_17_INDICES, size)
        all_of_them = tuple((index,) for index in range(len(landmarks)))
        faces = _FACE if len(landmarks) == 468 else _FACE_WITH_IRISES
        return _HAND if part.is_hand else faces, keypoints(landmarks, all_of_them, size)

    def _categories(self) -> Iterable[dict[str, Any]]:
        """Yield the categories that occur; if nothing was found, the one of the stream's name."""
        named = part_in_name(self.stream) or Part.POSE
        by_name = {Part.POSE: _PERSON, Part.FACE: _FACE}.get(named, _HAND)
        for category in sorted(self._used) or [by_name]:
            yield _category(category)

    def _write(self, text: str) -> None:
        try:
            self._file.write(text)
        except OutputError:
            self._file.discard()
            raise


def _category(number: int) -> dict[str, Any]:
    from graphkit.formats import HAND_CONNECTIONS, HAND_LANDMARK_NAMES
    from graphkit.jobs._sinks.keypoint_maps import COCO_17, COCO_SKELETON

    if number == _PERSON:
        name, names, lines = "person", [each.lower() for each in COCO_17], [list(line) for line in COCO_SKELETON]
    elif number == _HAND:
        name, names = "hand", [each.lower() for each in HAND_LANDMARK_NAMES]
        lines = [[first + 1, second + 1] for first, second in HAND_CONNECTIONS]
    else:
        points = 468 if number == _FACE else 478
        name, names, lines = "face", [f"face_{index:03d}" for index in range(points)], []
    return {"id": number, "name": name, "supercategory": "person", "keypoints": names, "skeleton": lines}


def _triples(points: Any, flags: Any) -> list[float]:
    values: list[float] = []
    for (x, y), flag in zip(points[:, :2].round(_DECIMALS).tolist(), flags.tolist(), strict=True):
        values += (x, y, flag)
    return values


def _rounded(values: Any) -> list[float]:
    return [round(float(value), _DECIMALS) for value in values]


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
