"""Instruments: who watches a run, and how what happens in it reaches them.

A run that nobody watches has none of this. In one that is watched, nodes and input policies get a wrapper, packets
flow through `WatchedFlow`, and what happens under the lock goes to a `Journal`, which is told outside of it (S34).
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from graphkit._process import parts
from graphkit._runtime.flow import Flow
from graphkit._runtime.scheduler import Scheduler
from graphkit.framework import Instrument, Timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphkit._runtime.lifecycle import Lifecycle
    from graphkit._runtime.node import Node
    from graphkit._runtime.sleepers import Sleepers
    from graphkit._runtime.state import GraphState
    from graphkit._runtime.streams import InputStream, OutputStream
    from graphkit._runtime.throttle import Throttle
    from graphkit.framework import CalculatorContext, Decision, InputStreamHandler, Packet, RunView

_LOG: Final = logging.getLogger(__name__)
QUEUED: Final = "packet_queued"
BOUND_MOVED: Final = "bound_moved"
DROPPED: Final = "packet_dropped"
_NEVER_DROP: Final = frozenset(
    f"{name}InputStreamHandler"
    for name in ("Default", "Immediate", "SyncSet", "EarlyClose", "Barrier", "TimestampAlign")
)
"""Input policies that put every packet that leaves a queue into an input set (S12 to S15)."""


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

    def hear(self, hook: str) -> bool:
        """Return whether an instrument fills in *hook*."""
        return bool(self._calls[hook])

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
        if self.hear("part_done"):
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


class WatchedScheduler(Scheduler):
    """A scheduler that tells the journal whenever a thread has done its work.

    Args:
        journal: of the run.
        state, lifecycle, sleepers: see Scheduler.
    """

    def __init__(self, journal: Journal, state: GraphState, lifecycle: Lifecycle, sleepers: Sleepers) -> None:
        super().__init__(state, lifecycle, sleepers)
        self._journal = journal

    def work(self) -> None:
        """Work, then tell."""
        super().work()
        self._journal.tell()

    def _drain(self, queue: Any, epoch: int) -> None:
        super()._drain(queue, epoch)
        self._journal.tell()


class WatchedFlow(Flow):
    """A flow that notes what moves.

    Args:
        throttle: of the run.
        listeners: of the run.
    """

    def __init__(self, throttle: Throttle, listeners: Listeners) -> None:
        super().__init__(throttle)
        self._note = listeners.journal.note
        self._queued = listeners.hear(QUEUED) or listeners.hear(DROPPED)
        self._bounds = listeners.hear(BOUND_MOVED)

    def send(self, stream: OutputStream, packet: Packet[Any]) -> None:
        """Send, and note each queue that the packet came into."""
        super().send(stream, packet)
        if not self._queued:
            return
        now, timestamp = perf_counter(), packet._timestamp
        for queue in stream.consumers:
            node, waiting = queue.node, queue.queue
            if node.on_touch is not None:
                continue
            if waiting and waiting[-1] is packet:
                self._note((QUEUED, node.name, stream.name, timestamp, len(waiting), now))
            else:
                self._note((DROPPED, node.name, stream.name, timestamp, now))

    def raise_settled(self, stream: OutputStream, settled: int) -> None:
        """Settle, and note the bound if it moved."""
        before = stream.settled
        super().raise_settled(stream, settled)
        if self._bounds and stream.settled > before:
            bound = Timestamp.from_raw(int(stream.settled) + 1)
            self._note((BOUND_MOVED, stream.name, bound, perf_counter()))

    def drop_all(self, queue: InputStream) -> None:
        """Empty a queue, and note what is lost."""
        now = perf_counter()
        for packet in queue.queue if queue.node.on_touch is None else ():
            self._note((DROPPED, queue.node.name, queue.name, packet._timestamp, now))
        super().drop_all(queue)


class WatchedHandler:
    """An input policy that notes which packets it drops: those that left the queues and are in no input set.

    Args:
        handler: the policy.
        node: whose it is.
        journal: where it is noted.
    """

    def __init__(self, handler: InputStreamHandler, node: Node, journal: Journal) -> None:
        self._handler, self._node, self._journal = handler, node, journal

    def arrived_while_busy(self) -> None:
        """See the policy."""
        self._noting(self._handler.arrived_while_busy)

    def readiness(self) -> Decision:
        """See the policy."""
        return self._noting(self._handler.readiness)  # type: ignore[no-any-return]

    def take(self, timestamp: int, packets: list[Packet[Any]]) -> None:
        """See the policy."""
        self._noting(lambda: self._handler.take(timestamp, packets), packets)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._handler, name)

    def _noting(self, call: Callable[[], Any], taken: Sequence[Packet[Any]] = ()) -> Any:
        before = [tuple(queue.queue) for queue in self._node.inputs]
        outcome = call()
        now = perf_counter()
        for queue, packets in zip(self._node.inputs, before, strict=True):
            gone = packets[: len(packets) - len(queue.queue)]
            for packet in gone[: len(gone) - (bool(taken) and bool(taken[queue.index]))]:
                self._journal.note((DROPPED, self._node.name, queue.name, packet._timestamp, now))
        return outcome


def watch(state: GraphState, listeners: Listeners) -> None:
    """Let *listeners* see what happens in a run that has not begun."""
    state.flow = WatchedFlow(state.throttle, listeners)
    for node in state.nodes:
        node.link = None  # a packet that passes its queue by would pass the flow by, too
        node.listeners = listeners
        node.process = _watched_process(node, listeners)
        may_drop = node.plan.input_stream_handler not in _NEVER_DROP
        if node.handler is not None and may_drop and listeners.hear(DROPPED):
            node.handler = WatchedHandler(node.handler, node, listeners.journal)  # type: ignore[assignment]


def _watched_process(node: Node, listeners: Listeners) -> Callable[[CalculatorContext], Any]:
    """Return the node's process call with the hooks around it."""
    process, tell, journal = node.process, listeners.tell, listeners.journal

    def call(cc: CalculatorContext) -> Any:
        journal.tell()
        tell("processing", cc)
        start = perf_counter()
        try:
            return process(cc)
        finally:
            tell("processed", cc, perf_counter() - start)

    return call
