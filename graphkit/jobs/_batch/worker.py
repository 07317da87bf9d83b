"""A process that does clips: asked on standard input, answering on standard output.

Messages are pickles, so that no program needs a guard around its main module, as it would with
``multiprocessing``. A process that dies loses the clip under way and nothing else.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import pickle
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from graphkit._process.system import die_with
from graphkit.errors import GraphkitError

if TYPE_CHECKING:
    from graphkit.jobs._batch.entry import ClipEntry
    from graphkit.jobs._batch.unit import ClipTask

_SECONDS_BETWEEN_COUNTS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Ready:
    """The process has imported what it needs."""


@dataclass(frozen=True, slots=True)
class Frames:
    """So many frames of the clip are done."""

    count: int


@dataclass(frozen=True, slots=True)
class Finished:
    """A clip is done, or has failed."""

    entry: ClipEntry


@dataclass(frozen=True, slots=True)
class Fault:
    """Something would fail for every clip."""

    error: GraphkitError


@dataclass(frozen=True, slots=True)
class LogLine:
    """A warning of this process."""

    level: int
    text: str


class _Answers:
    """Standard output as a way back to the parent; what libraries print there goes to standard error."""

    def __init__(self) -> None:
        self._stream: BinaryIO = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        self._lock = threading.Lock()
        self._next = 0.0

    def send(self, message: Any) -> None:
        data = pickle.dumps(message)
        with self._lock, contextlib.suppress(BrokenPipeError):  # there is no reader any more
            self._stream.write(data)
            self._stream.flush()

    def count(self, frames: int) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _SECONDS_BETWEEN_COUNTS
            self.send(Frames(frames))


class _ToParent(logging.Handler):
    def __init__(self, answers: _Answers) -> None:
        super().__init__(logging.WARNING)
        self._answers = answers

    def emit(self, record: logging.LogRecord) -> None:
        self._answers.send(LogLine(record.levelno, record.getMessage()))


def main() -> None:
    """Do the clips that are asked for until standard input ends."""
    try:
        _work()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        # Not by the interpreter's own end, which fails while a thread reads standard input.
        os._exit(1)


def _work() -> None:
    answers = _Answers()
    faulthandler.enable()
    die_with(parent=int(sys.argv[-1]))
    logging.getLogger("graphkit").addHandler(_ToParent(answers))
    recipe, tasks = _asked(sys.stdin.buffer)
    from graphkit.jobs._batch.unit import ClipWorker

    recipe.settle_in()
    worker = ClipWorker(recipe, answers.count)
    answers.send(Ready())
    while True:
        task = tasks.get()
        os.ftruncate(2, 0)  # warnings about a clip are reported with it, or dropped
        try:
            answers.send(Finished(worker.do(task)))
        except GraphkitError as error:
            answers.send(Fault(carried(error)))


def _asked(stream: BinaryIO) -> tuple[Any, SimpleQueue[ClipTask]]:
    """Return the recipe, and a queue of the clips that are asked for; the process ends with the stream."""
    tasks: SimpleQueue[ClipTask] = SimpleQueue()
    recipe = pickle.load(stream)

    def read() -> None:
        with contextlib.suppress(EOFError):
            while True:
                tasks.put(pickle.load(stream))
        os._exit(0)

    threading.Thread(target=read, name="graphkit-asked", daemon=True).start()
    return recipe, tasks


def carried(error: GraphkitError) -> GraphkitError:
    """Return the error, or, if its cause cannot be pickled, one with the same message."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever the exception of a user's calculator does there
        return GraphkitError(str(error), status=error.status)
    return error
