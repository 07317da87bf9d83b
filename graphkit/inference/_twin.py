"""Twins: a session and the same model with several threads, which spin while a run lasts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from graphkit._process.threads import usable_cores
from graphkit.inference._pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from graphkit.inference._bound_runs import DeviceArray
    from graphkit.inference._session import Session

_paces: WeakKeyDictionary[Session, Pace] = WeakKeyDictionary()


def cores_are_taken(told: Path = Path("/proc/loadavg")) -> bool:
    """Return whether more threads want to run now than there are cores; False if the system does not tell."""
    try:
        runnable = told.read_text().split()[3].partition("/")[0]
        return int(runnable) > usable_cores()
    except (OSError, LookupError, ValueError):
        return False


class Twins:
    """A session and its twin, which gives the same values, bit for bit.

    What is learned of which one is quicker serves all graphs of the process.

    Args:
        session: one thread, on the CPU.
        load_twin: returns the same model with more threads; called when it is first tried.
    """

    def __init__(self, session: Session, load_twin: Callable[[], Session]) -> None:
        self._session = session
        self._load_twin = load_twin
        self._twin: Session | None = None
        self._pace = _paces.setdefault(session, Pace())

    def run(self, arrays: Sequence[NDArray[Any] | DeviceArray], *, has_idle_core: bool) -> list[NDArray[Any]]:
        """Run the model; see `Session.run`. With an idle core the quicker of both runs, as far as is known."""
        if not has_idle_core:
            return self._session.run(arrays)
        pace = self._pace
        if pace.is_trying and not pace.other and cores_are_taken():
            pace.put_off()
        helped = pace.choose()
        session = self.twin() if helped else self._session
        begin = time.perf_counter()
        found = session.run(arrays)
        pace.took(time.perf_counter() - begin, helped)
        return found

    def twin(self) -> Session:
        """Return the twin, loaded and warmed up when it is first needed: slow first runs do not count."""
        if self._twin is None:
            twin = self._load_twin()
            twin.warm_up()
            self._twin = twin
        return self._twin
