"""Where the bytes of a video go: a file whose end is repaired after a full disk, or a pipe."""

from __future__ import annotations

import errno
import os
import select
import stat
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphkit._process.system import opened_pipe

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

_POLL_S: Final = 0.1
# What a pipe that is ready takes; 512 everywhere.
_AT_ONCE: Final[int] = getattr(select, "PIPE_BUF", 512)
# How long to wait for a pipe that takes nothing, once `hurry` is set.
_HURRY_S: Final = 2.0


def is_pipe(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a named pipe: read or written once, from start to end."""
    try:
        return stat.S_ISFIFO(Path(path).stat().st_mode)
    except (OSError, ValueError):
        return False


class Destination(os.PathLike[str]):
    """A file or named pipe to write. The wait for the reader of a pipe can be ended.

    Args:
        path: where to.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._hurry = threading.Event()

    def __fspath__(self) -> str:
        return str(self._path)

    def hurry(self) -> None:
        """Make a pipe that takes nothing for two seconds fail from now on; from any thread."""
        self._hurry.set()

    @property
    def hurried(self) -> threading.Event:
        """Set once the wait for a pipe is to end."""
        return self._hurry


class FileOutlet:
    """A file that is written as FFmpeg asks, until the first failure; from then on it is left as it is.

    Args:
        path: created, or emptied, when the first bytes come.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: io.FileIO | None = None
        self._failure: OSError | None = None

    @property
    def _file(self) -> io.FileIO:
        if self._opened is None:
            self._opened = self._path.open("wb", buffering=0)
        return self._opened

    def write(self, data: bytes) -> int:
        """Write all of *data*."""
        if self._failure is not None:
            # FFmpeg still finishes the file, and would overwrite its head.
            raise OSError(self._failure.errno, self._failure.strerror)
        left = memoryview(data)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            self._failure = error
            raise
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Seek to a place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place."""
        return 0 if self._opened is None else self._opened.tell()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._opened is not None:
            self._opened.close()

    def mend(self) -> None:
        """Cut off the piece of an mp4 or mov that a failure left incomplete: players fail on it."""
        if self._opened is None:
            return
        size, end, begun = self._path.stat().st_size, 0, 0
        for name, begin, stop in _boxes(self._path):
            if stop > size:
                break
            # A fragment is a description, moof, and its samples, mdat.
            end = begin if name == b"moof" else stop
            begun = stop
        if begun and end < size:
            os.truncate(self._path, end)


class PipeOutlet:
    """A named pipe. Waiting for its reader blocks only the thread that writes.

    Args:
        path: an existing pipe.
        hurry: set to end a wait; a pipe that takes nothing for two seconds is then given up.

    Raises:
        OSError: no reader opened it in time.
    """

    def __init__(self, path: Path, hurry: threading.Event) -> None:
        self._path, self._hurry = path, hurry
        self._descriptor = self._opened()

    def write(self, data: bytes) -> int:
        """Write all of *data*, as fast as it is read."""
        left, deadline = memoryview(data), _Deadline(self._hurry)
        while left:
            _, ready, _ = select.select([], [self._descriptor], [], _POLL_S)
            if ready:
                left = left[os.write(self._descriptor, left[:_AT_ONCE]) :]
                deadline = _Deadline(self._hurry)
            elif deadline.ended():
                raise OSError(errno.ETIMEDOUT, "nobody reads the pipe")
        return len(data)

    def close(self) -> None:
        """Close the pipe; safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def mend(self) -> None:
        """Do nothing: what is in a pipe cannot be taken back."""

    def _opened(self) -> int:
        deadline = _Deadline(self._hurry)
        while True:
            if (descriptor := opened_pipe(self._path)) is not None:
                return descriptor
            if deadline.ended():
                raise OSError(errno.ETIMEDOUT, "nobody opened the pipe for reading")
            self._hurry.wait(_POLL_S)


class _Deadline:
    """Without end, until `hurry` is set."""

    def __init__(self, hurry: threading.Event) -> None:
        self._hurry, self._since = hurry, 0.0

    def ended(self) -> bool:
        if not self._hurry.is_set():
            return False
        if not self._since:
            self._since = time.monotonic()
        time.sleep(_POLL_S / 10)
        return time.monotonic() - self._since > _HURRY_S


def open_outlet(destination: Destination) -> FileOutlet | PipeOutlet:
    """Open a destination for writing.

    Raises:
        OSError: no reader opened the pipe in time.
    """
    path = Path(destination).absolute()
    return PipeOutlet(path, destination.hurried) if is_pipe(path) else FileOutlet(path)


def _boxes(path: Path) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, begin and end of the boxes of an mp4 or mov; the last may reach beyond the file."""
    begin = 0
    with path.open("rb") as file:
        while len(head := file.read(16)) >= 8:
            length = int.from_bytes(head[:4], "big")
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if length < 8:
                return
            yield head[4:8], begin, begin + length
            begin += length
            file.seek(begin)
