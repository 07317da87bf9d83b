"""WholeFile: a file that has its name only once it is complete."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from graphkit.errors import OutputError
from graphkit.jobs._sinks.opening import created

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class WholeFile:
    """Bytes on their way to a file, which appears under its name when they are all there.

    Until then they are beside it, in a hidden file that ends with ``.part``; only a process that is killed leaves
    one. What is no file, such as a named pipe, is written to at once.

    Args:
        path: the file; an existing one is replaced in the end.

    Attributes:
        file: to write to.

    Raises:
        OutputError: the file cannot be created.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        plain = path.is_file() or not path.exists()
        self._part = path.with_name(f".{path.name}.{os.getpid()}.part") if plain else path
        with _said(path, "created"):
            self.file = created(self._part)

    def write(self, text: str) -> None:
        """Write a text as UTF-8; raises OutputError."""
        with _said(self.path, "written"):
            self.file.write(text.encode("utf-8"))

    def finish(self) -> None:
        """Give the file its name. Raises OutputError, and leaves nothing then."""
        try:
            with _said(self.path, "finished"):
                self.file.close()
                if self._part != self.path:
                    self._part.replace(self.path)
        except OutputError:
            self.discard()
            raise

    def discard(self) -> None:
        """Forget what was written; safe to call twice."""
        with suppress(OSError):  # of the bytes that did not fit
            self.file.close()
        if self._part != self.path:
            with suppress(OSError):
                self._part.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a small file that appears whole or not at all; raises OutputError."""
    file = WholeFile(path)
    try:
        file.write(text)
    except OutputError:
        file.discard()
        raise
    file.finish()


@contextmanager
def _said(path: Path, what: str) -> Iterator[None]:
    """Say what the system refuses in terms of the file that was asked for."""
    try:
        yield
    except OutputError as exc:
        raise OutputError(exc.message, path=path) from exc
    except OSError as exc:
        raise OutputError(f"cannot be {what}: {exc.strerror}.", path=path) from exc
