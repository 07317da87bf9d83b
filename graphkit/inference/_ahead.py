"""Ahead: work that helper threads do before its result is needed, while a core is free.

Whoever needs a result that no thread has begun makes it itself. So nothing waits in a queue, a process that cannot
start threads goes on without, and a forked one, which has none of the threads, makes its results itself.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from graphkit._process.forks import call_in_children
from graphkit._process.threads import budget

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_NAME: Final = "graphkit-models"


class Ahead(Generic[T]):
    """One piece of work.

    Args:
        make: does it; called once, on a helper thread or the first that asks.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._process = os.getpid()
        self._claimed = threading.Lock()
        self._done = threading.Event()
        self._made: list[T] = []
        self._error: BaseException | None = None

    @property
    def is_done(self) -> bool:
        """Whether the result exists, or making it failed."""
        return self._done.is_set()

    def result(self) -> T:
        """Return what was made, or raise what making it raised; waits for it if a helper is at it."""
        if self._process != os.getpid():
            return self._make()
        self.do()
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._made[0]

    def do(self) -> None:
        """Do the work, unless another thread does it or has done it."""
        if not self._claimed.acquire(blocking=False):
            return
        try:
            self._made.append(self._make())
        except BaseException as exc:
            self._error = exc
        finally:
            self._done.set()


class Helpers:
    """Threads that work ahead, as many as there are cores; each ends when nothing is left.

    At the end of the program they finish what they are at, a few tens of milliseconds, and begin nothing more.
    """

    def __init__(self) -> None:
        self._begin_again()
        call_in_children(self, Helpers._begin_again)

    def _begin_again(self) -> None:
        """Have no threads and no work, at first and in a forked process."""
        self._lock = threading.RLock()  # a signal handler may start a graph while it is held
        self._left: deque[Ahead[object]] = deque()
        self._threads = 0

    def begin(self, work: Ahead[T]) -> None:
        """Have a helper do *work* soon."""
        with self._lock:
            self._left.append(work)  # type: ignore[arg-type]
            if self._threads >= budget().cores:
                return
            self._threads += 1
        try:
            threading.Thread(target=self._work, name=_NAME, daemon=False).start()
        except RuntimeError:  # no thread can be started
            with self._lock:
                self._threads -= 1

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._left or not threading.main_thread().is_alive():
                    self._threads -= 1
                    return
                work = self._left.popleft()
            work.do()


helpers: Final = Helpers()
