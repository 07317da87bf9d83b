"""Dumps that are text: a line a packet in a .jsonl, a row a thing in a .csv."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from graphkit.errors import FormatError, OutputError
from graphkit.formats import to_json
from graphkit.jobs._dumps.frame_sizes import FrameSizes
from graphkit.jobs._dumps.labels_join import Labelled, LabelsJoin
from graphkit.jobs._dumps.tables import table_of_payload
from graphkit.jobs._observation import Observation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from graphkit.framework import Packet
    from graphkit.jobs._dumps.tables import Table
    from graphkit.jobs._streams import Labels


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


class _Joined:
    """A dump whose packets wait for the labels of their time, if there are any.

    Args:
        stream: its name.
        path: the file; an existing one is overwritten.
        labels: what tells whose the things of a packet are. None without such.

    Raises:
        OutputError: the file cannot be created.
    """

    def __init__(self, stream: str, path: Path, labels: Labels | None) -> None:
        self.stream, self.path = stream, path
        self.packets = 0
        self._labels = labels
        self._join = LabelsJoin()
        # The streams may come from different threads.
        self._lock = threading.Lock()
        self._file = TextFile(path)

    def observations(self) -> list[Observation]:
        """Return what is to be observed: the stream, and its labels."""
        observed = [Observation(self.stream, self.take)]
        if self._labels is not None:
            observed.append(Observation(self._labels.stream, self.take_labels, bounds=True))
        return observed

    def take(self, packet: Packet[Any]) -> None:
        """Take a packet of the stream; it is written at once, or when its labels are known."""
        timestamp = int(packet.timestamp)
        with self._lock:
            if self._labels is None:
                self._write(timestamp, packet.payload, None)
            else:
                self._write_all(self._join.landmarks(timestamp, packet.payload))

    def take_labels(self, packet: Packet[Any]) -> None:
        """Take the labels of a time, or an empty packet: there are none."""
        with self._lock:
            self._write_all(self._join.labels(int(packet.timestamp), packet.get_or([])))

    def close(self) -> None:
        """Write what waits and close the file; harmless when repeated."""
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
        raise NotImplementedError


class JsonlDump(_Joined):
    """One JSON object a packet and line: ``{"timestamp": ..., "stream": ..., "packet": ...}``.

    The timestamp is in microseconds, the packet in the JSON mapping of its message. A line is on its way
    to the disk before the next packet is taken, so a crash loses nothing.

    Args:
        stream: its name.
        path: the file; an existing one is overwritten.
        ids: a stream with an id for each thing of a packet; lines then have ``ids``, too. None without one.

    Raises:
        OutputError: the file cannot be created.
    """

    def __init__(self, stream: str, path: Path, ids: Labels | None = None) -> None:
        super().__init__(stream, path, ids)

    def _write(self, timestamp: int, payload: Any, labels: list[str] | None) -> None:
        line: dict[str, Any] = {"timestamp": timestamp, "stream": self.stream}
        if labels is not None:
            line["ids"] = [int(label) for label in labels]
        line["packet"] = to_json(payload)
        self._file.write(json.dumps(line) + "\n")
        self.packets += 1


class CsvDump(_Joined):
    """A header, and one row a landmark, detection or whatever the stream carries.

    Args:
        stream: its name.
        path: the file; an existing one is overwritten.
        table: the columns; None to let the first packet decide, where the graph does not type the stream.
        labels: what tells whose the landmarks are; rows wait for it. None without such.
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
        labels: Labels | None = None,
        frames: str | None = None,
    ) -> None:
        super().__init__(stream, path, labels)
        self._table, self._frames = table, frames
        self._sizes = FrameSizes()
        if table is not None:
            self._file.write(table.header(label="" if labels is None else labels.column))

    def observations(self) -> list[Observation]:
        """Return what is to be observed: the stream, its labels, and the pictures for their size."""
        sizes = [] if self._frames is None else [Observation(self._frames, self._sizes.take)]
        return super().observations() + sizes

    def _write(self, timestamp: int, payload: Any, labels: list[str] | None) -> None:
        if self._table is None:
            if isinstance(payload, list) and not payload:
                return  # tells nothing yet
            self._table = table_of_payload(payload)
            self._file.write(self._table.header())
        self._file.write(self._table.rows(timestamp, payload, self._sizes.at(timestamp), labels))
        self.packets += 1
