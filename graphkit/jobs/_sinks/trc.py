"""TrcSink: marker trajectories for OpenSim."""

from __future__ import annotations

import os
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from graphkit.errors import FormatError, OutputError, UsageError
from graphkit.formats import LandmarkList
from graphkit.jobs._sink import check_creatable
from graphkit.jobs._sinks.naming import Naming, check_naming
from graphkit.jobs._sinks.people import HOLISTIC_STREAM, Part, part_in_name
from graphkit.jobs._sinks.people_sink import PeopleSink

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphkit.formats import NormalizedLandmarkList
    from graphkit.jobs._sink import Target
    from graphkit.jobs._sinks.people import PeopleFrame, Person
    from graphkit.jobs._sinks.trajectories import Trajectories
    from graphkit.jobs._summary import Summary

_HOLISTIC: Final = (Part.POSE, Part.FACE, Part.LEFT_HAND, Part.RIGHT_HAND)
# How far the time between two frames may be from the usual one, before a user is told.
_UNEVEN: Final = 0.05


class TrcSink(PeopleSink):
    """A table of markers per person: x to the right, y up, z towards the camera; metres, or pixels.

    A stream of one person makes a .trc. One of several makes a folder with a .trc for each id, hand or place in
    the packet. What is not found is an empty cell. The files have their names when they are complete.
    """

    endings = (".trc",)
    kind = "a .trc"
    metres_too = True

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        folder = Path(target.name)
        self._in_folder = target.name.endswith(("/", os.sep)) or folder.is_dir() or folder.suffix.lower() != ".trc"
        self._folder = folder
        self._times = array("q")
        self._uneven = False

    def places(self) -> list[Path]:
        """Return the file or the folder."""
        return [self._folder]

    def check_stream(self) -> None:
        """Refuse streams without landmarks, and one file for several people."""
        super().check_stream()
        if self.several and not self._in_folder:
            raise UsageError(
                f'{self.target}: stream "{self.stream}" carries {self.target.carried}, landmarks of several, and '
                f"a .trc has one subject. Name a folder for a file each: trc:{self._folder.with_suffix('')}/",
                parameter="dumps",
            )
        if self.several is False and self._in_folder:
            raise UsageError(
                f'{self.target}: stream "{self.stream}" carries {self.target.carried}, the landmarks of one. Name '
                f"a file: {self._folder.name or 'landmarks'}.trc",
                parameter="dumps",
            )

    def check_place(self) -> None:
        """Make sure that the files can be created and will not mix with others."""
        if not self._in_folder:
            check_creatable(self.path)
        elif self._folder.is_dir() and any(file.suffix == ".trc" for file in self._folder.iterdir()):
            raise OutputError(f"{self._folder} holds .trc files already. Remove them or choose another folder.")
        else:
            check_naming(Naming(self._folder, "%d.trc"), "files")

    def open(self) -> None:
        """Make the folder, and a place for what is to be written at the end; raises OutputError."""
        from graphkit.jobs._sinks.trajectories import Trajectories

        if self._in_folder:
            try:
                self._folder.mkdir(exist_ok=True)
            except OSError as exc:
                raise OutputError(f"cannot be created: {exc.strerror}.", path=self._folder) from exc
        self._kept: Trajectories = Trajectories(self._folder if self._in_folder else self._folder.parent)

    def write_frame(self, frame: PeopleFrame) -> None:
        """Keep the markers of a frame; raises OutputError."""
        self._times.append(frame.timestamp)
        taken: set[str] = set()
        for person in frame.people:
            parts = {part: _axes(landmarks, frame.size) for part, landmarks in person.parts.items()}
            self._kept.add(self._subject(person, taken), frame.index, parts)

    def finish(self) -> None:
        """Write the files."""
        from graphkit.jobs._sinks.trajectories import Clock

        clock = Clock(np.frombuffer(self._times, np.int64))
        self._uneven = clock.unevenness > _UNEVEN
        units = "m" if self.in_metres else "px"
        subjects = self._kept.subjects or ([] if self._in_folder else [""])
        for subject in subjects:
            path = self._folder / f"{subject}.trc" if self._in_folder else self._folder
            self._kept.write(subject, path, clock, units, self._expected())
        self._kept.close()

    def give_up(self) -> None:
        """Forget what was kept."""
        self._kept.close()

    def report(self, summary: Summary) -> None:
        """Add the file or folder; say if the times are not even."""
        super().report(summary)
        if self._uneven:
            summary.notes.append(
                f"{self.path}: the frames are not evenly spaced. The column Time is right; the rate in the head "
                "is that of most frames."
            )

    def _expected(self) -> tuple[Part, ...]:
        """Return the parts that a file has in any case."""
        if self.stream.rpartition("__")[2] == HOLISTIC_STREAM:
            return _HOLISTIC
        named = part_in_name(self.stream)
        return (named,) if named is not None else ()

    def _subject(self, person: Person, taken: set[str]) -> str:
        """Return the name of a person's file without its ending; two left hands in a frame get two."""
        if not self._in_folder:
            if taken:
                raise FormatError(
                    f'stream "{self.stream}": a .trc has one subject, and this packet holds several. Name a '
                    f"folder for a file each: trc:{self._folder.with_suffix('')}/"
                )
            taken.add("")
            return ""
        base = f"id_{person.id}" if person.id is not None else person.label.replace("/", "_")
        base = base or f"item_{person.item}"
        name, number = base, 1
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name)
        return name


def _axes(landmarks: LandmarkList | NormalizedLandmarkList, size: tuple[int, int] | None) -> NDArray[np.float32]:
    """Return (N, 3): x to the right, y up, z towards the camera."""
    if isinstance(landmarks, LandmarkList):
        return landmarks.xyz * np.array((1, -1, -1), np.float32)
    width, height = size or (1, 1)
    turned = landmarks.xyz * np.array((width, -height, -width), np.float32)
    return turned + np.array((0, height, 0), np.float32)
