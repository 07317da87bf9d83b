"""Dumps: the packets of a stream, written to a file as they come."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from graphkit.errors import FormatError, OutputError, UsageError, did_you_mean
from graphkit.formats import Image, ImageFrame, to_json
from graphkit.jobs.landmark_table import HEADER, LandmarkTable, is_landmarks
from graphkit.jobs.observation import Observation
from graphkit.jobs.streams import handedness_for, known_stream, stream_type
from graphkit.packet_type import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graphkit.config.plan import GraphPlan
    from graphkit.packet import Packet

_SUFFIXES: Final = (".jsonl", ".csv")


class Dump(Protocol):
    """A stream on its way to a file.

    Attributes:
        stream: its name.
        path: the file.
    """

    stream: str
    path: Path

    @property
    def packets(self) -> int:
        """Packets written so far."""

    def observations(self) -> list[Observation]:
        """Return what is to be observed for it."""

    def close(self) -> None:
        """Write what is held back and close the file; harmless when repeated."""


class JsonlDump:
    """One JSON object a packet and line: ``{"timestamp": ..., "stream": ..., "packet": ...}``.

    The timestamp is in microseconds, the packet in the JSON mapping of its message. A line is on its way
    to the disk before the next packet is taken, so a crash loses nothing.

    Args:
        stream: its name.
        path: the file; an existing one is overwritten.

    Raises:
        OutputError: the file cannot be created.
    """

    def __init__(self, stream: str, path: Path) -> None:
        self.stream, self.path = stream, path
        self.packets = 0
        self._file = _create(path)

    def observations(self) -> list[Observation]:
        """Return what is to be observed: the stream."""
        return [Observation(self.stream, self.take)]

    def take(self, packet: Packet[Any]) -> None:
        """Write a packet."""
        line = {"timestamp": int(packet.timestamp), "stream": self.stream, "packet": to_json(packet.payload)}
        _write(self._file, self.path, json.dumps(line) + "\n")
        self.packets += 1

    def close(self) -> None:
        """Close the file; harmless when repeated."""
        _close(self._file, self.path)


class CsvDump:
    """One row a landmark, with the hand it belongs to and whether that is a left or a right one.

    The handedness comes over a stream of its own, so rows wait for it. A graph that settles it late, or
    never, shall not make them pile up: the oldest go out without it when more than *MOST_WAITING* wait.

    Args:
        stream: its name.
        path: the file; an existing one is overwritten.
        handedness: name of the handedness stream, None without one.

    Raises:
        OutputError: the file cannot be created.
    """

    MOST_WAITING = 64

    def __init__(self, stream: str, path: Path, handedness: str | None) -> None:
        self.stream, self.path = stream, path
        self._handedness = handedness
        self._table = LandmarkTable(joined=handedness is not None, most_waiting=self.MOST_WAITING)
        # The two streams may come from different threads.
        self._lock = threading.Lock()
        self._file = _create(path)
        _write(self._file, path, HEADER + "\n")

    @property
    def packets(self) -> int:
        """Packets written so far."""
        return self._table.packets

    def observations(self) -> list[Observation]:
        """Return what is to be observed: the stream and its handedness."""
        joined = (
            [] if self._handedness is None else [Observation(self._handedness, self.take_handedness, bounds=True)]
        )
        return [Observation(self.stream, self.take), *joined]

    def take(self, packet: Packet[Any]) -> None:
        """Take landmarks: a list of lists, one list, or a collection."""
        with self._lock:
            _write(self._file, self.path, self._table.landmarks(int(packet.timestamp), packet.payload))

    def take_handedness(self, packet: Packet[Any]) -> None:
        """Take the handedness of a time, or an empty packet: there is none."""
        with self._lock:
            rows = self._table.handedness(int(packet.timestamp), packet.get_or([]))
            _write(self._file, self.path, rows)

    def close(self) -> None:
        """Write the rows that wait and close the file; harmless when repeated."""
        with self._lock:
            if not self._file.closed:
                _write(self._file, self.path, self._table.rest())
                _close(self._file, self.path)


def check_dumps(plan: GraphPlan, dumps: Mapping[str, str | os.PathLike[str]], inputs: Iterable[Path] = ()) -> None:
    """Make sure that every dump can be written, without creating or changing anything.

    Args:
        plan: the graph.
        dumps: file by stream name.
        inputs: files that are being read and must survive.

    Raises:
        UsageError: an unknown stream or file type, a stream that the file type cannot hold, one file
            asked for twice.
        OutputError: the file cannot be written.
    """
    taken: dict[Path, str] = {Path(path).absolute(): "the input" for path in inputs}
    for stream, path in dumps.items():
        flag = f"--dump {stream}={path}"
        known_stream(plan, stream, flag)
        _check_kind(plan, stream, Path(path), flag)
        file = Path(path).absolute()
        if file in taken:
            raise UsageError(f"{flag}: this file is {taken[file]} already. Choose another name.")
        taken[file] = f"the dump of {stream}"
        check_file(path, flag)


def open_dumps(plan: GraphPlan, dumps: Mapping[str, str | os.PathLike[str]]) -> list[Dump]:
    """Create the files of checked dumps.

    Raises:
        OutputError: one cannot be created; those before it are closed again.
    """
    opened: list[Dump] = []
    try:
        for stream, name in dumps.items():
            path = Path(name)
            if path.suffix.lower() == ".csv":
                opened.append(CsvDump(stream, path, handedness_for(plan, stream, dumps)))
            else:
                opened.append(JsonlDump(stream, path))
    except OutputError:
        for dump in opened:
            dump.close()
        raise
    return opened


def check_file(path: str | os.PathLike[str], flag: str) -> None:
    """Make sure that a file can be created here, without doing so; raises OutputError."""
    file = Path(path).absolute()
    if file.is_dir():
        raise OutputError(f"{flag}: {path} is a folder. Name a file in it.")
    if not file.parent.is_dir():
        raise OutputError(f"{flag}: the folder {file.parent} does not exist. Create it first.")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise OutputError(f"{flag}: no permission to write {path}. Choose another place.")


def _check_kind(plan: GraphPlan, stream: str, path: Path, flag: str) -> None:
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise UsageError(f'{flag}: unknown kind of file "{suffix}".{did_you_mean(suffix, _SUFFIXES)} '
                         f"Known: {', '.join(_SUFFIXES)}.")  # fmt: skip
    carried = stream_type(plan, stream)
    if carried.kind is not Kind.ONE_OF:
        return
    if all(kind in (ImageFrame, Image) for kind in carried.types):
        raise UsageError(
            f'{flag}: stream "{stream}" carries images, which are written as a video: --output_stream {stream} '
            "--output_video_path FILE.mp4."
        )
    if suffix == ".csv" and not any(is_landmarks(kind) for kind in carried.types):
        raise UsageError(
            f'{flag}: stream "{stream}" carries {carried}; a .csv holds landmarks only. Dump it as .jsonl.'
        )


def _create(path: Path) -> Any:
    try:
        # Line buffering: what was written survives the process.
        return path.open("w", buffering=1, encoding="utf-8", newline="")
    except OSError as exc:
        raise OutputError(f"{path}: cannot be created: {exc.strerror}.") from exc


def _write(file: Any, path: Path, text: str) -> None:
    if not text:
        return
    try:
        file.write(text)
    except OSError as exc:
        raise OutputError(f"{path}: cannot be written: {exc.strerror}.") from exc
    except ValueError as exc:
        raise FormatError(f"{path}: {exc}") from exc


def _close(file: Any, path: Path) -> None:
    try:
        file.close()
    except OSError as exc:
        raise OutputError(f"{path}: cannot be finished: {exc.strerror}.") from exc
