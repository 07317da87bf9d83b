"""The interpreter's switch interval while graphs run.

A thread that comes back from inference waits up to one switch interval for the GIL if another thread is
busy in Python: 5 ms by default, a third of a frame. While any graph runs it is 0.2 ms; the value from
before comes back with the end of the last run.
"""

from __future__ import annotations

import sys
import threading
from typing import Final

INTERVAL_SECONDS: Final = 0.0002

_lock: Final = threading.RLock()  # the garbage collector may come here while it is held
_running: Final = {"count": 0, "before": 0.0}


class SwitchInterval:
    """One run's share in the short interval."""

    def __init__(self) -> None:
        self._entered = False

    def enter(self) -> None:
        """Shorten the interval if no other run did."""
        with _lock:
            if not self._entered:
                self._entered = True
                if not _running["count"]:
                    _running["before"] = sys.getswitchinterval()
                    sys.setswitchinterval(min(INTERVAL_SECONDS, _running["before"]))
                _running["count"] += 1

    def leave(self) -> None:
        """Restore the interval if this was the last run."""
        with _lock:
            if self._entered:
                self._entered = False
                _running["count"] -= 1
                if not _running["count"]:
                    sys.setswitchinterval(_running["before"])
