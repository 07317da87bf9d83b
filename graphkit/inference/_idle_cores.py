"""Runs of a model with a second thread, while a core is idle and that is quicker (S53)."""

from __future__ import annotations

import threading
import time
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from graphkit._process.threads import usable_cores
from graphkit.inference._loader import load, load_stage
from graphkit.inference._pace import Pace
from graphkit.inference._stages import Stages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from graphkit.inference._bound_runs import DeviceArray
    from graphkit.inference._session import Session

THREADS: Final = 2
"""Of a run that uses an idle core."""
_LONG_S: Final = 3e-3
_FIRST_CALLS: Final = 8
"""Stages are loaded for a model that has taken `_LONG_S` beside others so often: the first answers come first."""

_FIRST_LOOK: Final = 8
_TRIES: Final = 5
_TAKE_TURNS: Final = 8
_runners: Final = count()

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

    If no core is idle when a long run begins, it runs in stages, and each stage has a second thread if one is idle
    by then. All ways give the same values, bit for bit. What is learned of a model's speed with a twin serves all
    graphs of the process; whether stages pay depends on what else the graph does at that time.

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
        self._session = session
        self._load_twin = load_twin
        self._idle = idle
        self._twin: Session | None = None
        self._pace = _paces.setdefault(session, Pace())
        self._stages = Stages(session.stages, load_stage, THREADS) if session.stages > 1 else None
        # Stages of other models load at the same time, and who tries a way disturbs what others measure.
        turn = next(_runners) % _TAKE_TURNS
        self._pace_in_stages = Pace(first_look=_FIRST_LOOK + _TRIES * turn, tries=_TRIES)
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
            if self._may_have_help():
                return self._timed(self._pace, self._with_help, arrays)
            if self._stages is None or self._idle() < 0:
                return self._session.run(arrays)
            if self._stages.are_loaded():
                return self._timed(self._pace_in_stages, self._in_stages, arrays)
            return self._noting_long_runs(self._stages, arrays)
        finally:
            _running.discard(thread)

    def _may_have_help(self) -> bool:
        """Return whether this thread is the only one of the process that runs a model, and a core is idle."""
        return _running <= {threading.get_ident()} and self._idle() > 0

    def _noting_long_runs(
        self, stages: Stages, arrays: Sequence[NDArray[Any] | DeviceArray]
    ) -> list[NDArray[Any]]:
        """Run the model the plain way; load its stages if it often takes long."""
        begin = time.perf_counter()
        found = self._session.run(arrays)
        self._long_runs += time.perf_counter() - begin > _LONG_S
        if self._long_runs == _FIRST_CALLS:
            stages.begin_to_load()
        return found

    def _timed(
        self, pace: Pace, other: Callable[[], Callable[..., Any]], arrays: Sequence[NDArray[Any] | DeviceArray]
    ) -> list[NDArray[Any]]:
        """Run the model the plain way or the *other*, as *pace* chooses."""
        if pace.is_trying and not pace.other and cores_are_taken():
            pace.put_off()
        taken = pace.choose()
        run = other() if taken else self._session.run
        begin = time.perf_counter()
        found: list[NDArray[Any]] = run(arrays)
        pace.took(time.perf_counter() - begin, taken)
        return found

    def _with_help(self) -> Callable[..., Any]:
        if self._twin is None:
            self._twin = self._load_twin()
            self._twin.warm_up()
        return self._twin.run

    def _in_stages(self) -> Callable[..., Any]:
        assert self._stages is not None
        return partial(self._stages.run, may_have_help=self._may_have_help)
