"""Counters of a graph, shared by its nodes."""

from __future__ import annotations

import threading


class Counter:
    """A number that any thread may raise."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal handler may come here while it is held
        self._value = 0

    def increment(self) -> None:
        """Add 1 to the number."""
        self.increment_by(1)

    def increment_by(self, amount: int) -> None:
        """Add *amount* to the number."""
        with self._lock:
            self._value += amount

    def get(self) -> int:
        """Return the value."""
        return self._value


class Counters:
    """Counters by name, made on first use."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal handler may come here while it is held
        self._counters: dict[str, Counter] = {}

    def get(self, name: str) -> Counter:
        """Return the counter called *name*."""
        with self._lock:
            return self._counters.setdefault(name, Counter())

    def values(self) -> dict[str, int]:
        """Return all values by name."""
        with self._lock:
            return {name: counter.get() for name, counter in self._counters.items()}

    def clear(self) -> None:
        """Forget all counters."""
        with self._lock:
            self._counters.clear()
