"""CsvFile: the file of a table, whose rows may wait for what another stream says of them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from graphkit.jobs._sinks.frame_sizes import FrameSizes
from graphkit.jobs._sinks.handedness_join import HandednessJoin, Labelled
from graphkit.jobs._sinks.tables import table_of_payload
from graphkit.jobs._sinks.text_file import TextFile

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from graphkit.framework import Packet
    from graphkit.jobs._sinks.tables import Table


class CsvFile:
    """A header, and one row per landmark, detection or whatever the stream carries.

    Args:
        path: the file; an existing one is overwritten.
        table: the columns; None to let the first packet decide, where the graph does not type the stream.
        labelled: with a column ``handedness``; rows wait for `take_handedness`.

    Attributes:
        path: as given.
        packets: written so far.
        sizes: told of the pictures that the coordinates are fractions of.

    Raises:
        OutputError: the file cannot be created.
    """

    def __init__(self, path: Path, table: Table | None, *, labelled: bool = False) -> None:
        self.path = path
        self.packets = 0
        self.sizes = FrameSizes()
        self._table, self._labelled = table, labelled
        self._join = HandednessJoin()
        # The streams may come from different threads.
        self._lock = threading.Lock()
        self._file = TextFile(path)
        if table is not None:
            self._file.write(table.header(labelled=labelled))

    def take(self, packet: Packet[Any]) -> None:
        """Take a packet of the stream; its rows are written at once, or when the handedness is known."""
        timestamp = int(packet.timestamp)
        with self._lock:
            if self._labelled:
                self._write_all(self._join.landmarks(timestamp, packet.payload))
            else:
                self._write(timestamp, packet.payload, None)

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
        self._file.write(self._table.rows(timestamp, payload, self.sizes.at(timestamp), labels))
        self.packets += 1
