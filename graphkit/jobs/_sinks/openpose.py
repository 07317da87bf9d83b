"""OpenPoseSink: a file of keypoints per frame, as OpenPose writes them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import FormatError, OutputError
from graphkit.jobs._sinks.naming import Naming, check_naming
from graphkit.jobs._sinks.people import HOLISTIC_STREAM, Part
from graphkit.jobs._sinks.people_sink import PeopleSink
from graphkit.jobs._sinks.whole_file import write_whole

if TYPE_CHECKING:
    from graphkit.jobs._sink import Target
    from graphkit.jobs._sinks.people import PeopleFrame, Person
    from graphkit.jobs._summary import Summary

# Where OpenPose puts a part.
_KEYS: Final = {
    Part.POSE: "pose_keypoints_2d",
    Part.FACE: "face_keypoints_2d",
    Part.LEFT_HAND: "hand_left_keypoints_2d",
    Part.RIGHT_HAND: "hand_right_keypoints_2d",
}
_IN_3D: Final[dict[str, list[float]]] = {f"{key[:-2]}3d": [] for key in _KEYS.values()}
_DECIMALS: Final = 3


class OpenPoseSink(PeopleSink):
    """A folder with a .json for every frame: BODY_25 of each person, 70 points of a face, 21 of each hand.

    The files of ``walk_json/`` are ``walk_000000000000_keypoints.json`` and so on, counted from 0. Each appears
    whole or not at all. Face and hands go with a pose if the graph has their streams beside it.
    """

    kind = "a folder of OpenPose"
    with_companions = True

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        folder = Path(target.name)
        prefix = folder.name.removesuffix("_json").replace("%", "_")
        self._naming = Naming(folder, f"{prefix}_%012d_keypoints.json")
        self.path = self._naming.shown
        holistic = self.stream.rpartition("__")[2] == HOLISTIC_STREAM
        self._always = set(_KEYS) if holistic else {Part.POSE, *self._parts.values()} if self._parts else set()
        self._sideless = 0

    def places(self) -> list[Path]:
        """Return the names of the files, then their folder."""
        return [self.path, self._naming.folder]

    def check_place(self) -> None:
        """Make sure that the files can be written and will not mix with others."""
        check_naming(self._naming, "files")

    def open(self) -> None:
        """Make the folder; raises OutputError."""
        try:
            self._naming.folder.mkdir(exist_ok=True)
        except OSError as exc:
            raise OutputError(f"cannot be created: {exc.strerror}.", path=self._naming.folder) from exc

    def write_frame(self, frame: PeopleFrame) -> None:
        """Write the file of a frame."""
        people = [self._person(person, frame.size) for person in frame.people]
        document = {"version": 1.3, "people": [person for person in people if person is not None]}
        write_whole(self._naming.file_at(frame.index), json.dumps(document, separators=(",", ":")) + os.linesep)

    def finish(self) -> None:
        """Do nothing: every file is finished."""

    def report(self, summary: Summary) -> None:
        """Add the folder; say what has no place in it."""
        super().report(summary)
        if self._sideless:
            summary.notes.append(
                f'{self._sideless} hands of stream "{self.stream}" are in no file: whether they are left or right '
                "is not known."
            )

    def _person(self, person: Person, size: tuple[int, int] | None) -> dict[str, Any] | None:
        if Part.HAND in person.parts:
            self._sideless += 1
            return None
        if Part.OTHER in person.parts:
            raise FormatError(
                f'stream "{self.stream}": {self.kind} holds poses, faces and hands; this packet holds '
                f"{len(person.parts[Part.OTHER])} landmarks. Write the stream as .csv or .jsonl."
            )
        entry: dict[str, Any] = {"person_id": [-1 if person.id is None else person.id]}
        for part, key in _KEYS.items():
            entry[key] = self._points(part, person, size)
        return entry | _IN_3D

    def _points(self, part: Part, person: Person, size: tuple[int, int] | None) -> list[float]:
        from graphkit.jobs._sinks.keypoint_maps import BODY_25_INDICES, FACE_70_INDICES, HAND_21, keypoints

        chosen = {Part.POSE: BODY_25_INDICES, Part.FACE: FACE_70_INDICES}.get(part, HAND_21)
        if part in person.parts:
            return keypoints(person.parts[part], chosen, size).round(_DECIMALS).ravel().tolist()
        return [0.0] * (3 * len(chosen)) if part in self._always else []
