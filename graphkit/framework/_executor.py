"""Executors: the threads that run the nodes of a graph, the only threads of the engine.

A graph asks an executor for a thread with ``schedule(task)``; the task runs nodes until none is ready and
returns. Register a type of your own with ``register_executor`` or pass an object to
``CalculatorGraph.set_executor``.
"""

from __future__ import annotations

import logging
import threading
import weakref
from abc import ABC, abstractmethod
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from graphkit._process.forks import call_in_children
from graphkit._process.threads import budget
from graphkit.errors import ArgumentError, RegistryError, StatusCode, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from threading import Lock

T = TypeVar("T")

_LOG: Final = logging.getLogger(__name__)


class Executor(ABC):
    """Lends threads to a graph."""

    @abstractmethod
    def schedule(self, task: Callable[[], None]) -> None:
        """Run *task* soon, on a thread of this executor; never on the caller's stack."""

    def width(self) -> int:
        """Return how many tasks may run at once."""
        return 1

    def prepared(self, call: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return *call*, a node's ``process``, wrapped with what this executor does before it."""
        return call

    def shutdown(self) -> None:  # noqa: B027 - optional hook
        """End the threads once they are idle."""


class ThreadPoolExecutor(Executor):
    """Up to *num_threads* threads, started when they are first needed.

    Args:
        num_threads: how many; 0 for the number of cores.
        thread_name_prefix: of the threads' names.

    Raises:
        ArgumentError: a negative number of threads.
    """

    def __init__(self, num_threads: int = 0, *, thread_name_prefix: str = "graphkit") -> None:
        if num_threads < 0:
            raise ArgumentError(
                f"{num_threads} threads; use 0 for the number of cores, or 1 and more", parameter="num_threads"
            )
        self._limit = num_threads or budget().cores
        self._prefix = thread_name_prefix
        self._closed = False
        self._begin()
        call_in_children(self, ThreadPoolExecutor._begin)

    def _begin(self) -> None:
        """Start without threads and tasks, at first and in a forked process."""
        self._lock = threading.RLock()  # the garbage collector may shut down while it is held
        # What idle threads sleep on: waking a raw lock is the cheapest wake-up there is.
        self._idle: list[Lock] = []
        self._backlog: deque[Callable[[], None]] = deque()
        self._threads: set[threading.Thread] = set()

    def width(self) -> int:
        """Return the number of threads."""
        return self._limit

    def runs_on(self, thread: threading.Thread) -> bool:
        """Return whether *thread* is one of this pool's."""
        return thread in self._threads

    def schedule(self, task: Callable[[], None]) -> None:
        """Give *task* to an idle thread, a new one, or the next that becomes free.

        A signal may interrupt it at any point: a thread that was woken for nothing sleeps again, and a task
        in the backlog is taken with the next one.

        Raises:
            RuntimeError: there is no thread, and none can be started.
        """
        thread: threading.Thread | None = None
        try:
            with self._lock:
                self._backlog.append(task)
                if self._wake_one() or len(self._threads) >= self._limit:
                    return
                name = f"{self._prefix}-{len(self._threads) + 1}"
                thread = threading.Thread(target=self._work, name=name, daemon=True)
                self._threads.add(thread)
            thread.start()
        except BaseException as exc:
            if thread is not None and not thread.is_alive():
                self._threads.discard(thread)
            if not isinstance(exc, RuntimeError):
                raise
            signalled = exc.__context__  # it may come inside a lock of Python's own, which then complains
            if signalled is not None and not isinstance(signalled, Exception):
                raise signalled from None
            self._do_without(task, exc)

    def _do_without(self, task: Callable[[], None], reason: RuntimeError) -> None:
        """Leave *task* to the existing threads, as no other starts; raise *reason* if there is none."""
        with self._lock:
            count = len(self._threads)
            if not count:
                self._backlog.remove(task)
                raise reason
            self._limit, wanted = count, self._limit
        _LOG.warning("%s goes on with %d threads instead of %d: %s", self._prefix, count, wanted, reason)

    def _wake_one(self) -> bool:
        """Under the lock: wake an idle thread; return whether there was one."""
        while self._idle:
            waker = self._idle[-1]
            try:
                waker.release()
            except RuntimeError:  # it is awake: the thread that woke it was interrupted, or came in between
                self._forget(waker)
                continue
            self._forget(waker)
            return True
        return False

    def _forget(self, waker: Lock) -> None:
        with suppress(ValueError):
            self._idle.remove(waker)

    def shutdown(self) -> None:
        """Wake the idle threads so that they end; busy ones end after their task."""
        with self._lock:
            self._closed = True
            while self._wake_one():
                continue

    def _work(self) -> None:
        waker = threading.Lock()
        waker.acquire()
        try:
            while True:
                with self._lock:
                    if waker in self._idle:  # the thread that woke this one was interrupted
                        self._idle.remove(waker)
                    task = self._backlog.popleft() if self._backlog else None
                    if task is None:
                        if self._closed:
                            return
                        self._idle.append(waker)
                if task is None:
                    waker.acquire()
                else:
                    task()
        finally:
            self._threads.discard(threading.current_thread())


class ApplicationThreadExecutor(Executor):
    """Runs tasks on the application's thread, inside ``wait_until_idle`` and ``wait_until_done``."""

    def __init__(self) -> None:
        self._tasks: deque[Callable[[], None]] = deque()
        self._told: tuple[tuple[weakref.ref[Any], Callable[[Any], None]], ...] = ()
        call_in_children(self, ApplicationThreadExecutor._forget)

    def _forget(self) -> None:
        """In a forked process: drop the tasks, which belong to graphs of the parent."""
        self._tasks.clear()

    def attach(self, owner: T, notify: Callable[[T], None]) -> None:
        """Call *notify* with *owner* whenever a task was added, as long as *owner* lives."""
        self._told = (*self._told, (weakref.ref(owner), notify))

    def detach(self, owner: object) -> None:
        """Undo ``attach``; also removes the owners that no longer exist."""
        left = [(ref, notify) for ref, notify in self._told if ref() is not owner]
        self._told = tuple((ref, notify) for ref, notify in left if ref() is not None)

    def schedule(self, task: Callable[[], None]) -> None:
        """Keep *task* until the application waits."""
        self._tasks.append(task)
        for ref, notify in self._told:
            if (owner := ref()) is not None:
                notify(owner)

    def run_pending(self) -> bool:
        """Run the scheduled tasks; return whether there were any."""
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

    def is_applications(self) -> bool:
        """Return whether the calling thread, which runs a task, is the application's."""
        return True


class WaitingThreadExecutor(ApplicationThreadExecutor):
    """A thread pool of which the application's thread is one, while it waits.

    For programs that push a frame and wait for its results: the frame stays on their thread, whose core has its
    data at hand, and no other thread needs to wake up for it. Further threads take what can run beside. Work
    begins when the program waits, in ``wait_until_idle`` or ``wait_until_done``.

    Args:
        num_threads: how many threads, the application's included; 0 for the number of cores.
    """

    def __init__(self, num_threads: int = 0) -> None:
        super().__init__()
        self._width = num_threads or budget().cores
        self._others = ThreadPoolExecutor(self._width - 1) if self._width > 1 else None
        self._has_none = threading.Lock()  # held while the application's thread has a task

    def _forget(self) -> None:
        """In a forked process: drop the tasks, which belong to graphs of the parent."""
        super()._forget()
        self._has_none = threading.Lock()

    def width(self) -> int:
        """Return the number of threads, the application's included."""
        return self._width

    def schedule(self, task: Callable[[], None]) -> None:
        """Keep *task* until the application waits, or give it to another thread if it has one already."""
        if self._others is None or self._has_none.acquire(blocking=False):
            super().schedule(task if self._others is None else partial(self._run, task))
        else:
            self._others.schedule(task)

    def _run(self, task: Callable[[], None]) -> None:
        try:
            task()
        finally:
            self._has_none.release()

    def is_applications(self) -> bool:
        """Return whether the calling thread, which runs a task, is the application's."""
        return self._others is None or not self._others.runs_on(threading.current_thread())

    def shutdown(self) -> None:
        """End the other threads once they are idle."""
        if self._others is not None:
            self._others.shutdown()


def _thread_pool(options: Mapping[str, Any]) -> Executor:
    return ThreadPoolExecutor(
        int(options.get("num_threads", 0)),
        thread_name_prefix=str(options.get("thread_name_prefix", "graphkit")),
    )


_TYPES: Final[dict[str, Callable[[Mapping[str, Any]], Executor]]] = {
    "": _thread_pool,
    "ThreadPoolExecutor": _thread_pool,
    "ApplicationThreadExecutor": lambda options: ApplicationThreadExecutor(),
    "WaitingThreadExecutor": lambda options: WaitingThreadExecutor(int(options.get("num_threads", 0))),
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
