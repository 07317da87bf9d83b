"""The interpreter's switch interval while graphs run (S35).

A thread that comes back from inference waits up to one switch interval for the GIL if another thread is
busy in Python: 5 ms by default, a third of a frame. While any graph runs it is 0.2 ms; the value from
before is restored at the end of the last run.
"""

from __future__ import annotations

import sys
import threading
from typing import Final

from graphkit._process.forks import call_in_children

INTERVAL_SECONDS: Final = 0.0002


class _Runs:
    """The runs that share the short interval."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # the garbage collector may come here while it is held
        self._sharing: set[SwitchInterval] = set()
        self._before = 0.0
        call_in_children(self, _Runs._forget)

    def add(self, run: SwitchInterval) -> None:
        with self._lock:
            if not self._sharing:
                self._before = sys.getswitchinterval()
                sys.setswitchinterval(min(INTERVAL_SECONDS, self._before))
            self._sharing.add(run)

    def remove(self, run: SwitchInterval) -> None:
        with self._lock:
            if run in self._sharing:
                self._sharing.remove(run)
                if not self._sharing:
                    sys.setswitchinterval(self._before)

    def _forget(self) -> None:
        """In a forked process: the runs are those of the parent."""
        self._lock = threading.RLock()
        if self._sharing:
            self._sharing.clear()
            sys.setswitchinterval(self._before)


_runs: Final = _Runs()


class SwitchInterval:
    """One run's share in the short interval."""

    def enter(self) -> None:
        """Shorten the interval if no other run did."""
        _runs.add(self)

    def leave(self) -> None:
        """Restore the interval if this was the last run; without a share it changes nothing."""
        _runs.remove(self)
