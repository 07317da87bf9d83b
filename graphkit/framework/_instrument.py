"""Instrument: hooks into a running graph for tracers, profilers, progress bars and tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit.framework._context import CalculatorContext
    from graphkit.framework._timestamp import Timestamp
    from graphkit.framework._views import GraphView


class CallView(Protocol):
    """A call of a node that is under way."""

    @property
    def node(self) -> str:
        """The name of the node."""

    @property
    def phase(self) -> str:
        """``open``, ``process`` or ``close``."""

    @property
    def timestamp(self) -> int:
        """Its input time."""

    @property
    def places(self) -> Sequence[tuple[str, int, str]]:
        """File, line and function of its frames, the innermost first."""

    @property
    def token(self) -> object:
        """A token that is equal as long as it is the same call."""


class RunView(Protocol):
    """A run, as its instruments see it."""

    @property
    def graph(self) -> GraphView:
        """The graph that runs."""

    def counters(self) -> dict[str, int]:
        """Return the current counters of the nodes by name, ``<node>-<counter>``."""

    def calls(self) -> Sequence[CallView]:
        """Return the calls of nodes that are under way now; from any thread."""

    def is_over(self) -> bool:
        """Return whether the run has ended, or its graph was dropped without ending it."""


class Instrument:
    """Hooks that a graph calls while it runs; each does nothing unless a subclass overrides it.

    No hook is called under a lock of the engine (S34). ``opened``, ``processing``, ``processed`` and ``closed``
    come from the thread that makes the call, with the context of the call, which belongs to the run again as soon
    as the hook returns. ``packet_queued``, ``bound_moved`` and ``packet_dropped`` report what happened under the
    lock: in order, one at a time, a little later, from any thread that works on the graph. Seconds are those of
    ``time.perf_counter``.

    A hook should be quick. An instrument that raises is not called again in that run; a log message says so, and
    the run continues. Hooks that no instrument overrides cost nothing, nor does a graph without instruments.
    """

    def run_started(self, run: RunView) -> None:
        """A run begins; nothing is open yet."""

    def opened(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        """``open`` of a node, called at *begin*, returned or raised after *seconds*."""

    def packet_queued(self, node: str, stream: str, timestamp: Timestamp, waiting: int, at: float) -> None:
        """At *at*, a packet of *stream* came into a queue of *node*, in which *waiting* packets are now.

        The queues of pollers are not reported.
        """

    def processing(self, cc: CalculatorContext) -> None:
        """``process`` of a node is about to be called with what *cc* holds."""

    def processed(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        """``process``, called at *begin*, returned or raised after *seconds*; *cc* still holds what it emitted."""

    def bound_moved(self, stream: str, bound: Timestamp, at: float) -> None:
        """At *at*, *stream* was settled up to *bound* without a packet: nothing earlier can come."""

    def packet_dropped(self, node: str, stream: str, timestamp: Timestamp, at: float) -> None:
        """At *at*, *node* lost a packet of *stream* unprocessed: its policy dropped it, or the node has closed."""

    def closed(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        """``close`` of a node, called at *begin*, returned or raised after *seconds*."""

    def part_done(self, part: str, begin: float, seconds: float) -> None:
        """This thread has spent *seconds* since *begin* on a part of the work, inside or outside a node's call.

        Such as ``decode``, ``encode``, ``inference``, ``upload`` and ``readback``. Several graphs in one process
        see each other's parts.
        """

    def run_ended(self) -> None:
        """The run has ended; nothing else is called before the next one starts."""
