"""Manifest: a file of JSON lines that records the outcome of each clip, and survives a crash of the batch."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from graphkit._process.closing import Closing
from graphkit._process.system import lock
from graphkit.errors import FormatError, ManifestError
from graphkit.jobs._batch.entry import ClipEntry, json_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from graphkit.jobs._batch.fingerprint import Fingerprint

VERSION: Final = 1
_HEAD: Final = "manifest"


def manifest_name(shard: tuple[int, int] | None = None) -> str:
    """Return what a manifest is called: of a whole batch, or of a shard (number, of how many)."""
    return "manifest.jsonl" if shard is None else f"manifest-{shard[0]}-of-{shard[1]}.jsonl"


def manifests_in(folder: Path) -> list[Path]:
    """Return the manifests in a folder of outputs: of whole batches and of shards."""
    return sorted(folder.glob("manifest.jsonl")) + sorted(folder.glob("manifest-*-of-*.jsonl"))


def stages_of(manifest: Path) -> Path:
    """Return the folder in which the outputs of the clips of a manifest are made."""
    return manifest.parent / ".graphkit" / manifest.stem


class Manifest(Closing):
    """A manifest that is written to; no other process writes to it meanwhile.

    A line is added for each clip, and a head, which says what a recipe stands for, where another begins. Of
    several lines of one clip the last one counts.

    Args:
        path: the file; made if need be.

    Raises:
        ManifestError: another process writes to it, or it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = _opened(path)
        except BlockingIOError as exc:
            raise ManifestError("another batch is at work here. Wait for its end, or end it.", path=path) from exc
        except OSError as exc:
            raise ManifestError(f"cannot be written: {exc.strerror}.", path=path) from exc
        self.mended = self._mend()

    def head(self, graph: str, fingerprint: Fingerprint) -> None:
        """Add a head; raises ManifestError."""
        head = {_HEAD: VERSION, "graph": graph, "recipe": fingerprint.recipe, "parts": asdict(fingerprint)}
        self._add(json_line(head))

    def add(self, entry: ClipEntry) -> None:
        """Add the outcome of a clip; raises ManifestError."""
        self._add(entry.to_json())

    def close(self) -> None:
        """Close the file and release its lock."""
        self._file.close()

    def _add(self, line: str) -> None:
        begin = self._file.seek(0, os.SEEK_END)
        rest = memoryview(f"{line}\n".encode())
        try:
            while rest:  # a disk with little room takes a part at first
                rest = rest[self._file.write(rest) :]
        except OSError as exc:
            with suppress(OSError):
                self._file.truncate(begin)
            raise ManifestError(f"cannot be written: {exc.strerror}.", path=self.path) from exc

    def _mend(self) -> bool:
        """Cut off a last line that was written in part; return whether there was one."""
        size = self._file.seek(0, os.SEEK_END)
        end = size
        tail = b""
        while end and b"\n" not in tail:
            begin = max(0, end - 65536)
            self._file.seek(begin)
            tail, end = self._file.read(end - begin), begin
        whole = end + tail.rfind(b"\n") + 1
        if whole < size:
            self._file.truncate(whole)
        return whole < size


class ManifestLines:
    """The lines of a manifest, from its beginning.

    Args:
        path: the file.

    Attributes:
        graph, recipe: the name of the graph file, and the recipe, in the last head so far; "" before one.
        heads: what the recipes stand for, as far as was read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.graph = self.recipe = ""
        self.heads: dict[str, dict[str, Any]] = {}
        self._heads: list[dict[str, Any]] = []

    def __iter__(self) -> Iterator[ClipEntry]:
        """Yield the entries.

        Raises:
            ManifestError: a line is not one of a manifest. A last one that was written in part is left out.
        """
        try:
            with self.path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    if not line.endswith(b"\n"):
                        return  # cut in the middle, or just being written
                    entry = self._entry(number, line)
                    if entry is not None:
                        yield entry
        except OSError as exc:
            raise ManifestError(f"cannot be read: {exc.strerror}.", path=self.path) from exc

    def head_lines(self) -> list[str]:
        """Return the heads as lines, the last one last."""
        return [json_line(head) for head in self._heads]

    def _entry(self, number: int, line: bytes) -> ClipEntry | None:
        try:
            values = json.loads(line)
            if not isinstance(values, dict):
                raise FormatError("it is no object")
            if _HEAD not in values:
                return ClipEntry.from_json(values)
            if values[_HEAD] != VERSION:
                raise FormatError(f"it is of version {values[_HEAD]}; this graphkit reads version {VERSION}")
            self.graph, self.recipe = values["graph"], values["recipe"]
            self.heads[self.recipe] = values["parts"]
            self._heads.append(values)
        except (ValueError, KeyError, FormatError) as exc:
            raise ManifestError(
                f"line {number} is none of a manifest: {exc}. Without the line its clip is done again; "
                "without the file, all are.",
                path=self.path,
            ) from exc
        return None


def _opened(path: Path) -> BinaryIO:
    """Return the file, locked; it is the one that has this name, even if it has just been replaced."""
    while True:
        file = path.open("a+b", buffering=0)
        try:
            lock(file)
            if _is_at(path, file):
                return file
        except BaseException:
            file.close()
            raise
        file.close()


def _is_at(path: Path, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
