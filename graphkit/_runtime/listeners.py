"""Listeners: the instruments of a run, and the journal of what they are to be told outside of the lock (S34)."""

from __future__ import annotations

import logging
import threading
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from graphkit._process import parts
from graphkit.framework import Instrument

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphkit.framework import CalculatorContext, RunView

_LOG: Final = logging.getLogger(__name__)


class Listeners:
    """The instruments of a run.

    Args:
        instruments: in the order in which they are told.

    Attributes:
        journal: of the run.
    """

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        self._instruments = instruments
        self._calls = {hook: self._filled_in(hook) for hook in vars(Instrument) if not hook.startswith("_")}
        self.journal = Journal(self)

    def hear_any(self, *hooks: str) -> bool:
        """Return whether an instrument fills in one of *hooks*."""
        return any(self._calls[hook] for hook in hooks)

    def tell(self, hook: str, *facts: Any) -> None:
        """Call *hook* of all that fill it in; one that raises is heard no more."""
        for call in self._calls[hook]:
            try:
                call(*facts)
            except Exception:
                self._mute(call, hook)

    def watched(self, hook: str, call: Callable[[CalculatorContext], Any], cc: CalculatorContext) -> Any:
        """Make a call of a node and tell its *hook*."""
        self.journal.tell()
        start = perf_counter()
        try:
            return call(cc)
        finally:
            self.tell(hook, cc, perf_counter() - start)

    def begin(self, run: RunView) -> None:
        """The run begins."""
        self.tell("run_started", run)
        if self.hear_any("part_done"):
            parts.listen(self._part_done)

    def end(self) -> None:
        """The run has ended; harmless when repeated."""
        parts.stop_listening(self._part_done)
        self.journal.tell()
        self.tell("run_ended")
        self._calls = dict.fromkeys(self._calls, ())

    def _part_done(self, part: str, begin: float, seconds: float) -> None:
        self.tell("part_done", part, begin, seconds)

    def _filled_in(self, hook: str) -> tuple[Any, ...]:
        plain = getattr(Instrument, hook)
        return tuple(getattr(one, hook) for one in self._instruments if getattr(type(one), hook) is not plain)

    def _mute(self, bad: Any, hook: str) -> None:
        instrument, name = bad.__self__, type(bad.__self__).__name__
        _LOG.exception("instrument %s raised in %s() and is not called again in this run", name, hook)
        self._calls = {
            each: tuple(call for call in calls if call.__self__ is not instrument)
            for each, calls in self._calls.items()
        }


class Journal:
    """What happened under the lock and is to be told outside of it, in its order.

    Args:
        listeners: who is told.
    """

    def __init__(self, listeners: Listeners) -> None:
        self._listeners = listeners
        self._telling = threading.Lock()
        self._entries: deque[tuple[Any, ...]] = deque()
        self.note = self._entries.append

    def tell(self) -> None:
        """Tell what was noted; where another thread tells already, it tells this too."""
        entries = self._entries
        while entries and self._telling.acquire(blocking=False):
            try:
                while entries:
                    self._listeners.tell(*entries.popleft())
            finally:
                self._telling.release()
