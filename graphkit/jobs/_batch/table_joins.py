"""Tables of clips, written into one: rows and lines, each with the name of its clip."""

from __future__ import annotations

import csv
import io
import json
from abc import abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from graphkit._process.closing import Closing
from graphkit.errors import InputError, UsageError
from graphkit.errors._base import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

COLUMN: Final = "clip"
"""The first column, or field."""

_SHOWN: Final = 40


class Join(Closing):
    """Writes the tables of clips into one.

    Args:
        file: to write into.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    @abstractmethod
    def add(self, clip: str, path: Path) -> None:
        """Add the table of a clip.

        Raises:
            InputError: it cannot be read.
            UsageError: it does not fit to those before it.
            OSError: the file cannot be written.
        """

    def finish(self) -> None:
        """Write what is left; raises OSError."""

    def close(self) -> None:
        """Free what it holds."""


class CsvJoin(Join):
    """Rows, each with the name of its clip in front; an empty table, of a clip in which nothing came, has none."""

    _header = b""

    def add(self, clip: str, path: Path) -> None:
        """Add the rows of a clip."""
        with opened(clip, path) as lines:
            columns = lines.readline()
            if columns and not self._header:
                self._header = columns
                self._file.write(f"{COLUMN},".encode() + columns)
            if columns not in (b"", self._header):
                raise misfit(path, columns.decode().strip(), self._header.decode().strip())
            first = _quoted(clip)
            self._file.writelines(first + row for row in _rows(lines))


class JsonlJoin(Join):
    """Lines of JSON, each with the name of its clip as the first field."""

    def add(self, clip: str, path: Path) -> None:
        """Add the lines of a clip."""
        first = f'{{"{COLUMN}": {json.dumps(clip)}'.encode()
        with opened(clip, path) as lines:
            for number, line in enumerate(lines, 1):
                if not (line.startswith(b"{") and line.endswith(b"}\n")):
                    found = shortened(line.decode(errors="replace").strip(), _SHOWN)
                    raise InputError(f"line {number} is no object of JSON; found {found}.", path=path)
                rest = line[1:].lstrip()
                self._file.write(first + (rest if rest.startswith(b"}") else b", " + rest))


@contextmanager
def opened(clip: str, path: Path) -> Iterator[BinaryIO]:
    """Give the table of a clip, open; raises InputError."""
    try:
        file = path.open("rb")
    except OSError as exc:
        raise unreadable(clip, path, exc.strerror or str(exc)) from exc
    with file:
        yield file


def unreadable(clip: str, path: Path, why: str) -> InputError:
    """Return the error of a table that cannot be read."""
    return InputError(f"the table of {clip} cannot be read: {why}.", path=path)


def misfit(path: Path, columns: str, wanted: str) -> UsageError:
    """Return the error of a table that has other columns than those before it."""
    return UsageError(f"{path}: it has other columns than the tables before it: {columns} instead of {wanted}.")


def _rows(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the rows of a .csv; a line that ends within a quoted text is continued by the next one."""
    row = b""
    for line in lines:
        row += line
        if row.count(b'"') % 2 == 0:
            yield row
            row = b""
    if row:
        yield row


def _quoted(name: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([name])
    return text.getvalue().encode(errors="surrogateescape") + b","
