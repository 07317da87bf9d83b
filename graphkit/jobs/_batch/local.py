"""LocalEngine: clips done by processes of this machine, which may hang, die or use too much memory."""

from __future__ import annotations

import logging
import shutil
import time
from collections import deque
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import ArgumentError, BatchError
from graphkit.jobs._batch.engine import Engine
from graphkit.jobs._batch.machine import default_memory_limit, default_processes
from graphkit.jobs._batch.process import WorkerProcess
from graphkit.jobs._batch.unit import failed
from graphkit.jobs._batch.worker import Fault, Finished, LogLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit.jobs._batch.entry import ClipEntry
    from graphkit.jobs._batch.recipe import Recipe
    from graphkit.jobs._batch.unit import ClipTask

_LOG: Final = logging.getLogger("graphkit.jobs")
_LOOK_SECONDS: Final = 0.5
_ATTEMPTS: Final = 2
_START_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class ClipLimits:
    """What one clip may take; a clip that takes more has failed.

    Attributes:
        seconds: in all, None for no limit.
        seconds_without_a_frame: between two frames, None for no limit.
        memory: bytes that the process of a clip may hold, None for a fair share of what is free.
    """

    seconds: float | None = None
    seconds_without_a_frame: float | None = 300.0
    memory: int | None = None

    def __post_init__(self) -> None:
        for name in ("seconds", "seconds_without_a_frame", "memory"):
            given = getattr(self, name)
            if given is not None and given <= 0:
                raise ArgumentError(f"found {given}; a limit is above 0.", parameter=name)


class LocalEngine(Engine):
    """As many processes as fit the cores and the memory, each with its own graph and models.

    A clip whose process dies, or holds too much memory, is tried once more, in a process that has done no other;
    what happens twice is the clip's fault.

    Args:
        processes: how many; None for one per core, or fewer if memory is short.
        limits: what a clip may take.
    """

    def __init__(self, processes: int | None = None, limits: ClipLimits | None = None) -> None:
        if processes is not None and processes < 1:
            raise ArgumentError(f"found {processes}; at least 1 process does the work.", parameter="processes")
        self.processes = processes or default_processes()
        self.limits = limits or ClipLimits()
        self._memory = self.limits.memory or default_memory_limit(self.processes)
        self._told: SimpleQueue[tuple[WorkerProcess | None, Any]] = SimpleQueue()
        self._working: list[WorkerProcess] = []
        self._again: deque[tuple[ClipTask, int]] = deque()
        self._killed: dict[WorkerProcess, tuple[str, str]] = {}
        self._cancelled = False
        self._next_look = 0.0
        self._said: set[str] = set()

    def cancel(self) -> None:
        """Drop the clips that are under way."""
        self._cancelled = True
        self._told.put((None, None))

    def entries(
        self, recipe: Recipe, tasks: Iterator[ClipTask], on_frames: Callable[[int], None]
    ) -> Iterator[ClipEntry]:
        """Do the clips; see `Engine.entries`."""
        try:
            while self._busy(recipe, tasks):
                process, message = self._next_message()
                if self._cancelled:
                    return
                if process not in self._working:
                    continue
                entry = self._died(process) if message is None else self._heard(process, message, on_frames)
                if entry is not None:
                    yield entry
        finally:
            for process in self._working:
                process.kill()
            while self._working:
                self._working.pop().close()

    def _next_message(self) -> tuple[WorkerProcess | None, Any]:
        """Return what a process says; (None, None) now and then. Looks at the limits meanwhile."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + _LOOK_SECONDS
            self._enforce_limits()
        try:
            return self._told.get(timeout=_LOOK_SECONDS)
        except Empty:
            return None, None

    def _busy(self, recipe: Recipe, tasks: Iterator[ClipTask]) -> bool:
        """Give every idle process a clip; return whether any process has one."""
        while not self._cancelled:
            free = next((process for process in self._working if process.task is None), None)
            if free is None and len(self._working) >= self.processes:
                break
            following = self._next_task(tasks)
            if following is None:
                break
            task, attempts = following
            if free is not None and attempts > 1:
                self._dismiss(free)
                free = None
            if free is None:
                free = WorkerProcess(recipe, self._told)  # type: ignore[arg-type]
                self._working.append(free)
            free.do(task, attempts)
        return any(process.task is not None for process in self._working)

    def _next_task(self, tasks: Iterator[ClipTask]) -> tuple[ClipTask, int] | None:
        if self._again:
            return self._again.popleft()
        task = next(tasks, None)
        return None if task is None else (task, 1)

    def _heard(self, process: WorkerProcess, message: Any, on_frames: Callable[[int], None]) -> ClipEntry | None:
        if isinstance(message, Fault):
            raise message.error
        if isinstance(message, LogLine):
            if message.text not in self._said:
                self._said.add(message.text)
                _LOG.log(message.level, "%s", message.text)
            return None
        on_frames(process.take(message))
        if not isinstance(message, Finished):
            return None
        on_frames(process.rest_of(message.entry.frames))
        return message.entry.after(process.attempts)

    def _died(self, process: WorkerProcess) -> ClipEntry | None:
        """Return the entry of the clip that a process took with it; None if it is tried again."""
        ending, task = process.ending(), process.task
        kind, why = self._killed.pop(process, ("Crashed", ending))
        ready, attempts = process.is_ready, process.attempts
        self._dismiss(process)
        if task is None:
            return None
        shutil.rmtree(task.stage, ignore_errors=True)
        if not ready and attempts >= _ATTEMPTS:
            raise BatchError(f"two processes did not get as far as their first clip: {why}.")
        if kind != "TimeLimit" and attempts < _ATTEMPTS:
            self._again.append((task, attempts + 1))
            return None
        times = " twice" if attempts > 1 else ""
        return failed(task, kind, f"{why}{times}.").after(attempts)

    def _dismiss(self, process: WorkerProcess) -> None:
        self._working.remove(process)
        process.close()

    def _enforce_limits(self) -> None:
        for process in self._working:
            if process.task is not None and process not in self._killed:
                exceeded = self._exceeded(process)
                if exceeded is not None:
                    self._killed[process] = exceeded
                    process.kill()

    def _exceeded(self, process: WorkerProcess) -> tuple[str, str] | None:
        limits = self.limits
        if not process.is_ready:
            return ("Start", f"it took more than {_START_SECONDS} s") if process.seconds > _START_SECONDS else None
        if limits.seconds is not None and process.seconds > limits.seconds:
            return "TimeLimit", f"it took more than {limits.seconds:g} s"
        most = limits.seconds_without_a_frame
        if most is not None and process.idle_seconds > most:
            return "TimeLimit", f"there was no further frame for {most:g} s"
        if self._memory and process.memory() > self._memory:
            return "MemoryLimit", f"its process held more than {self._memory / 2**20:.0f} MiB"
        return None
