"""Instruments: reports the events of a watched run to its instruments.

Nodes and input policies get a wrapper, packets flow through `WatchedFlow`, and what happens under the lock goes to
a `Journal`, which is delivered outside of it (S34). A run without instruments has none of this.
"""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from graphkit._runtime.flow import Flow
from graphkit._runtime.scheduler import Scheduler
from graphkit.framework import Timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphkit._process.sleepers import Sleepers
    from graphkit._runtime.lifecycle import Lifecycle
    from graphkit._runtime.listeners import Journal, Listeners
    from graphkit._runtime.node import Node
    from graphkit._runtime.state import GraphState
    from graphkit._runtime.streams import InputStream, OutputStream
    from graphkit._runtime.throttle import Throttle

    MakesScheduler = Callable[[GraphState, Lifecycle, Sleepers], Scheduler]

    from graphkit.framework import CalculatorContext, Decision, InputStreamHandler, Packet
    from graphkit.framework._ledger import Ledger

QUEUED: Final = "packet_queued"
BOUND_MOVED: Final = "bound_moved"
DROPPED: Final = "packet_dropped"
_ALL_BUT_ENDS: Final = (QUEUED, BOUND_MOVED, DROPPED, "opened", "processing", "processed", "closed")
_NEVER_DROP: Final = frozenset(
    f"{name}InputStreamHandler"
    for name in ("Default", "Immediate", "SyncSet", "EarlyClose", "Barrier", "TimestampAlign")
)
"""Input policies that put every packet that leaves a queue into an input set (S12 to S15)."""


class WatchedScheduler(Scheduler):
    """A scheduler that delivers the journal, and many rows of ledgers, whenever a thread has done its work.

    Args:
        listeners: of the run.
        state, lifecycle, sleepers: see Scheduler.
    """

    def __init__(self, listeners: Listeners, state: GraphState, lifecycle: Lifecycle, sleepers: Sleepers) -> None:
        super().__init__(state, lifecycle, sleepers)
        self._journal, self._ledgers = listeners.journal, listeners.ledgers

    def work(self) -> None:
        """Work, then deliver."""
        super().work()
        self._journal.tell()
        for ledger in self._ledgers:  # packets that no call takes have rows, too
            ledger.hand_over_if_many()

    def _drain(self, queue: Any, epoch: int) -> None:
        super()._drain(queue, epoch)
        self._journal.tell()


class _NotedStream:
    """Where the packets of a stream are noted.

    Args:
        stream: it.
        ledgers: of the run.

    Attributes:
        readers: whose queues are reported: all but pollers.
        queues: theirs.
        writes: for each ledger what adds a row, and the number for a packet that is alone in each of the queues.
        each: likewise, but the number for a packet that is not, and those of the queues.
    """

    __slots__ = ("each", "queues", "readers", "writes")

    def __init__(self, stream: OutputStream, ledgers: Sequence[Ledger]) -> None:
        self.readers = [queue for queue in stream.consumers if queue.node.on_touch is None]
        self.queues = tuple(queue.queue for queue in self.readers)
        maker, name, nodes = stream.producer, stream.name, [queue.node.name for queue in self.readers]
        self.writes = tuple((ledger.write, ledger.stream(maker, name, nodes)) for ledger in ledgers)
        self.each = [
            (ledger.write, ledger.stream(maker, name, ()), [ledger.queue(node, name) for node in nodes])
            for ledger in ledgers
        ]

    def note_link(self, timestamp: Timestamp) -> None:
        """Note a packet that goes straight into the next call (S29): it is alone in its queue for a moment."""
        now = perf_counter()
        for write, number in self.writes:
            write((now, now, 1, timestamp, number))


