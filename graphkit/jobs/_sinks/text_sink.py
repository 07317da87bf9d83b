"""TextSink: what the files of lines have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from graphkit.jobs._sink import Ending, FileSink, Tap, Target
from graphkit.jobs._sinks.tables import table_for
from graphkit.jobs._streams import Labels, labels_for

if TYPE_CHECKING:
    from graphkit.framework import Packet
    from graphkit.jobs._sinks.labelled_file import LabelledFile
    from graphkit.jobs._sinks.tables import Table
    from graphkit.jobs._summary import Summary


class TextSink(FileSink):
    """Writes the packets of a stream to a `LabelledFile`. Landmarks of several wait for their labels.

    Attributes:
        table: what the stream is as a table, None if that is not known.
        labels: what tells whose the landmarks are, None if nothing does.
    """

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self.table: Table | None = table_for(target.carried)
        of_several = self.table is not None and self.table.has_landmarks and self.table.many
        self.labels: Labels | None = labels_for(target.plan, target.stream, target.beside) if of_several else None

    @abstractmethod
    def create(self) -> LabelledFile:
        """Create the file; raises OutputError."""

    def open(self) -> None:
        """Create the file; raises OutputError."""
        self.file = self.create()
        self.file.origin = self.target.origin

    def taps(self) -> list[Tap]:
        """Return the stream and its labels."""
        labels = [] if self.labels is None else [Tap(self.labels.stream, self._take_labels, bounds=True)]
        return [Tap(self.stream, self.take), *labels]

    def write(self, packet: Packet[Any]) -> None:
        """Write a packet, at once or when its labels are known."""
        self.file.take(packet)

    def close(self, ending: Ending) -> None:
        """Write what waits and close the file; safe to call twice."""
        self.file.close()

    def report(self, summary: Summary) -> None:
        """Add the file, with the packets that were written."""
        self.packets = self.file.packets
        super().report(summary)

    def _take_labels(self, packet: Packet[Any]) -> None:
        self.file.take_labels(packet)
