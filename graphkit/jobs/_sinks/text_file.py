"""TextFile: a file of lines that outlives the process, however that ends."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from graphkit.errors import FormatError, OutputError
from graphkit.jobs._sinks.opening import created

if TYPE_CHECKING:
    from pathlib import Path


class TextFile:
    """A text file whose lines are on their way to the disk as soon as they are written, each packet's or none.

    Args:
        path: the file; an existing one is overwritten.

    Raises:
        OutputError: the file cannot be created.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._size = path, 0
        # Without a buffer: what was written survives the process.
        self._file = created(path, buffered=False)

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._file.closed

    def write(self, text: str) -> None:
        """Write whole lines, or nothing.

        Raises:
            OutputError: the disk is full, or fails.
            FormatError: the text has characters that UTF-8 lacks.
        """
        if not text:
            return
        try:
            lines = text.encode("utf-8")
        except UnicodeEncodeError as exc:
            raise FormatError(f"{self._path}: {exc}") from exc
        try:
            self._write_all(lines)
        except OSError as exc:
            with suppress(OSError):  # a pipe has no length to take back
                self._file.truncate(self._size)
            raise OutputError(f"cannot be written: {exc.strerror}.", path=self._path) from exc
        self._size += len(lines)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        try:
            self._file.close()
        except OSError as exc:
            raise OutputError(f"cannot be finished: {exc.strerror}.", path=self._path) from exc

    def _write_all(self, lines: bytes) -> None:
        # A disk with little room takes a part at first, and only then refuses.
        rest = memoryview(lines)
        while rest:
            rest = rest[self._file.write(rest) :]
