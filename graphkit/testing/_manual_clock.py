"""ManualClock: a clock that a test moves."""

from __future__ import annotations

import threading

from graphkit._process.sleepers import Sleepers
from graphkit.framework import Clock


class ManualClock(Clock):
    """A clock that stands still until ``advance``.

    Args:
        start_us: the time it starts at, in microseconds.
    """

    def __init__(self, start_us: int = 0) -> None:
        self._now = start_us
        self._lock = threading.Lock()
        self._moved = Sleepers(self._lock)
        self._until: list[int] = []

    def now_us(self) -> int:
        """Return the time it was set to."""
        return self._now

    def advance(self, microseconds: int) -> None:
        """Move the time forward and wake those whose time has come."""
        with self._lock:
            self._now += microseconds
            self._moved.wake()

    def sleep_until(self, time_us: int, wake: threading.Event | None = None) -> None:
        """Wait until ``advance`` reaches *time_us*, or *wake* is set."""
        with self._lock:
            self._until.append(time_us)
            self._moved.wake()
        while not self._moved.wait_for(lambda: self._now >= time_us, None if wake is None else 0.01):
            if wake is not None and wake.is_set():
                break
        with self._lock:
            self._until.remove(time_us)

    def wait_for_sleepers(self, count: int, timeout: float = 60.0) -> None:
        """Wait until *count* threads sleep on the clock; raises TimeoutError after *timeout* real seconds.

        Threads whose time has come do not count, even if they did not get to run yet.
        """
        if not self._moved.wait_for(lambda: self._asleep() >= count, timeout):
            raise TimeoutError(f"{self._asleep()} of {count} threads sleep on the clock")

    def _asleep(self) -> int:
        return sum(time_us > self._now for time_us in self._until)
