"""SIGTERM for commands that run no job: it ends them as Ctrl-C does."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from graphkit.app.cli.failures import signal_status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


@contextmanager
def ended_tidily() -> Iterator[None]:
    """While the block runs on the main thread, let SIGTERM leave it by SystemExit: what was begun is undone."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(signal_status(number))

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
