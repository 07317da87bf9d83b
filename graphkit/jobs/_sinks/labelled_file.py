"""LabelledFile: lines for packets, which may wait for what another stream says of them."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

from graphkit.errors import FormatError
from graphkit.jobs._sink import refused_packet
from graphkit.jobs._sinks.labels_join import Labelled, LabelsJoin
from graphkit.jobs._sinks.text_file import TextFile

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from graphkit.framework import Packet


class Lines(Protocol):
    """What takes the lines of a file."""

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""

    def write(self, text: str) -> None:
        """Take whole lines; raises OutputError."""

    def close(self) -> None:
        """Finish; safe to call twice."""


class LabelledFile(ABC):
    """A text file of packets. Those with labels wait for the labels of their time.

    Args:
        path: the file; an existing one is overwritten.
        labelled: whether `take_labels` tells whose the things of a packet are.
        file: takes the lines; None for a text file at *path*.

    Attributes:
        path: as given.
        packets: written so far.
        origin: where the packets come from, in words, for messages.

    Raises:
        OutputError: the file cannot be created.
    """

    def __init__(self, path: Path, *, labelled: bool, file: Lines | None = None) -> None:
        self.path = path
        self.packets = 0
        self.origin = ""
        self._labelled = labelled
        self._join = LabelsJoin()
        # The streams may come from different threads.
        self._lock = threading.Lock()
        self._file: Lines = TextFile(path) if file is None else file

    def take(self, packet: Packet[Any]) -> None:
        """Take a packet of the stream; it is written at once, or when its labels are known."""
        timestamp = int(packet.timestamp)
        with self._lock:
            if self._labelled:
                self._write_all(self._join.landmarks(timestamp, packet.payload))
            else:
                self._write(timestamp, packet.payload, None)

    def take_labels(self, packet: Packet[Any]) -> None:
        """Take the labels of a time, or an empty packet: there are none."""
        with self._lock:
            self._write_all(self._join.labels(int(packet.timestamp), packet.get_or([])))

    def close(self) -> None:
        """Write what waits and close the file; safe to call twice."""
        with self._lock:
            if not self._file.closed:
                try:
                    self._write_all(self._join.rest())
                finally:
                    self._file.close()

    @abstractmethod
    def text_of(self, timestamp: int, payload: Any, labels: list[str] | None) -> str | None:
        """Return the lines of a packet, None for one that tells nothing; *labels* are None without such."""

    def _write_all(self, ready: Iterable[Labelled]) -> None:
        for timestamp, payload, labels in ready:
            self._write(timestamp, payload, labels)

    def _write(self, timestamp: int, payload: Any, labels: list[str] | None) -> None:
        try:
            text = self.text_of(timestamp, payload, labels)
        except FormatError as error:
            raise refused_packet(str(self.path), timestamp, self.origin, error) from error
        if text is not None:
            self._file.write(text)
            self.packets += 1
