"""Trace: what every thread did when, as a file for Perfetto and chrome://tracing."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphkit._process import parts
from graphkit._process.gc_pause import gc_paused
from graphkit.errors import ArgumentError
from graphkit.framework import EMPTY, Instrument
from graphkit.insight._chrome_format import trace_events
from graphkit.insight._events import DROPPED, QUEUED, Events
from graphkit.insight._trace_file import write_events

if TYPE_CHECKING:
    import os

    from graphkit.framework import CalculatorContext, RunView, Timestamp

MOST_EVENTS: Final = 250_000
_LIMITERS: Final = ("FlowLimiterCalculator",)
"""Calculators that drop packets in process() and count them as `dropped`."""


class Trace(Instrument):
    """Remembers calls, parts of the work, packets and drops of a run, the newest *most_events* of them.

    ::

        trace = Trace()
        graph.add_instrument(trace)
        ...
        trace.write("trace.json")  # open it at https://ui.perfetto.dev or chrome://tracing

    Args:
        most_events: how many are kept; if there are more, the oldest are dropped. One takes about 250 bytes.

    Attributes:
        lost: events that were dropped.
    """

    def __init__(self, most_events: int = MOST_EVENTS) -> None:
        if most_events < 1:
            raise ArgumentError(f"a trace cannot keep {most_events} events; it takes 1 and more")
        self._most = most_events
        self._events = Events(most_events)
        self._calculators: dict[str, str] = {}
        self._limited: dict[str, int] = {}
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
            self._events = Events(self._most)
        self._calculators = {node.name: node.calculator for node in run.graph.nodes}
        self._limited = {name: 0 for name, kind in self._calculators.items() if kind in _LIMITERS}

    def opened(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        """Keep the call."""
        events = self._events
        events.add((begin, "open", events.thread(), cc.node_name, seconds, 0, 0, 0))

    def processed(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        """Keep the call, and what went in and came out."""
        events, inputs, node = self._events, cc.inputs, cc.node_name
        values: list[Any] = [begin, "process", events.thread(), node, seconds, cc.input_timestamp, 0, 0]
        for name, packet in zip(inputs.tag_map.names, inputs.packets):  # noqa: B905 - strict costs
            if packet._payload is not EMPTY:
                values += (name, packet._timestamp)
                values[6] += 1
        for shard in cc.outputs.shards:
            for packet in shard.queue:
                values += (shard.name, packet._timestamp)
                values[7] += 1
        events.add(values)
        if node in self._limited:
            self._look_for_drops(cc, begin + seconds)

    def closed(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        """Keep the call."""
        events = self._events
        events.add((begin, "close", events.thread(), cc.node_name, seconds, 0, 0, 0))

    def part_done(self, part: str, begin: float, seconds: float) -> None:
        """Keep the part."""
        if self._stop_listening is None:
            self._keep_part(part, begin, seconds)

    def packet_queued(self, node: str, stream: str, timestamp: Timestamp, waiting: int, at: float) -> None:
        """Keep which queue the packet came into."""
        self._events.add((at, QUEUED, node, stream, timestamp, waiting))

    def packet_dropped(self, node: str, stream: str, timestamp: Timestamp, at: float) -> None:
        """Keep the drop."""
        self._events.add((at, DROPPED, node, stream, timestamp, 0))

    def _keep_part(self, part: str, begin: float, seconds: float) -> None:
        events = self._events
        events.add((begin, "part", events.thread(), part, seconds, 0, 0, 0))

    def _look_for_drops(self, cc: CalculatorContext, at: float) -> None:
        """Keep what a limiter dropped in a call; it counts them."""
        node, dropped = cc.node_name, cc.counter("dropped").get()
        before, self._limited[node] = self._limited[node], dropped
        for _ in range(dropped - before):
            self._events.add((at, DROPPED, node, cc.inputs.tag_map.names[-1], cc.input_timestamp, 0))
