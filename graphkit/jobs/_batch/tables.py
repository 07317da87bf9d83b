"""One table of all clips: the tables of each, one after the other, with the name of the clip in front."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphkit.errors import OutputError, UsageError, did_you_mean
from graphkit.jobs._batch.collecting import existing_manifests
from graphkit.jobs._batch.manifest import ManifestLines
from graphkit.jobs._batch.parquet_join import ParquetJoin
from graphkit.jobs._batch.table_joins import CsvJoin, JsonlJoin

if TYPE_CHECKING:
    from graphkit.jobs._batch.table_joins import Join

_JOINS: Final[dict[str, type[Join]]] = {".csv": CsvJoin, ".jsonl": JsonlJoin, ".parquet": ParquetJoin}


def collect_table(folder: Path, stream: str, table: Path) -> int:
    """Make one table of the tables of all clips that are done, with the name of the clip in its first column.

    Args:
        folder: of the outputs.
        stream: whose packets are in the tables.
        table: the file to write; its ending, .csv, .jsonl or .parquet, says which tables are meant.

    Returns:
        How many clips are in it.

    Raises:
        ManifestError: there is no manifest, or it cannot be read.
        UsageError: the ending is another, the file is a table of a clip itself, no clip has such a table, or they
            have different columns.
        InputError: a table is missing or damaged.
        OutputError: the table cannot be written.
        PackageError: a .parquet needs pyarrow, and it is not installed.
    """
    kind = _JOINS.get(table.suffix.lower())
    if kind is None:
        raise UsageError(f"{table}: one table of all clips is a {', '.join(_JOINS)}; its ending says which.")
    parts = _tables(folder, stream, table.suffix.lower())
    for clip, path in parts:
        if path.absolute() == table.absolute():
            raise UsageError(f"{table}: this is the table of {clip} itself. Choose another name.")
    made = table.with_name(f"{table.name}.part")
    try:
        with made.open("wb") as file, kind(file) as join:
            for clip, path in parts:
                join.add(clip, path)
            join.finish()
        made.replace(table)
    except OSError as exc:
        raise OutputError(f"cannot be written: {exc.strerror or exc}.", path=table) from exc
    finally:
        made.unlink(missing_ok=True)
    return len(parts)


def _tables(folder: Path, stream: str, ending: str) -> list[tuple[str, Path]]:
    """Return the name of each clip that is done, and its table of a stream, by name."""
    newest: dict[str, tuple[str, str]] = {}
    known: set[tuple[str, str]] = set()
    for path in existing_manifests(folder):
        for entry in ManifestLines(path):
            if entry.ended < newest.get(entry.clip, ("", ""))[0]:
                continue
            outputs = [(file.stream, Path(file.path).suffix.lower(), file.path) for file in entry.outputs]
            known.update((name, suffix) for name, suffix, _ in outputs)
            found = [path for name, suffix, path in outputs if (name, suffix) == (stream, ending)]
            newest[entry.clip] = entry.ended, found[0] if found else ""
    tables = [(clip, folder / path) for clip, (_, path) in sorted(newest.items()) if path]
    if not tables:
        raise UsageError(f'no clip has a {ending} of stream "{stream}".{_instead(stream, known)}')
    return tables


def _instead(stream: str, known: set[tuple[str, str]]) -> str:
    endings = sorted(suffix for name, suffix in known if name == stream and suffix)
    if endings:
        return f" Its files are {', '.join(endings)}."
    streams = sorted({name for name, _ in known})
    return did_you_mean(stream, streams) or f" There are files of: {', '.join(streams) or 'none'}."