class WatchedFlow(Flow):
    """A flow that notes which packets move.

    Args:
        throttle: of the run.
        listeners: their journal and ledgers are where it is noted.
        nodes: of the run.
    """

    def __init__(self, throttle: Throttle, listeners: Listeners, nodes: Sequence[Node]) -> None:
        super().__init__(throttle)
        self._note = listeners.journal.note
        self._is_told = listeners.hear_any(QUEUED) or not listeners.ledgers
        streams = {queue.stream for node in nodes for queue in node.inputs}
        streams.update(stream for node in nodes for stream in node.outputs)
        ledgers = listeners.ledgers
        self._streams = {stream: _NotedStream(stream, ledgers) for stream in streams} if ledgers else {}
        for node in nodes:
            if node.link is None:
                continue
            if self._is_told or listeners.hear_any(BOUND_MOVED):
                node.link = None  # a packet that bypasses its queue would bypass this flow, too
            else:
                node.link.note = self._streams[node.link.stream].note_link

    def send(self, stream: OutputStream, packet: Packet[Any]) -> None:
        """Send, and note each queue that received the packet."""
        Flow.send(self, stream, packet)
        now = perf_counter()
        if self._is_told:
            self._tell_each(stream, packet, now)
        noted = self._streams.get(stream)
        if noted is None:  # a graph input that nobody reads, or nobody keeps a ledger
            return
        for waiting in noted.queues:
            if len(waiting) != 1:
                self._note_each(noted, packet, now)
                break
        else:
            for write, number in noted.writes:
                write((now, now, 1, packet._timestamp, number))

    def _tell_each(self, stream: OutputStream, packet: Packet[Any], now: float) -> None:
        """Note for hooks what became of a packet in each queue."""
        for queue in stream.consumers:
            node, waiting = queue.node, queue.queue
            if node.on_touch is not None:
                continue
            if waiting and waiting[-1] is packet:
                self._note((QUEUED, (node.name, stream.name, packet._timestamp, len(waiting), now)))
            else:
                self._note((DROPPED, (node.name, stream.name, packet._timestamp, now)))

    def _note_each(self, noted: _NotedStream, packet: Packet[Any], now: float) -> None:
        """Note each queue by itself: others wait there, too, or it does not take any more."""
        time = packet._timestamp
        for write, number, _ in noted.each:
            write((now, now, 0, time, number))
        for at, queue in enumerate(noted.readers):
            waiting = queue.queue
            if not waiting or waiting[-1] is not packet:
                if not self._is_told:
                    self._note((DROPPED, (queue.node.name, queue.name, time, now)))
                continue
            for write, _, numbers in noted.each:
                write((now, now, len(waiting), time, numbers[at]))

    def drop_all(self, queue: InputStream) -> None:
        """Empty a queue, and note what is lost."""
        now = perf_counter()
        for packet in queue.queue if queue.node.on_touch is None else ():
            self._note((DROPPED, (queue.node.name, queue.name, packet._timestamp, now)))
        super().drop_all(queue)


class BoundsFlow(WatchedFlow):
    """A flow that notes which bounds move, too."""

    def raise_settled(self, stream: OutputStream, settled: int) -> None:
        """Settle, and note the bound if it moved."""
        before = stream.settled
        super().raise_settled(stream, settled)
        if stream.settled > before:
            bound = Timestamp.from_raw(int(stream.settled) + 1)
            self._note((BOUND_MOVED, (stream.name, bound, perf_counter())))


class WatchedHandler:
    """An input policy that notes which packets it drops: those that left the queues and are in no input set.

    Args:
        handler: the policy.
        node: whose it is.
        journal: where they are noted.
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
                self._journal.note((DROPPED, (self._node.name, queue.name, packet._timestamp, now)))
        return outcome


def watched_by(listeners: Listeners | None, state: GraphState) -> MakesScheduler:
    """Let *listeners* see what happens in a run that has not begun; return what makes its scheduler."""
    if listeners is None or not listeners.hear_any(*_ALL_BUT_ENDS):
        return Scheduler
    if listeners.hear_any(BOUND_MOVED):
        state.flow = BoundsFlow(state.throttle, listeners, state.nodes)
    elif listeners.hear_any(QUEUED, DROPPED):  # a ledger's instrument hears of drops
        state.flow = WatchedFlow(state.throttle, listeners, state.nodes)
    for node in state.nodes:
        node.listeners = listeners
        for ledger in listeners.ledgers:
            calls_of = ledger.plain_calls_of if _is_plain(node) else ledger.calls_of
            node.process = calls_of(node.plan, node.process, perf_counter).call
        if listeners.hear_any("processing", "processed"):
            node.process = _watched_process(node, listeners)
        may_drop = node.plan.input_stream_handler not in _NEVER_DROP
        if node.handler is not None and may_drop and listeners.hear_any(DROPPED):
            node.handler = WatchedHandler(node.handler, node, listeners.journal)  # type: ignore[assignment]
    return partial(WatchedScheduler, listeners)


def _is_plain(node: Node) -> bool:
    """Return whether each call of a node takes all packets of its time, and the node is never called ahead."""
    return bool(node.single or node.joined) and node.limit == 1 and not node.plan.cls.pure


def _watched_process(node: Node, listeners: Listeners) -> Callable[[CalculatorContext], Any]:
    """Return the node's process call with the hooks around it."""
    process, tell, mute, journal = node.process, listeners.tell, listeners.mute, listeners.journal
    entries, before, after = journal.entries, listeners.calls("processing"), listeners.calls("processed")

    def call(cc: CalculatorContext) -> Any:
        if entries:
            journal.tell()
        if before:
            tell("processing", cc)
        start = perf_counter()
        try:
            return process(cc)
        finally:
            seconds = perf_counter() - start
            for hear in after:
                try:
                    hear(cc, start, seconds)
                except Exception:
                    mute(hear)

    return call
