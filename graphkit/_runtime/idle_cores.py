"""IdleCores: how many cores a run leaves unused while its program waits for it (S53)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit._process.threads import budget

if TYPE_CHECKING:
    from graphkit._process.sleepers import Sleepers
    from graphkit._runtime.scheduler import Scheduler
    from graphkit._runtime.state import GraphState


class IdleCores:
    """Counts cores; what the service IDLE_CORES is unless the program lends something else.

    It is asked from within calls of the run and takes no lock: a number that is off by one costs only time.
    """

    __slots__ = ("_cores", "_watched")

    def __init__(self) -> None:
        in_force = budget()
        self._cores = in_force.cores if in_force.idle_cores else 1
        self._watched: tuple[GraphState, Scheduler, Sleepers] | None = None

    def watch(self, state: GraphState, scheduler: Scheduler, sleepers: Sleepers) -> None:
        """Count those of this run."""
        self._watched = state, scheduler, sleepers

    def let_go(self) -> None:
        """Count nothing any more: the run has ended, and what asks may live longer."""
        self._watched = None

    def __call__(self) -> int:
        """Return how many cores neither the run nor the program needs just now."""
        watched = self._watched
        if watched is None or self._cores == 1:
            return 0
        state, scheduler, sleepers = watched
        if not sleepers.wakers:
            return 0
        waiting = sum(max(len(queue.heavy), queue.workers_requested) for queue in state.ready.queues)
        return max(0, self._cores - len(scheduler.working) - waiting)
