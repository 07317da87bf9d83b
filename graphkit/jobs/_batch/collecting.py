"""The results of many machines and clips, as one: a manifest of all shards, a table of all clips."""

from __future__ import annotations

import csv
import io
import shutil
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, BinaryIO

from graphkit.errors import InputError, ManifestError, OutputError, UsageError, did_you_mean
from graphkit.jobs._batch.manifest import Manifest, ManifestLines, manifest_name, manifests_in, stages_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from graphkit.jobs._batch.entry import ClipEntry


def newest_entries(folder: Path) -> dict[str, ClipEntry]:
    """Return what the manifests in a folder of outputs say, the newest of each clip, by name and in that order.

    Raises:
        ManifestError: there is none, or one cannot be read.
    """
    return _read(_manifests(folder))[0]


def merge_manifests(folder: Path) -> Path:
    """Make one manifest of those of the shards, which are removed with what was left half done.

    Raises:
        ManifestError: there is none, one cannot be read, a batch is at work, or they are of several graphs.
    """
    paths = _manifests(folder)
    merged = folder / manifest_name()
    with ExitStack() as locks:
        for path in {merged, *paths}:
            locks.enter_context(Manifest(path))
        entries, files = _read(paths)
        graphs = sorted({file.graph for file in files if file.graph})
        if len(graphs) > 1:
            raise ManifestError(f"the manifests are of several graphs: {', '.join(graphs)}.", path=folder)
        lines = [line for file in files for line in file.head_lines()]
        lines = [*dict.fromkeys(lines), *(entry.to_json() for entry in entries.values())]
        _replace(merged, "".join(f"{line}\n" for line in lines).encode())
        for path in paths:
            shutil.rmtree(stages_of(path), ignore_errors=True)
            if path != merged:
                path.unlink()
        with suppress(OSError):  # there is none, or a batch is at work
            stages_of(merged).parent.rmdir()
    return merged


def collect_table(folder: Path, stream: str, table: Path) -> int:
    """Make one table of the tables of all clips that are done, with the name of the clip in its first column.

    Args:
        folder: of the outputs.
        stream: whose packets are in the tables, .csv files.
        table: the file to write.

    Returns:
        How many clips are in it.

    Raises:
        ManifestError: there is no manifest, or it cannot be read.
        UsageError: no clip has such a table, or they have different columns.
        InputError: a table is missing.
        OutputError: the table cannot be written.
    """
    parts = list(_tables(folder, stream))
    made = table.with_name(f"{table.name}.part")
    try:
        with made.open("wb") as file:
            _join(parts, file)
        made.replace(table)
    except OSError as exc:
        raise OutputError(f"cannot be written: {exc.strerror}.", path=table) from exc
    finally:
        made.unlink(missing_ok=True)
    return len(parts)


def _manifests(folder: Path) -> list[Path]:
    paths = manifests_in(folder)
    if not paths:
        raise ManifestError("there is no manifest in it. Name the folder of outputs of a batch.", path=folder)
    return paths


def _read(paths: list[Path]) -> tuple[dict[str, ClipEntry], list[ManifestLines]]:
    newest: dict[str, ClipEntry] = {}
    files = [ManifestLines(path) for path in paths]
    for file in files:
        for entry in file:
            before = newest.get(entry.clip)
            if before is None or before.ended <= entry.ended:
                newest[entry.clip] = entry
    return {name: newest[name] for name in sorted(newest)}, files


def _tables(folder: Path, stream: str) -> Iterator[tuple[str, Path]]:
    """Yield the name of each clip that is done, and its table of a stream."""
    known, found = set(), False
    for name, entry in newest_entries(folder).items():
        for output in entry.outputs:
            known.add(output.stream)
            if output.stream == stream and output.path.lower().endswith(".csv"):
                found = True
                yield name, folder / output.path
    if not found:
        has = (
            did_you_mean(stream, known - {stream}) or f" There are files of: {', '.join(sorted(known)) or 'none'}."
        )
        raise UsageError(f'no clip has a .csv table of stream "{stream}".{has}')


def _join(parts: list[tuple[str, Path]], file: BinaryIO) -> None:
    header = b""
    for name, path in parts:
        try:
            lines = path.open("rb")
        except OSError as exc:
            raise InputError(f"the table of {name} cannot be read: {exc.strerror}.", path=path) from exc
        with lines:
            columns = lines.readline()
            if not header and columns:
                header = columns
                file.write(b"clip," + columns)
            if columns not in (b"", header):
                raise UsageError(
                    f"{path}: it has other columns than the tables before it: {columns.decode().strip()} "
                    f"instead of {header.decode().strip()}."
                )
            first = _quoted(name)
            file.writelines(first + line for line in lines)


def _quoted(name: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([name])
    return text.getvalue().encode() + b","


def _replace(path: Path, contents: bytes) -> None:
    made = path.with_name(f"{path.name}.part")
    try:
        made.write_bytes(contents)
        made.replace(path)
    except OSError as exc:
        made.unlink(missing_ok=True)
        raise ManifestError(f"cannot be written: {exc.strerror}.", path=path) from exc
