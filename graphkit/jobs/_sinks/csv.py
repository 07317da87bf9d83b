"""CsvSink: a table with a row per landmark, detection or other thing of the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.errors import UsageError
from graphkit.framework._packet_type import Kind
from graphkit.jobs._sink import Tap, Target
from graphkit.jobs._sinks.frame_sizes import FrameSizes
from graphkit.jobs._sinks.labelled_file import LabelledFile
from graphkit.jobs._sinks.tables import HOLDS, can_be_table, kept_as_text, table_of_payload
from graphkit.jobs._sinks.text_sink import TextSink
from graphkit.jobs._streams import fed_pictures

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit.jobs._sinks.labelled_file import Lines
    from graphkit.jobs._sinks.tables import Table


class CsvFile(LabelledFile):
    """A header, and one row per landmark, detection or other thing of the stream.

    Args:
        path: the file; an existing one is overwritten.
        table: the columns; None to let the first packet decide, if the graph does not type the stream.
        sizes: knows the pictures that the coordinates are fractions of.
        label: the column that tells whose a row is; "" for none.
        file: takes the lines; None for a text file.

    Raises:
        OutputError: the file cannot be created.
    """

    def __init__(
        self, path: Path, table: Table | None, sizes: FrameSizes, *, label: str = "", file: Lines | None = None
    ) -> None:
        super().__init__(path, labelled=bool(label), file=file)
        self._table, self._sizes = table, sizes
        if table is not None:
            self._file.write(table.header(label=label))

    def text_of(self, timestamp: int, payload: Any, labels: list[str] | None) -> str | None:
        """Return the rows of a packet; before them the header, if they are the first."""
        head = ""
        if self._table is None:
            if isinstance(payload, list) and not payload:
                return None  # tells nothing yet
            self._table = table_of_payload(payload)
            head = self._table.header()
        return head + self._table.rows(timestamp, payload, self._sizes.at(timestamp), labels)


class CsvSink(TextSink):
    """A table. Coordinates have the size of the frame beside them, landmarks of several whose they are."""

    endings = (".csv",)

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._sizes = FrameSizes()
        self._frames = fed_pictures(target.plan)

    def check_stream(self) -> None:
        """Refuse a stream that has no table."""
        carried = self.target.carried
        if carried.kind is Kind.ONE_OF and not can_be_table(carried):
            raise UsageError(
                f'{self.target}: stream "{self.stream}" carries {carried}; a {self.endings[0]} holds {HOLDS}. '
                f"{kept_as_text(carried)}.",
                parameter="dumps",
            )

    def create(self) -> LabelledFile:
        """Create the file; raises OutputError."""
        label = "" if self.labels is None else self.labels.column
        return CsvFile(self.path, self.table, self._sizes, label=label)

    def taps(self) -> list[Tap]:
        """Return the stream, its labels, and the pictures for their size."""
        sizes = [] if self._frames is None else [Tap(self._frames, self._sizes.take)]
        return super().taps() + sizes
