"""LatestValueSlot: holds one thing, and a newer one replaces it."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestValueSlot(Generic[T]):
    """Hands things from one thread to another that may be slower, without making the first one wait.

    Attributes:
        replaced: how many things were replaced by newer ones before anybody took them, since the first `take`.
    """

    def __init__(self) -> None:
        self.replaced = 0
        self._changed = threading.Condition()
        self._item: T | None = None
        self._taking = self._ended = False

    def put(self, item: T) -> None:
        """Leave *item*, in place of what was left before."""
        with self._changed:
            # What came while nobody wanted anything yet was missed by nobody.
            self.replaced += self._taking and self._item is not None
            self._item = item
            self._changed.notify()

    def end(self) -> None:
        """Wake whoever waits: nothing will come any more. What was left can still be taken."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def take(self, timeout: float | None = None) -> T | None:
        """Wait for a thing, and take it; None after the end.

        Args:
            timeout: the longest wait in seconds.

        Raises:
            TimeoutError: nothing came for so long.
        """
        with self._changed:
            self._taking = True
            if not self._changed.wait_for(lambda: self._item is not None or self._ended, timeout):
                raise TimeoutError
            item, self._item = self._item, None
            return item
