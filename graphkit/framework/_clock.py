"""Clock: where graphs get the time of day from, so that tests can control it."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from graphkit.framework._services import GraphService

if TYPE_CHECKING:
    import threading


class Clock(ABC):
    """The time in microseconds, and waiting for it."""

    @abstractmethod
    def now_us(self) -> int:
        """Return microseconds since the epoch."""

    @abstractmethod
    def sleep_until(self, time_us: int, wake: threading.Event | None = None) -> None:
        """Return at *time_us*, or earlier when *wake* is set."""


class SystemClock(Clock):
    """The machine's clock."""

    def now_us(self) -> int:
        """Return microseconds since the epoch."""
        return time.time_ns() // 1000

    def sleep_until(self, time_us: int, wake: threading.Event | None = None) -> None:
        """Sleep until *time_us*, or until *wake* is set."""
        seconds = max(0.0, (time_us - self.now_us()) / 1e6)
        if wake is None:
            time.sleep(seconds)
        else:
            wake.wait(seconds)


CLOCK: Final = GraphService[Clock]("clock", SystemClock)
"""The clock of a graph; programs and tests may lend another one."""
