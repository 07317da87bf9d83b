"""Ctrl-C, SIGTERM and a closed terminal: first finish, then drop, then die."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_HANG_UP = getattr(signal, "SIGHUP", None)  # not on Windows
_SIGNALS = tuple(number for number in (signal.SIGINT, signal.SIGTERM, _HANG_UP) if number is not None)


class Stoppable(Protocol):
    """What signals end in two steps."""

    def stop(self) -> None:
        """Begin nothing more, and finish what is under way."""

    def cancel(self) -> None:
        """Drop what is under way, too."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said to a first and to a second signal."""

    finishing: str
    dropping: str


OF_A_JOB: Final = Words(
    "Stopping: frames in flight are finished and files closed. Once more drops the frames.",
    "Dropping the frames in flight; files are closed. Once more ends the process at once.",
)


class Interruptions:
    """Counts the signals of a job and passes them on.

    The handler runs between two bytecodes of the main thread, which may hold any lock, so it does nothing
    that could wait: flags, and a write straight to the terminal.

    Attributes:
        first: number of the first signal, 0 before one.
        came: gets True with the first; a queue of this kind is safe in a handler.
    """

    def __init__(self, job: Stoppable, words: Words) -> None:
        self._job, self._words = job, words
        self._count = 0
        # Asked now: one that is gone does not say any more that it was a terminal.
        self._terminals = [descriptor for descriptor in (1, 2) if os.isatty(descriptor)]
        self.first = 0
        self.came: SimpleQueue[bool] = SimpleQueue()

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Take a signal: the first stops the job, the second cancels it; a third has its default effect.

        A terminal that is closed may tell so several times, and means it once.
        """
        if number == _HANG_UP:
            _print_nowhere(self._terminals)
            if self._count:
                return
        self._count += 1
        if self._count == 1:
            self.first = number
            self._job.stop()
            self.came.put(True)
            _tell(self._words.finishing)
            return
        self._job.cancel()
        _tell(self._words.dropping)
        signal.signal(number, signal.SIG_DFL)


def _tell(message: str) -> None:
    with suppress(OSError):  # there is no reader
        os.write(2, f"\n{message}\n".encode())


def _print_nowhere(descriptors: list[int]) -> None:
    """Let what is printed from now on be lost: a terminal that is gone answers with errors."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


@contextmanager
def interruptible(job: Stoppable, words: Words = OF_A_JOB) -> Iterator[Interruptions]:
    """While the block runs on the main thread, let SIGINT, SIGTERM and SIGHUP stop *job*."""
    interruptions = Interruptions(job, words)
    # A signal that was ignored from the start, as a shell does for jobs in the background, stays ignored.
    heeded = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interruptions.handle) for number in heeded}
    try:
        yield interruptions
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
