"""IdleCores: how many cores a run leaves unused while its program waits for it (S53)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit._process.threads import budget

if TYPE_CHECKING:
    from weakref import ref

    from graphkit._runtime.scheduler import Scheduler


class IdleCores:
    """Counts cores; the default object of the service IDLE_CORES.

    It is called from within calls of the run and takes no lock: a number that is off by one costs only time. It
    outlives the run, and keeps no reference to it.
    """

    __slots__ = ("_cores", "_scheduler")

    def __init__(self) -> None:
        in_force = budget()
        self._cores = in_force.cores if in_force.idle_cores else 1
        self._scheduler: ref[Scheduler] | None = None

    def watch(self, scheduler: ref[Scheduler]) -> None:
        """Count those of this run."""
        self._scheduler = scheduler

    def __call__(self) -> int:
        """Return how many cores neither the run nor the program needs now; -1 if none will be before it ends."""
        if self._scheduler is None or self._cores == 1:
            return -1
        scheduler = self._scheduler()
        return -1 if scheduler is None else scheduler.unused_of(self._cores)
