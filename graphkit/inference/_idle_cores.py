"""Runs of a model with a second thread, while a core is idle and that is quicker (S53)."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from graphkit._process.threads import usable_cores
from graphkit.inference._pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from graphkit.inference._bound_runs import DeviceArray
    from graphkit.inference._session import Session

THREADS: Final = 2
"""Of a run that uses an idle core."""

# Runs that are under way in this process, by thread; runs beside each other have no core to spare.
_running: Final[set[int]] = set()
_paces: Final[WeakKeyDictionary[Session, Pace]] = WeakKeyDictionary()


def cores_are_taken(told: Path = Path("/proc/loadavg")) -> bool:
    """Return whether more threads want to run now than there are cores; False if the system does not tell."""
    try:
        runnable = told.read_text().split()[3].partition("/")[0]
        return int(runnable) > usable_cores()
    except (OSError, LookupError, ValueError):
        return False


class IdleCoreRunner:
    """Calls a session's ``run``, or that of its twin with `THREADS` threads, which spin while a run lasts.

    Both give the same values, bit for bit. What is learned of a model's speed serves all graphs of the process.

    Args:
        session: one thread, on the CPU.
        load_twin: returns the same model with `THREADS` threads; called when it is first tried.
        idle: returns how many cores are idle at the moment.
    """

    def __init__(self, session: Session, load_twin: Callable[[], Session], idle: Callable[[], int]) -> None:
        self._session = session
        self._load_twin = load_twin
        self._idle = idle
        self._twin: Session | None = None
        self._pace = _paces.setdefault(session, Pace())

    @staticmethod
    def serves(session: Session) -> bool:
        """Return whether a session may have a twin: a .tflite gives the same on any number of threads."""
        return session.imported and session.threads == 1 and session.provider == "cpu"

    def __call__(self, arrays: Sequence[NDArray[Any] | DeviceArray]) -> list[NDArray[Any]]:
        """Run the model; see `Session.run`."""
        alone = not _running and self._idle() > 0
        thread = threading.get_ident()
        _running.add(thread)
        try:
            return self._timed(arrays) if alone else self._session.run(arrays)
        finally:
            _running.discard(thread)

    def _timed(self, arrays: Sequence[NDArray[Any] | DeviceArray]) -> list[NDArray[Any]]:
        pace = self._pace
        if pace.is_trying and not pace.other and cores_are_taken():
            pace.put_off()
        helped = pace.choose()
        session = self._with_help() if helped else self._session
        begin = time.perf_counter()
        found = session.run(arrays)
        pace.took(time.perf_counter() - begin, helped)
        return found

    def _with_help(self) -> Session:
        if self._twin is None:
            self._twin = self._load_twin()
        return self._twin
