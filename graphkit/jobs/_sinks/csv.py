"""CsvSink: a table with a row per landmark, detection or whatever the stream carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.errors import UsageError
from graphkit.framework._packet_type import Kind
from graphkit.jobs._sink import Ending, FileSink, Tap, Target
from graphkit.jobs._sinks.csv_file import CsvFile
from graphkit.jobs._sinks.tables import HOLDS, can_be_table, table_for
from graphkit.jobs._streams import fed_pictures, handedness_for

if TYPE_CHECKING:
    from graphkit.framework import Packet
    from graphkit.jobs._summary import Summary


class CsvSink(FileSink):
    """A header, and one row per landmark, detection or whatever the stream carries.

    Landmarks of hands wait for the stream that says left or right. Coordinates have the size of the frame beside
    them.
    """

    endings = (".csv",)

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._table = table_for(target.carried)
        of_hands = self._table is not None and self._table.has_landmarks and self._table.many
        self._handedness = handedness_for(target.plan, target.stream, target.beside) if of_hands else None
        self._frames = fed_pictures(target.plan)

    def check_stream(self) -> None:
        """Refuse a stream that has no table."""
        carried = self.target.carried
        if carried.kind is Kind.ONE_OF and not can_be_table(carried):
            raise UsageError(
                f'{self.target}: stream "{self.stream}" carries {carried}; a .csv holds {HOLDS}. '
                "Write it as .jsonl.",
                parameter="dumps",
            )

    def open(self) -> None:
        """Create the file; raises OutputError."""
        self._file = CsvFile(self.path, self._table, labelled=self._handedness is not None)

    def taps(self) -> list[Tap]:
        """Return the stream, its handedness, and the pictures for their size."""
        taps = [Tap(self.stream, self.take)]
        if self._handedness is not None:
            taps.append(Tap(self._handedness, self._take_handedness, bounds=True))
        if self._frames is not None:
            taps.append(Tap(self._frames, self._take_frame))
        return taps

    def write(self, packet: Packet[Any]) -> None:
        """Write the rows of a packet, at once or when the handedness is known."""
        self._file.take(packet)

    def _take_handedness(self, packet: Packet[Any]) -> None:
        self._file.take_handedness(packet)

    def _take_frame(self, packet: Packet[Any]) -> None:
        self._file.sizes.take(packet)

    def close(self, ending: Ending) -> None:
        """Write the rows that wait and close the file."""
        self._file.close()

    def report(self, summary: Summary) -> None:
        """Add the file, with the packets whose rows were written."""
        self.packets = self._file.packets
        super().report(summary)
