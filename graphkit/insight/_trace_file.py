"""Writing a trace: JSON in the Chrome trace event format, whole or not at all."""

from __future__ import annotations

import gzip
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Final

from graphkit.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import IO

_AT_ONCE: Final = 50


def write_events(path: Path, events: Iterable[str], lost: int) -> int:
    """Write *events* and return their number.

    Args:
        path: of the file; one that ends with .gz is compressed.
        events: as JSON text, one or several a line each.
        lost: events that are missing at the beginning.

    Raises:
        OutputError: the file cannot be written; a partial file is removed, an older one is unchanged.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        try:
            with _opened(path, beside) as file:
                number = _write(file, events, lost)
            beside.replace(path)
        except BaseException:
            with suppress(OSError):  # it may not have been made
                beside.unlink()
            raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"the trace cannot be written: {reason}. Choose another place.", path=path) from error
    return number


def _opened(path: Path, beside: Path) -> IO[bytes] | gzip.GzipFile:
    if path.name.endswith(".gz"):
        return gzip.open(beside, "wb")
    return beside.open("wb")


def _write(file: IO[bytes] | gzip.GzipFile, events: Iterable[str], lost: int) -> int:
    head = f'{{"displayTimeUnit":"ms","otherData":{{"program":"graphkit","events_lost":{lost}}},"traceEvents":[\n'
    file.write(head.encode())
    number, rest = 0, iter(events)
    while batch := list(islice(rest, _AT_ONCE)):
        lines = ",\n".join(batch).encode()
        file.write(b",\n" if number else b"")
        file.write(lines)
        number += lines.count(b"\n") + 1
    file.write(b"\n]}\n")
    return number
