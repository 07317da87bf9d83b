"""Runs of a model with a second thread, while a core is idle and that is quicker (S53)."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from graphkit.inference._loader import load, load_stage
from graphkit.inference._stages import Stages
from graphkit.inference._twin import Twins

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from graphkit.inference._bound_runs import DeviceArray
    from graphkit.inference._session import Session

THREADS: Final = 2
"""Of a run that uses an idle core."""
_LONG_S: Final = 3e-3
_FIRST_CALLS: Final = 8
"""Stages are loaded for a model that has taken `_LONG_S` beside others so often: the first answers come first."""

# Runs that are under way in this process, by thread; runs beside each other have no core to spare.
_running: Final[set[int]] = set()


class IdleCoreRunner:
    """Calls a session's ``run``, or that of its twin with `THREADS` threads, which spin while a run lasts.

    A long model that often begins while no core is idle has its stages loaded. From then on it runs in stages
    instead of on one thread, and each stage has a second one if a core is idle by then. All ways give the same
    values, bit for bit.

    Args:
        session: one thread, on the CPU.
        load_twin: returns the same model with `THREADS` threads; called when it is first tried.
        idle: returns how many cores are idle at the moment; a negative number if the program does not wait.
        load_stage: returns a stage of the same model, by its number and its threads.
    """

    def __init__(
        self,
        session: Session,
        load_twin: Callable[[], Session],
        idle: Callable[[], int],
        load_stage: Callable[[int, int], Session],
    ) -> None:
        self._idle = idle
        self._whole = Twins(session, load_twin)
        self._stages = Stages(session.stages, load_stage, THREADS) if session.stages > 1 else None
        self._long_runs = 0

    @classmethod
    def of_model(
        cls, session: Session, model: str | Path | bytes, outputs: Sequence[int] | None, idle: Callable[[], int]
    ) -> IdleCoreRunner:
        """Return the runner of a session; the arguments are those of which `load` made it."""
        twin = partial(load, model, provider="cpu", outputs=outputs, threads=THREADS, spin=True)

        def stage(number: int, threads: int) -> Session:
            return load_stage(model, number, outputs=outputs, threads=threads)

        return cls(session, twin, idle, stage)

    @staticmethod
    def serves(session: Session) -> bool:
        """Return whether a session may have a twin: a .tflite gives the same on any number of threads."""
        return session.imported and session.threads == 1 and session.provider == "cpu"

    def __call__(self, arrays: Sequence[NDArray[Any] | DeviceArray]) -> list[NDArray[Any]]:
        """Run the model; see `Session.run`."""
        thread = threading.get_ident()
        _running.add(thread)
        try:
            has_idle_core, in_stages = self._has_idle_core(), self._in_stages(arrays)
            if has_idle_core or in_stages is not None:
                return self._whole.run(arrays, has_idle_core=has_idle_core, plainly=in_stages)
            return self._noting_long_runs(arrays)
        finally:
            _running.discard(thread)

    def _has_idle_core(self) -> bool:
        """Return whether this thread is the only one of the process that runs a model, and a core is idle."""
        return _running <= {threading.get_ident()} and self._idle() > 0

    def _in_stages(self, arrays: Sequence[NDArray[Any] | DeviceArray]) -> Callable[[], list[NDArray[Any]]] | None:
        """Return what runs the model in stages, None if they are not loaded or the program does not wait."""
        if self._stages is None or not self._stages.are_loaded() or self._idle() < 0:
            return None
        return partial(self._stages.run, arrays, self._has_idle_core)

    def _noting_long_runs(self, arrays: Sequence[NDArray[Any] | DeviceArray]) -> list[NDArray[Any]]:
        """Run the model as a whole; load its stages if it often takes long while the program waits."""
        begin = time.perf_counter()
        found = self._whole.run(arrays, has_idle_core=False)
        if self._stages is not None and time.perf_counter() - begin > _LONG_S and self._idle() >= 0:
            self._long_runs += 1
            if self._long_runs == _FIRST_CALLS:
                self._stages.begin_to_load()
        return found
