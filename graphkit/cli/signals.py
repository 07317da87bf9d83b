"""Ctrl-C and SIGTERM: first finish, then drop, then die."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from graphkit.jobs import GraphJob

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_FINISHING = b"\nStopping: frames in flight are finished and files closed. Once more drops the frames.\n"
_DROPPING = b"\nDropping the frames in flight; files are closed. Once more ends the process at once.\n"


class Interruptions:
    """Counts the signals of a job and passes them on.

    The handler runs between two bytecodes of the main thread, which may hold any lock, so it does nothing
    that could wait: flags, and a write straight to the terminal.

    Attributes:
        first: number of the first signal, 0 before one.
    """

    def __init__(self, job: GraphJob) -> None:
        self._job = job
        self._count = 0
        self.first = 0

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Take a signal: the first stops the job, the second cancels it; a third has its default effect."""
        self._count += 1
        if self._count == 1:
            self.first = number
            self._job.stop()
            os.write(2, _FINISHING)
            return
        self._job.cancel()
        os.write(2, _DROPPING)
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def interruptible(job: GraphJob) -> Iterator[Interruptions]:
    """While the block runs on the main thread, let SIGINT and SIGTERM stop *job*."""
    interruptions = Interruptions(job)
    # A signal that was ignored from the start, as a shell does for jobs in the background, stays ignored.
    heeded = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interruptions.handle) for number in heeded}
    try:
        yield interruptions
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
