"""Sleepers: threads that wait until something changes.

``threading.Condition`` is written in Python. A signal that raises between its releasing the lock and its
taking it back leaves the caller's ``with`` block to release a lock that another thread holds by then. Here a
thread sleeps on a lock of its own, outside of the ``with`` block, so an exception may come at any point (S51).
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from threading import Lock


class Sleepers:
    """The threads that wait for one thing.

    Args:
        lock: guards what they wait for, a Lock or an RLock. Code that changes that wakes them under it.

    Attributes:
        lock: see above.
        wakers: what they sleep on; empty if no thread waits.
    """

    __slots__ = ("lock", "wakers")

    def __init__(self, lock: AbstractContextManager[object]) -> None:
        self.lock = lock
        self.wakers: list[Lock] = []

    def wake(self) -> None:
        """Wake all of them; called under the lock. Waking one twice is harmless."""
        while self.wakers:  # a signal handler may come in between and wake some
            waker = self.wakers.pop()
            with suppress(RuntimeError):
                waker.release()

    def wait_for(self, ready: Callable[[], bool], timeout: float | None = None) -> bool:
        """Wait until *ready*, called under the lock, returns True; return False after *timeout* s without."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            waker = threading.Lock()
            waker.acquire()
            try:
                with self.lock:
                    self.wakers.append(waker)  # before the check: some changes are made without the lock
                    if ready():
                        return True
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return False
                waker.acquire(timeout=-1 if left is None else min(left, threading.TIMEOUT_MAX))
            finally:
                with self.lock:
                    if waker in self.wakers:
                        self.wakers.remove(waker)
