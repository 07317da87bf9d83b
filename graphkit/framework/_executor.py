"""Executors: who runs the nodes of a graph. The only threads of the engine are here.

A graph asks an executor for a thread with ``schedule(task)``; the task runs nodes until none is ready and
returns. Register a type of your own with ``register_executor`` or hand an object to
``CalculatorGraph.set_executor``.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from graphkit._process.forks import call_in_children
from graphkit._process.threads import budget
from graphkit.errors import RegistryError, StatusCode, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Executor(ABC):
    """Lends threads to a graph."""

    @abstractmethod
    def schedule(self, task: Callable[[], None]) -> None:
        """Run *task* soon, on a thread of this executor; never on the caller's stack."""

    def width(self) -> int:
        """Return how many tasks may run at once."""
        return 1

    def prepared(self, call: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return *call*, a node's ``process``, with whatever this executor wants done before it."""
        return call

    def shutdown(self) -> None:  # noqa: B027 - optional hook
        """Let the threads go once they are idle."""


class _Worker:
    """A thread and the lock it sleeps on; waking a raw lock is the cheapest wake-up there is."""

    __slots__ = ("task", "wake")

    def __init__(self) -> None:
        self.wake = threading.Lock()
        self.wake.acquire()
        self.task: Callable[[], None] | None = None


class ThreadPoolExecutor(Executor):
    """Up to *num_threads* threads, started when they are first needed.

    Args:
        num_threads: how many; 0 for the number of cores.
        thread_name_prefix: of the threads' names.
    """

    def __init__(self, num_threads: int = 0, *, thread_name_prefix: str = "graphkit") -> None:
        self._limit = num_threads or budget().cores
        self._prefix = thread_name_prefix
        self._closed = False
        self._begin()
        call_in_children(self, ThreadPoolExecutor._begin)

    def _begin(self) -> None:
        """Start without threads and tasks, at first and in a forked process."""
        self._lock = threading.RLock()  # the garbage collector may shut down while it is held
        self._idle: list[_Worker] = []
        self._backlog: deque[Callable[[], None]] = deque()
        self._count = 0

    def width(self) -> int:
        """Return the number of threads."""
        return self._limit

    def schedule(self, task: Callable[[], None]) -> None:
        """Hand *task* to an idle thread, a new one, or the next that becomes free."""
        with self._lock:
            worker = self._idle.pop() if self._idle else None
            start = worker is None and self._count < self._limit
            if worker is not None:
                worker.task = task
            else:
                self._backlog.append(task)
            if start:
                self._count += 1
        if worker is not None:
            worker.wake.release()
        elif start:
            threading.Thread(target=self._work, name=f"{self._prefix}-{self._count}", daemon=True).start()

    def shutdown(self) -> None:
        """Wake the idle threads so that they end; busy ones end after their task."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.wake.release()

    def _work(self) -> None:
        worker = _Worker()
        while True:
            with self._lock:
                task = self._backlog.popleft() if self._backlog else None
                if task is None:
                    if self._closed:
                        self._count -= 1
                        return
                    self._idle.append(worker)
            if task is None:
                worker.wake.acquire()
                task, worker.task = worker.task, None
            if task is not None:
                task()


class ApplicationThreadExecutor(Executor):
    """Runs tasks on the application's thread, inside ``wait_until_idle`` and ``wait_until_done``."""

    def __init__(self) -> None:
        self._tasks: deque[Callable[[], None]] = deque()
        self._notify: Callable[[], None] | None = None
        call_in_children(self, ApplicationThreadExecutor._forget)

    def _forget(self) -> None:
        """In a forked process: drop the tasks, which belong to graphs of the parent."""
        self._tasks.clear()

    def attach(self, notify: Callable[[], None]) -> None:
        """Call *notify* whenever a task was added."""
        self._notify = notify

    def schedule(self, task: Callable[[], None]) -> None:
        """Keep *task* until the application waits."""
        self._tasks.append(task)
        if self._notify is not None:
            self._notify()

    def run_pending(self) -> bool:
        """Run what was scheduled; return whether there was anything."""
        ran = False
        while True:
            try:
                task = self._tasks.popleft()
            except IndexError:  # another waiting thread may have taken the last one
                return ran
            task()
            ran = True

    def has_tasks(self) -> bool:
        """Return whether tasks wait for a thread that runs them."""
        return bool(self._tasks)


def _thread_pool(options: Mapping[str, Any]) -> Executor:
    return ThreadPoolExecutor(
        int(options.get("num_threads", 0)),
        thread_name_prefix=str(options.get("thread_name_prefix", "graphkit")),
    )


_TYPES: Final[dict[str, Callable[[Mapping[str, Any]], Executor]]] = {
    "": _thread_pool,
    "ThreadPoolExecutor": _thread_pool,
    "ApplicationThreadExecutor": lambda options: ApplicationThreadExecutor(),
}


def register_executor(type_name: str, make: Callable[[Mapping[str, Any]], Executor]) -> None:
    """Make ``executor { type: "type_name" }`` create executors with *make*, which gets the options."""
    if type_name in _TYPES:
        raise RegistryError(
            f'executor type "{type_name}" exists already', name=type_name, status=StatusCode.ALREADY_EXISTS
        )
    _TYPES[type_name] = make


def make_executor(type_name: str, options: Mapping[str, Any]) -> Executor:
    """Return a new executor of a registered type; raises RegistryError with close names."""
    if type_name not in _TYPES:
        close = did_you_mean(type_name, _TYPES)
        raise RegistryError(f'Unable to find Executor "{type_name}".{close}', name=type_name, suggestion=close)
    return _TYPES[type_name](options)
