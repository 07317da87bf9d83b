"""Creating a file to write, a named pipe included."""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING, BinaryIO, Final

from graphkit._process.system import let_wait, opened_pipe
from graphkit.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

_READER_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.02


def created(path: Path, *, buffered: bool = True) -> BinaryIO:
    """Return a new, empty file. A named pipe gets some seconds for a reader to open it.

    Args:
        path: an existing file is overwritten.
        buffered: whether small writes may wait in the process.

    Raises:
        OutputError: the file cannot be created, or the pipe has no reader.
    """
    try:
        if _is_pipe(path):
            return os.fdopen(_open_pipe(path), "wb", buffering=-1 if buffered else 0)
        return path.open("wb", buffering=-1 if buffered else 0)
    except OSError as exc:
        raise OutputError(f"cannot be created: {exc.strerror}.", path=path) from exc


def _is_pipe(path: Path) -> bool:
    return path.exists() and stat.S_ISFIFO(path.stat().st_mode)


def _open_pipe(path: Path) -> int:
    """Open a pipe without waiting inside the system, where neither a signal nor another thread ends the wait."""
    until = time.monotonic() + _READER_SECONDS
    while True:
        if (pipe := opened_pipe(path)) is not None:
            let_wait(pipe)
            return pipe
        if time.monotonic() > until:
            raise OutputError("is a pipe that nobody reads. Start its reader first.", path=path)
        time.sleep(_LOOK_SECONDS)
