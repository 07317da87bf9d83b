"""WorkerProcess: a process that does clips, watched from outside."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from graphkit._process.system import memory_of
from graphkit.errors import BatchError
from graphkit.jobs._batch.worker import Frames, Ready

if TYPE_CHECKING:
    from queue import SimpleQueue

    from graphkit.jobs._batch.recipe import Recipe
    from graphkit.jobs._batch.unit import ClipTask

# The parent's places for modules, whatever the current folder holds.
_PROGRAM: Final = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); " + (
    "from graphkit.jobs._batch.worker import main; main()"
)
_LAST_WORDS: Final = 4096


class WorkerProcess:
    """A process that does one clip after the other.

    Args:
        recipe: what is done with every clip.
        told: called with the process and its message, on another thread; None when it has ended.

    Attributes:
        task: the clip under way, None for none.
        is_ready: it has begun to work.
        attempts: how often the clip was tried, this time included.

    Raises:
        BatchError: it cannot be started.
    """

    def __init__(self, recipe: Recipe, told: SimpleQueue[tuple[WorkerProcess, Any]]) -> None:
        self.task: ClipTask | None = None
        self.is_ready = False
        self.attempts = 0
        self._told = told
        self._frames = 0
        self._begun = self._moved = time.monotonic()
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-P", "-c", _PROGRAM, json.dumps(sys.path), str(os.getpid())]
        try:
            self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
            # A group of its own: Ctrl-C is for the parent, which lets clips be finished.
            self._process = subprocess.Popen(
                command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=self._complaints, process_group=0,
            )  # fmt: skip
        except OSError as exc:
            raise BatchError(f"a process for clips cannot be started: {exc.strerror or exc}.") from exc
        self._thread = threading.Thread(target=self._listen, name="graphkit-batch", daemon=True)
        self._thread.start()
        self._send(recipe)

    def do(self, task: ClipTask, attempts: int = 1) -> None:
        """Ask for a clip."""
        self.task, self.attempts, self._frames = task, attempts, 0
        self._begun = self._moved = time.monotonic()
        self._send(task)

    def take(self, message: Any) -> int:
        """Take note of what it said; return how many frames were done since."""
        self._moved = time.monotonic()
        if isinstance(message, Ready):
            self.is_ready = True
            self._begun = self._moved
        if not isinstance(message, Frames):
            return 0
        new = message.count - self._frames
        self._frames = message.count
        return new

    def rest_of(self, frames: int) -> int:
        """Return how many of the frames of the clip were not reported yet, and forget the clip."""
        self.task = None
        return frames - self._frames

    @property
    def seconds(self) -> float:
        """How long the clip has been under way."""
        return time.monotonic() - self._begun

    @property
    def idle_seconds(self) -> float:
        """How long there has been no further frame."""
        return time.monotonic() - self._moved

    def memory(self) -> int:
        """Return the bytes of memory that it holds; 0 if the system does not tell."""
        return memory_of(self._process.pid)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def ending(self) -> str:
        """Return how it ended, with the last line that it wrote."""
        status = self._process.wait()
        how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        words = self._last_words()
        return f"its process {how}" + (f" ({words})" if words else "")

    def close(self) -> None:
        """End it, and wait for that."""
        with suppress(OSError):  # it has ended, and what was asked last was not read
            self._stdin.close()
        self._process.kill()
        self._process.wait()
        self._thread.join()
        self._stdout.close()
        self._complaints.close()

    @property
    def _stdin(self) -> Any:
        return self._process.stdin

    @property
    def _stdout(self) -> Any:
        return self._process.stdout

    def _send(self, message: Any) -> None:
        with suppress(BrokenPipeError):  # its thread reports that it has ended
            pickle.dump(message, self._stdin)
            self._stdin.flush()

    def _listen(self) -> None:
        try:
            while True:
                self._told.put((self, pickle.load(self._stdout)))
        except (EOFError, OSError, pickle.UnpicklingError):
            self._told.put((self, None))

    def _last_words(self) -> str:
        size = self._complaints.seek(0, os.SEEK_END)
        self._complaints.seek(max(0, size - _LAST_WORDS))
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        fatal = [line for line in lines if line.startswith("Fatal Python error")]
        return (fatal or lines[-1:] or [""])[0].strip()
