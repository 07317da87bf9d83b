"""Trace: what every thread did when, as a file for Perfetto and chrome://tracing."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphkit._process import parts
from graphkit._process.gc_pause import gc_paused
from graphkit.errors import ArgumentError
from graphkit.framework._ledger import LedgerInstrument
from graphkit.insight._chrome_format import trace_events
from graphkit.insight._events import CLOSED, OPENED, PART, Events
from graphkit.insight._trace_file import write_events

if TYPE_CHECKING:
    import os

    from graphkit.framework import CalculatorContext, RunView

MOST_EVENTS: Final = 250_000


class Trace(LedgerInstrument):
    """Remembers calls, parts of the work, packets and drops of a run, the newest *most_events* of them.

    ::

        trace = Trace()
        graph.add_instrument(trace)
        ...
        trace.write("trace.json")  # open it at https://ui.perfetto.dev or chrome://tracing

    Args:
        most_events: how many are kept; if there are more, the oldest are dropped. One takes about 100 bytes.

    Attributes:
        lost: events that were dropped.
    """

    def __init__(self, most_events: int = MOST_EVENTS) -> None:
        if most_events < 1:
            raise ArgumentError(f"a trace cannot keep {most_events} events; it takes 1 and more")
        self._events = Events(most_events)
        super().__init__(self._events)
        self._calculators: dict[str, str] = {}
        self._stop_listening: weakref.finalize[..., Trace] | None = None

    def listen(self) -> None:
        """Keep parts of the work from now until the trace is written, also those before and after the run."""
        if self._stop_listening is None:
            keep = weakref.WeakMethod(self._keep_part)

            def hear(part: str, begin: float, seconds: float) -> None:
                if (alive := keep()) is not None:
                    alive(part, begin, seconds)

            parts.listen(hear)
            self._stop_listening = weakref.finalize(self, parts.stop_listening, hear)

    @property
    def lost(self) -> int:
        """How many events were dropped."""
        return self._events.lost

    def write(self, path: str | os.PathLike[str]) -> int:
        """Write the trace and return the number of events; a file whose name ends with .gz is compressed.

        Raises:
            OutputError: the file cannot be written; nothing is left of it.
        """
        if self._stop_listening is not None:
            self._stop_listening()
            self._stop_listening = None
        with gc_paused(made_to_stay=False):
            return write_events(Path(path), trace_events(self._events, self._calculators), self.lost)

    # -- hooks ------------------------------------------------------------------------------------------

    def run_started(self, run: RunView) -> None:
        """Begin again."""
        if self._stop_listening is None:
            self._events.begin_anew()
        self._calculators = {node.name: node.calculator for node in run.graph.nodes}

    def run_ended(self) -> None:
        """Lead no arrow from this run to the next one."""
        if self._stop_listening is not None:
            self._events.run += 1

    def opened(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        """Keep the call."""
        self._events.write_work(OPENED, cc.node_name, begin, seconds)

    def closed(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        """Keep the call."""
        self._events.write_work(CLOSED, cc.node_name, begin, seconds)

    def part_done(self, part: str, begin: float, seconds: float) -> None:
        """Keep the part."""
        if self._stop_listening is None:
            self._keep_part(part, begin, seconds)

    def _keep_part(self, part: str, begin: float, seconds: float) -> None:
        self._events.write_work(PART, part, begin, seconds)
