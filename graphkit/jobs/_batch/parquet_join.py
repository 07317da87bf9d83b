"""ParquetJoin: the .parquet files of clips, written into one."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from graphkit.errors import PackageError
from graphkit.jobs._batch.table_joins import COLUMN, Join, misfit, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Rows that wait for each other: many short clips make one row group.
_GROUP_BYTES: Final = 16 << 20
_BATCH_ROWS: Final = 65_536
# The columns of a stream whose type its first packet was to tell.
_NOTHING_CAME: Final = ["timestamp"]


class ParquetJoin(Join):
    """Columns, the name of the clip the first."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        if find_spec("pyarrow") is None:
            raise PackageError(
                "pyarrow", "a .parquet needs it, and it is not installed", "pip install 'graphkit-media[parquet]'"
            )
        self._writer: Any = None
        self._schema: Any = None
        self._empty: Any = None
        self._waiting: list[Any] = []
        self._size = 0

    def add(self, clip: str, path: Path) -> None:
        """Add the rows of a clip."""
        import pyarrow as pa

        name = os.fsencode(clip).decode(errors="replace")
        for batch in _batches(clip, path):
            if batch.num_rows == 0 and batch.schema.names == _NOTHING_CAME:
                self._empty = batch.schema
                continue
            self._check(batch.schema, path)
            names = pa.repeat(pa.scalar(name, pa.string()), batch.num_rows)
            self._take(pa.Table.from_arrays([names, *batch.columns], schema=self._schema))

    def finish(self) -> None:
        """Write the rows that wait, and the end of the file."""
        if self._schema is None:
            self._schema = _with_clip(self._empty)
        self._flush()
        self._writer.close()
        self._writer = None

    def close(self) -> None:
        """Give up a file that did not become whole."""
        if self._writer is not None:
            with suppress(OSError):
                self._writer.close()
        self._writer = None

    def _check(self, schema: Any, path: Path) -> None:
        wanted = _with_clip(schema)
        if self._schema is None:
            self._schema = wanted
        if wanted != self._schema:
            raise misfit(path, _columns(wanted), _columns(self._schema))

    def _take(self, rows: Any) -> None:
        self._waiting.append(rows)
        self._size += rows.nbytes
        if self._size >= _GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        if self._writer is None:
            self._writer = parquet.ParquetWriter(self._file, self._schema)
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting))
            self._waiting, self._size = [], 0


def _batches(clip: str, path: Path) -> Iterator[Any]:
    """Yield the rows of a table, some at a time; no rows, with their columns, of one that has none."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as part:
            yield pa.RecordBatch.from_pylist([], schema=part.schema_arrow)
            yield from part.iter_batches(_BATCH_ROWS)
    except (OSError, pa.ArrowException) as exc:
        raise unreadable(clip, path, getattr(exc, "strerror", None) or str(exc)) from exc


def _with_clip(schema: Any) -> Any:
    import pyarrow as pa

    return pa.schema([(COLUMN, pa.string()), *((field.name, field.type) for field in schema)])


def _columns(schema: Any) -> str:
    return ", ".join(f"{field.name} ({field.type})" for field in schema)
