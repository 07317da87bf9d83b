"""Dumps that are text: a line a packet in a .jsonl, a row a thing in a .csv."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from graphkit.errors import FormatError, OutputError
from graphkit.formats import to_json
from graphkit.jobs._dumps.frame_sizes import FrameSizes
from graphkit.jobs._dumps.handedness_join import HandednessJoin, Labelled
from graphkit.jobs._dumps.tables import table_of_payload
from graphkit.jobs._observation import Observation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from graphkit.framework import Packet
    from graphkit.jobs._dumps.tables import Table


class TextFile:
    """A text file whose lines are on their way to the disk as soon as they are written, each packet's or none.

    Args:
        path: the file; an existing one is overwritten.

    Raises:
        OutputError: the file cannot be created.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._size = path, 0
        try:
            # Without a buffer: what was written survives the process.
            self._file = path.open("wb", buffering=0)
        except OSError as exc:
            raise OutputError(f"{path}: cannot be created: {exc.strerror}.") from exc

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._file.closed

    def write(self, text: str) -> None:
        """Write whole lines, or nothing.

        Raises:
            OutputError: the disk is full, or such.
            FormatError: the text has characters that UTF-8 has not.
        """
        if not text:
            return
        try:
            lines = text.encode("utf-8")
        except UnicodeEncodeError as exc:
            raise FormatError(f"{self._path}: {exc}") from exc
        try:
            self._write_all(lines)
        except OSError as exc:
            with suppress(OSError):  # a pipe has no length to take back
                self._file.truncate(self._size)
            raise OutputError(f"{self._path}: cannot be written: {exc.strerror}.") from exc
        self._size += len(lines)

    def close(self) -> None:
        """Close the file; harmless when repeated."""
        try:
            self._file.close()
        except OSError as exc:
            raise OutputError(f"{self._path}: cannot be finished: {exc.strerror}.") from exc

    def _write_all(self, lines: bytes) -> None:
        # A disk with little room takes a part at first, and only then refuses.
        rest = memoryview(lines)
        while rest:
            rest = rest[self._file.write(rest) :]


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
        self._file = TextFile(path)

    def observations(self) -> list[Observation]:
        """Return what is to be observed: the stream."""
        return [Observation(self.stream, self.take)]

    def take(self, packet: Packet[Any]) -> None:
        """Write a packet."""
        line = {"timestamp": int(packet.timestamp), "stream": self.stream, "packet": to_json(packet.payload)}
        self._file.write(json.dumps(line) + "\n")
        self.packets += 1

    def close(self) -> None:
        """Close the file; harmless when repeated."""
        self._file.close()


class CsvDump:
    """A header, and one row a landmark, detection or whatever the stream carries.

    Args:
        stream: its name.
        path: the file; an existing one is overwritten.
        table: the columns; None to let the first packet decide, where the graph does not type the stream.
        handedness: a stream that says which hand the landmarks are of; rows wait for it. None without one.
        frames: a stream whose pictures the coordinates are fractions of. None without one.

    Raises:
        OutputError: the file cannot be created.
    """

    def __init__(
        self,
        stream: str,
        path: Path,
        table: Table | None,
        *,
        handedness: str | None = None,
        frames: str | None = None,
    ) -> None:
        self.stream, self.path = stream, path
        self.packets = 0
        self._table, self._handedness, self._frames = table, handedness, frames
        self._sizes = FrameSizes()
        self._join = HandednessJoin()
        # The streams may come from different threads.
        self._lock = threading.Lock()
        self._file = TextFile(path)
        if table is not None:
            self._file.write(table.header(labelled=handedness is not None))

    def observations(self) -> list[Observation]:
        """Return what is to be observed: the stream, its handedness, and the pictures for their size."""
        observed = [Observation(self.stream, self.take)]
        if self._handedness is not None:
            observed.append(Observation(self._handedness, self.take_handedness, bounds=True))
        if self._frames is not None:
            observed.append(Observation(self._frames, self._sizes.take))
        return observed

    def take(self, packet: Packet[Any]) -> None:
        """Take a packet of the stream; its rows are written at once, or when the handedness is known."""
        timestamp = int(packet.timestamp)
        with self._lock:
            if self._handedness is None:
                self._write(timestamp, packet.payload, None)
            else:
                self._write_all(self._join.landmarks(timestamp, packet.payload))

    def take_handedness(self, packet: Packet[Any]) -> None:
        """Take the handedness of a time, or an empty packet: there is none."""
        with self._lock:
            self._write_all(self._join.handedness(int(packet.timestamp), packet.get_or([])))

    def close(self) -> None:
        """Write the rows that wait and close the file; harmless when repeated."""
        with self._lock:
            if not self._file.closed:
                try:
                    self._write_all(self._join.rest())
                finally:
                    self._file.close()

    def _write_all(self, ready: Iterable[Labelled]) -> None:
        for timestamp, payload, labels in ready:
            self._write(timestamp, payload, labels)

    def _write(self, timestamp: int, payload: Any, labels: list[str] | None) -> None:
        if self._table is None:
            if isinstance(payload, list) and not payload:
                return  # tells nothing yet
            self._table = table_of_payload(payload)
            self._file.write(self._table.header())
        self._file.write(self._table.rows(timestamp, payload, self._sizes.at(timestamp), labels))
        self.packets += 1
