"""Twins: a session and the same model with several threads, which spin while a run lasts."""

from __future__ import annotations

import time
from functools import partial
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


def runnable_threads(told: Path = Path("/proc/loadavg")) -> int | None:
    """Return how many threads of the machine want to run now, this one among them; None if it does not tell."""
    try:
        with told.open("rb", buffering=0) as file:
            return int(file.read(100).split()[3].partition(b"/")[0])
    except (OSError, LookupError, ValueError):
        return None


def cores_are_taken() -> bool:
    """Return whether more threads want to run now than there are cores, as far as is known."""
    return (runnable_threads() or 0) > usable_cores()


def a_core_is_free() -> bool:
    """Return whether fewer threads want to run now than there are cores; False if that is not known."""
    runnable = runnable_threads()
    return runnable is not None and runnable < usable_cores()


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

    def run(
        self,
        arrays: Sequence[NDArray[Any] | DeviceArray],
        *,
        has_idle_core: bool,
        plainly: Callable[[], list[NDArray[Any]]] | None = None,
    ) -> list[NDArray[Any]]:
        """Run the model; see `Session.run`. With an idle core the quicker of both ways, as far as is known.

        Args:
            arrays: one per input.
            has_idle_core: whether the twin may run.
            plainly: the other way; the session, if it is not given.
        """
        plainly = plainly or partial(self._session.run, arrays)
        if not has_idle_core:
            return plainly()
        pace = self._pace
        if pace.is_trying and not pace.other and cores_are_taken():
            pace.put_off()
        helped = pace.choose()
        run = partial(self.twin().run, arrays) if helped else plainly
        begin = time.perf_counter()
        found = run()
        pace.took(time.perf_counter() - begin, helped)
        return found

    def twin(self) -> Session:
        """Return the twin, loaded and warmed up when it is first needed: slow first runs do not count."""
        if self._twin is None:
            twin = self._load_twin()
            twin.warm_up()
            self._twin = twin
        return self._twin
