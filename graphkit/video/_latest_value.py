"""LatestValueSlot: holds one value, and a newer one replaces it."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

from graphkit._process.sleepers import Sleepers

T = TypeVar("T")


class LatestValueSlot(Generic[T]):
    """Passes values from one thread to a slower one, without making the first one wait.

    Attributes:
        replaced: how many values were replaced by newer ones before they were taken, since the first `take`.
    """

    def __init__(self) -> None:
        self.replaced = 0
        self._lock = threading.Lock()
        self._sleepers = Sleepers(self._lock)
        self._item: T | None = None
        self._taking = self._ended = False

    def put(self, item: T) -> None:
        """Leave *item*, in place of what was left before."""
        with self._lock:
            # What came before the first `take` does not count as replaced.
            self.replaced += self._taking and self._item is not None
            self._item = item
            self._sleepers.wake()

    def end(self) -> None:
        """Wake the waiting thread: nothing more will come. What was left can still be taken."""
        with self._lock:
            self._ended = True
            self._sleepers.wake()

    def take(self, timeout: float | None = None) -> T | None:
        """Wait for a value, and take it; None after the end.

        Args:
            timeout: the longest wait in seconds.

        Raises:
            TimeoutError: nothing came in that time.
        """
        taken: list[T] = []

        def has_taken() -> bool:
            self._taking = True
            if self._item is not None:
                taken.append(self._item)
                self._item = None
            return bool(taken) or self._ended

        if not self._sleepers.wait_for(has_taken, timeout):
            raise TimeoutError
        return taken[0] if taken else None
