"""Opening a named pipe to read it: the wait for its writer can be interrupted."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from graphkit._process.system import written_pipe
from graphkit.video._outlets import is_pipe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_POLL_MS: Final = 200
# How long a pipe is held open for FFmpeg, which opens it again: a writer with little to say may be gone by then.
_HELD_S: Final = 0.5


@contextmanager
def awaited(path: Path) -> Iterator[None]:
    """Wait until the writer of a named pipe has written something; of any other file do nothing.

    FFmpeg would wait inside of ``open``, where a KeyboardInterrupt is lost. In the block the pipe can be opened
    without waiting.
    """
    held = written_pipe(path, _POLL_MS) if is_pipe(path) else []
    letting_go = threading.Timer(_HELD_S, _close, [held])
    letting_go.daemon = True
    if held:
        letting_go.start()
    try:
        yield
    except BaseException:
        _close(held)
        raise


def _close(held: list[int]) -> None:
    while held:
        with suppress(OSError, IndexError):
            os.close(held.pop())
