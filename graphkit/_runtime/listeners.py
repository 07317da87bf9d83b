"""Listeners: the instruments of a run, and the journal of events to report outside of the lock (S34)."""

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
        instruments: in the order in which they are called.

    Attributes:
        journal: of the run.
        ledgers: of the instruments that have calls and queued packets written there instead of being called.
    """

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        from graphkit.framework._ledger import ledger_of  # runs without instruments do without it

        self.ledgers = [ledger for one in instruments if (ledger := ledger_of(one)) is not None]
        hooks = (hook for hook in vars(Instrument) if not hook.startswith("_"))
        self._calls: dict[str, list[Any]] = {hook: _filled_in(instruments, hook) for hook in hooks}
        self.journal = Journal(self)

    def calls(self, hook: str) -> list[Any]:
        """Return the methods of those that override *hook*; the list shrinks when one of them raises."""
        return self._calls[hook]

    def hear_any(self, *hooks: str) -> bool:
        """Return whether an instrument overrides one of *hooks*."""
        return any(self._calls[hook] for hook in hooks)

    def tell(self, hook: str, *facts: Any) -> None:
        """Call *hook* of all that override it; one that raises is not called again."""
        for call in self._calls[hook]:
            try:
                call(*facts)
            except Exception:
                self.mute(call)

    def watched(self, hook: str, call: Callable[[CalculatorContext], Any], cc: CalculatorContext) -> Any:
        """Make a call of a node and report it to *hook*."""
        self.journal.tell()
        start = perf_counter()
        try:
            return call(cc)
        finally:
            self.tell(hook, cc, start, perf_counter() - start)

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
        for calls in self._calls.values():
            calls.clear()

    def mute(self, bad: Any) -> None:
        """Call no hook of the instrument again whose method *bad* has just raised."""
        instrument, name = bad.__self__, type(bad.__self__).__name__
        _LOG.exception("instrument %s raised in %s() and is not called again in this run", name, bad.__name__)
        for calls in self._calls.values():
            calls[:] = [call for call in calls if call.__self__ is not instrument]

    def _part_done(self, part: str, begin: float, seconds: float) -> None:
        self.tell("part_done", part, begin, seconds)


class Journal:
    """Events that happened under the lock, to report outside of it, in order.

    Args:
        listeners: of the run.

    Attributes:
        entries: hooks and their arguments.
        note: adds such a pair.
    """

    def __init__(self, listeners: Listeners) -> None:
        self._listeners, self._calls = listeners, listeners._calls
        self._telling = threading.Lock()
        self.entries: deque[tuple[str, tuple[Any, ...]]] = deque()
        self.note = self.entries.append

    def tell(self) -> None:
        """Report what was noted; if another thread is reporting already, it reports this too."""
        entries = self.entries
        while entries and self._telling.acquire(blocking=False):
            try:
                self._tell_all()
            finally:
                self._telling.release()

    def _tell_all(self) -> None:
        # As Listeners.tell() does it, but a call less for each of the many packets that move.
        entries, calls, mute = self.entries, self._calls, self._listeners.mute
        while entries:
            hook, facts = entries.popleft()
            for call in calls[hook]:
                try:
                    call(*facts)
                except Exception:
                    mute(call)


def _filled_in(instruments: Sequence[Instrument], hook: str) -> list[Any]:
    from graphkit.framework._ledger import WRITTEN, ledger_of

    plain = getattr(Instrument, hook)
    called = [one for one in instruments if hook not in WRITTEN or ledger_of(one) is None]
    return [getattr(one, hook) for one in called if getattr(type(one), hook) is not plain]
