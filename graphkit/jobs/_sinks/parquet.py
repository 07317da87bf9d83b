"""ParquetSink: the table of a .csv, with typed columns, as a .parquet."""

from __future__ import annotations

import io
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import OutputError, PackageError
from graphkit.jobs._sinks.csv import CsvFile, CsvSink
from graphkit.jobs._sinks.rows import THINGS
from graphkit.jobs._sinks.whole_file import WholeFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from graphkit.jobs._sinks.frame_sizes import FrameSizes
    from graphkit.jobs._sinks.tables import Table

# Text that is kept before it becomes a row group of the file.
_GROUP_BYTES: Final = 4 << 20
_TYPES: Final = {
    **dict.fromkeys(("timestamp", "id", "rect_id"), "int64"),
    **dict.fromkeys(("item", "index", "frame_width", "frame_height"), "int32"),
    **dict.fromkeys(("x", "y", "z", "visibility", "presence", "score", "rotation"), "float32"),
    **dict.fromkeys(("xmin", "ymin", "width", "height", "x_center", "y_center"), "float64"),
}
_VALUES: Final = {bool: "bool", int: "int64", float: "float64"}


class ParquetSink(CsvSink):
    """The columns of the .csv of the same stream, with their types; needs the package pyarrow."""

    endings = (".parquet",)

    def check_stream(self) -> None:
        """Refuse a stream that has no table, and a machine without pyarrow."""
        super().check_stream()
        if find_spec("pyarrow") is None:
            raise PackageError(
                "pyarrow",
                f"{self.target} needs it, and it is not installed",
                "pip install 'graphkit-media[parquet]'",
            )

    def create(self) -> CsvFile:
        """Create the file; raises OutputError."""
        label = "" if self.labels is None else self.labels.column
        return ParquetFile(self.path, self.table, self._sizes, label=label)


class ParquetFile(CsvFile):
    """The rows of a .csv, turned into columns some thousands at a time.

    Args:
        path: the file; an existing one is replaced when this one is complete.
        table, sizes, label: as for a `CsvFile`.

    Raises:
        OutputError: the file cannot be created.
    """

    def __init__(self, path: Path, table: Table | None, sizes: FrameSizes, *, label: str = "") -> None:
        super().__init__(path, table, sizes, label=label, file=Columns(path, self._type_of))

    def _type_of(self, column: str) -> str:
        carried = str if self._table is None else self._table.carried
        if column == "value":
            return _VALUES.get(carried, "string")
        if column in ("width", "height") and THINGS[carried].columns.endswith("format"):
            return "int32"
        return _TYPES.get(column, "string")


class Columns:
    """Takes the lines of a .csv, the head first, and writes a .parquet.

    Args:
        path: the file.
        type_of: tells the type of a column by its name, once there are rows.

    Raises:
        OutputError: the file cannot be created.
    """

    def __init__(self, path: Path, type_of: Callable[[str], str]) -> None:
        self._path, self._type_of = path, type_of
        self._file = WholeFile(path)
        self._head = ""
        self._rows: list[str] = []
        self._size = 0
        self._writer: Any = None
        self.closed = False

    def write(self, text: str) -> None:
        """Take whole lines; raises OutputError."""
        if not self._head:
            self._head, _, text = text.partition("\n")
        if text:
            self._rows.append(text)
            self._size += len(text)
        if self._size >= _GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Write what waits and give the file its name; safe to call twice. Raises OutputError."""
        if self.closed:
            return
        self.closed = True
        self._flush()
        with self._or_nothing():
            self._writer.close()
        self._file.finish()

    def _flush(self) -> None:
        """Write the rows that wait as a row group."""
        import pyarrow as pa
        from pyarrow import csv, parquet

        types = {name: pa.type_for_alias(self._type_of(name)) for name in (self._head or "timestamp").split(",")}
        if self._writer is None:
            self._writer = parquet.ParquetWriter(self._file.file, pa.schema(list(types.items())))
        if self._rows:
            lines = "".join(self._rows).encode("utf-8")
            table = csv.read_csv(
                io.BytesIO(lines),
                csv.ReadOptions(column_names=list(types), use_threads=False, block_size=len(lines) + 1),
                csv.ParseOptions(newlines_in_values=True),
                csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True),
            )
            self._rows, self._size = [], 0
            with self._or_nothing():
                self._writer.write_table(table)

    @contextmanager
    def _or_nothing(self) -> Iterator[None]:
        """Leave nothing behind if the disk is full."""
        try:
            yield
        except OSError as exc:
            self.closed = True
            self._file.discard()
            raise OutputError(f"cannot be written: {exc.strerror or exc}.", path=self._path) from exc
