"""Writing a trace: JSON in the Chrome trace event format, whole or not at all."""

from __future__ import annotations

import gzip
from contextlib import suppress
from typing import TYPE_CHECKING

from graphkit.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import IO


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


def _opened(path: Path, beside: Path) -> IO[str]:
    if path.name.endswith(".gz"):
        return gzip.open(beside, "wt", encoding="utf-8")
    return beside.open("w", encoding="utf-8")


def _write(file: IO[str], events: Iterable[str], lost: int) -> int:
    file.write(
        f'{{"displayTimeUnit":"ms","otherData":{{"program":"graphkit","events_lost":{lost}}},"traceEvents":[\n'
    )
    number = 0
    for lines in events:
        file.write(",\n" if number else "")
        file.write(lines)
        number += lines.count("\n") + 1
    file.write("\n]}\n")
    return number
