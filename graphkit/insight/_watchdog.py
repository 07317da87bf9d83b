"""Watchdog: names the nodes that have been inside one call for too long."""

from __future__ import annotations

import logging
import threading
from time import monotonic
from typing import TYPE_CHECKING, Final

from graphkit.errors import ArgumentError
from graphkit.framework import Instrument
from graphkit.framework._timestamp import describe
from graphkit.insight._places import place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphkit.framework import CallView, RunView

_LOG: Final = logging.getLogger(__name__)
_LOOKS: Final = 4
"""How often it checks within the time that is too long."""


class Watchdog(Instrument):
    """Reports a node that has been inside open(), process() or close() for *seconds*, once per call.

    It checks a few times in these seconds, from a thread of its own, and costs the nodes nothing.

    Args:
        seconds: that are too long for one call.
        report: called with the sentence; by default it is logged as a warning.
    """

    def __init__(self, seconds: float = 10.0, report: Callable[[str], None] = _LOG.warning) -> None:
        if not seconds > 0:
            raise ArgumentError(f"a watchdog cannot wait {seconds} s; give it more than 0", parameter="seconds")
        self._seconds, self._report = seconds, report
        self._ended = threading.Event()

    def run_started(self, run: RunView) -> None:
        """Start the thread."""
        self._ended = ended = threading.Event()
        args = (run, ended)
        threading.Thread(target=self._watch, args=args, name="graphkit-watchdog", daemon=True).start()

    def run_ended(self) -> None:
        """Stop the thread."""
        self._ended.set()

    def _watch(self, run: RunView, ended: threading.Event) -> None:
        since: dict[object, float] = {}
        told: set[object] = set()
        while not ended.wait(self._seconds / _LOOKS) and not run.is_over():
            now, calls = monotonic(), run.calls()
            since = {call.token: since.get(call.token, now) for call in calls}
            told &= since.keys()
            self._tell([call for call in calls if now - since[call.token] >= self._seconds], told)

    def _tell(self, calls: Sequence[CallView], told: set[object]) -> None:
        for call in calls:
            if call.token not in told:
                told.add(call.token)
                of = f" of {describe(call.timestamp)}" if call.phase == "process" else ""
                where = f"{self._seconds:g} s, at {place_of(call)}"
                self._report(f'node "{call.node}" has been inside {call.phase}(){of} for {where}')
