"""Trajectories: markers of all frames, kept on the disk until it is known how many frames there are."""

from __future__ import annotations

import struct
import tempfile
from array import array
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit.errors import FormatError, OutputError
from graphkit.jobs._sinks.markers import markers, usual_points
from graphkit.jobs._sinks.people import Part
from graphkit.jobs._sinks.whole_file import WholeFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_PARTS: Final = tuple(Part)
_HEAD: Final = struct.Struct("<qB")
_PART: Final = struct.Struct("<BH")
# Times that differ from the usual step by less are rounded, not uneven.
_ROUNDING_US: Final = 2
_FIELDS: Final = (
    "DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", "OrigDataRate", "OrigDataStartFrame",
    "OrigNumFrames",
)  # fmt: skip


class Clock:
    """The times of the frames.

    Args:
        times: (N,) microseconds, increasing.

    Attributes:
        rate: frames a second, 0 for fewer than two.
        unevenness: how far the longest or shortest step is from the usual one, as a share of that.
    """

    def __init__(self, times: NDArray[np.int64]) -> None:
        self.seconds: list[float] = (times / 1e6).tolist()
        steps = np.diff(times)
        usual = float(np.median(steps)) if len(steps) else 0.0
        near = steps[np.abs(steps - usual) <= _ROUNDING_US]
        self.rate = round(1e6 / float(near.mean() if len(near) else usual), 3) if usual else 0.0
        off = np.abs(steps - usual).max() if len(steps) else 0.0
        self.unevenness = float(off / usual) if usual and off > _ROUNDING_US else 0.0


class Trajectories:
    """Keeps the markers of subjects, and writes a .trc of each.

    Args:
        folder: whose disk they are kept on; the file there has no name and ends with the process.

    Raises:
        OutputError: no file can be made there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._records: dict[str, array[int]] = {}
        try:
            self._file: Any = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by close()
        except OSError as exc:
            raise OutputError(f"cannot be created: {exc.strerror}.", path=folder) from exc

    @property
    def subjects(self) -> list[str]:
        """Return the subjects with markers, in the order in which they came."""
        return list(self._records)

    def add(self, subject: str, frame: int, parts: Mapping[Part, NDArray[np.float32]]) -> None:
        """Keep the markers of a subject in a frame, (N, 3) for each part; raises OutputError."""
        record = [_HEAD.pack(frame, len(parts))]
        for part, points in parts.items():
            record += (_PART.pack(_PARTS.index(part), len(points)), points.astype("<f4").tobytes())
        try:
            self._records.setdefault(subject, array("q")).append(self._file.seek(0, 2))
            self._file.write(b"".join(record))
        except OSError as exc:
            raise OutputError(f"cannot be written: {exc.strerror}.", path=self._folder) from exc

    def write(self, subject: str, path: Path, clock: Clock, units: str, expected: Sequence[Part]) -> None:
        """Write the .trc of a subject.

        Args:
            subject: one of `subjects`, or another without markers.
            path: the file.
            clock: the times of all frames.
            units: of the coordinates.
            expected: parts that have columns in any case.

        Raises:
            FormatError: a part changes its number of points.
            OutputError: the file cannot be written.
        """
        layout = self._layout(subject, expected)
        file = WholeFile(path)
        try:
            file.write(_head(path, clock, units, layout))
            rows = self._rows(subject, layout)
            following = next(rows, None)
            columns = 3 * sum(layout.values())
            for frame, seconds in enumerate(clock.seconds):
                cells = [""] * columns
                if following is not None and following[0] == frame:
                    cells, following = _cells(following[1]), next(rows, None)
                file.write("\t".join([str(frame + 1), f"{seconds:.6f}", *cells, ""]) + "\n")
        except BaseException:
            file.discard()
            raise
        file.finish()

    def close(self) -> None:
        """Forget everything; safe to call twice."""
        self._file.close()

    def _layout(self, subject: str, expected: Sequence[Part]) -> dict[Part, int]:
        """Return how many points each part has."""
        found: dict[Part, int] = {}
        for frame, parts in self._read(subject):
            for part, points in parts.items():
                if found.setdefault(part, len(points)) != len(points):
                    raise FormatError(
                        f"a .trc has the same markers in all frames; found {found[part]} landmarks of a "
                        f"{part.value}, and {len(points)} in frame {frame}. Write the stream as .csv or .jsonl."
                    )
        wanted = found if found and not set(found) <= set(expected) else [*expected, *found]
        return {part: found.get(part, usual_points(part)) for part in wanted}

    def _rows(self, subject: str, layout: Mapping[Part, int]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        for frame, parts in self._read(subject):
            missing = {part: np.full((points, 3), np.nan, np.float32) for part, points in layout.items()}
            yield frame, np.concatenate([parts.get(part, missing[part]) for part in layout])

    def _read(self, subject: str) -> Iterator[tuple[int, dict[Part, NDArray[np.float32]]]]:
        for place in self._records.get(subject, ()):
            self._file.seek(place)
            frame, count = _HEAD.unpack(self._file.read(_HEAD.size))
            parts = {}
            for _ in range(count):
                part, points = _PART.unpack(self._file.read(_PART.size))
                values = np.frombuffer(self._file.read(12 * points), "<f4")
                parts[_PARTS[part]] = values.reshape(points, 3)
            yield frame, parts


# Lines of columns end with a tab: OpenSim takes no notice of an empty cell at the very end, and misses it then.
def _head(path: Path, clock: Clock, units: str, layout: Mapping[Part, int]) -> str:
    names = [name for part, points in layout.items() for name in markers(part, points)]
    rate, frames = f"{clock.rate:g}", len(clock.seconds)
    values = (rate, rate, frames, len(names), units, rate, 1, frames)
    axes = (f"{axis}{number}" for number in range(1, len(names) + 1) for axis in "XYZ")
    lines: list[Iterable[object]] = [
        ("PathFileType", 4, "(X/Y/Z)", path.name),
        _FIELDS,
        values,
        ("Frame#", "Time", *(f"{name}\t\t" for name in names), ""),
        ("", "", *axes, ""),
        (),
    ]
    return "".join("\t".join(map(str, line)) + "\n" for line in lines)


def _cells(points: NDArray[np.float32]) -> list[str]:
    """Return x, y and z of each point as text; nothing for a point that is no number."""
    cells = []
    for point in points.tolist():
        cells += [f"{value:.6f}" for value in point] if all(map(isfinite, point)) else ["", "", ""]
    return cells
