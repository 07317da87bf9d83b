"""Lifecycle: how a run goes from opening its nodes to closing them. No threads, no locks.

The scheduler calls every method here under its lock.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from graphkit._runtime.look import look_at
from graphkit._runtime.node import NEW, OPENED
from graphkit._runtime.tasks import CALLBACK, CLOSE, OPEN, PROCESS, SPECULATE
from graphkit.errors import (
    CalculatorError,
    ContractError,
    DeadlockError,
    InputStreamHandlerError,
    NodeNotOpenedError,
    TimestampError,
)
from graphkit.framework import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphkit._process.sleepers import Sleepers
    from graphkit._runtime.look import RunLook
    from graphkit._runtime.node import Node
    from graphkit._runtime.side_packets import SidePackets
    from graphkit._runtime.state import GraphState
    from graphkit._runtime.tasks import Task, TaskKind, TaskQueue
    from graphkit.framework import CalculatorContext

_LOG: Final = logging.getLogger(__name__)
_PHASES: Final = {OPEN: "open", PROCESS: "process", CLOSE: "close", SPECULATE: "process"}

FAULTS: Final = (Exception, SystemExit)
"""What a calculator may raise to fail; its sys.exit must not end the program with its status."""


class Failure:
    """What a task returns whose user code raised."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error


class Lifecycle:
    """The life of one run.

    Args:
        state: of the run.
        side_packets: of the run.
        sleepers: woken when the run failed, is idle, or ended.
        on_error: gets the first error, once, before the run ends (S48).
        on_end: called when the run has ended, perhaps more than once.

    Attributes:
        error: the first error, None in a good run.
        terminated: whether the run has ended (S27).
        remains: what was left when no more input could come, just before the nodes that were still open were
            closed, or when the run failed; None before that.
    """

    def __init__(
        self,
        state: GraphState,
        side_packets: SidePackets,
        sleepers: Sleepers,
        *,
        on_error: Callable[[BaseException], None] | None,
        on_end: Callable[[], None],
    ) -> None:
        self._state = state
        self._ready = state.ready
        self._side = side_packets
        self._sleepers = sleepers
        self._on_error = on_error
        self._on_end = on_end
        self._begun = False
        self._closing = False
        self._to_tell = [True]
        self.terminated = False
        self.remains: RunLook | None = None
        self.error: BaseException | None = None

    # -- calls ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open every node whose side packets are available and whose producers are open (S22)."""
        self._begun = True
        for node in self._state.nodes:
            self._side.resolve(node)
        for node in self._state.nodes:
            self._open_if_ready(node)
        if not self._ready.pending:
            self.idle()

    def take(self, task: Task, outcome: Any) -> None:
        """Process the result of *task*: None, a Status, or a Failure."""
        ready = self._ready
        ready.pending -= 1
        if task.blocking:
            ready.default.blocked -= 1
        try:
            if outcome is None and task.kind is PROCESS:
                context = task.context
                self._state.processed(task.node, context)
                if context.output_side_packets.packets:
                    self._publish(context)
            else:
                self._take_other(task.kind, task.node, task.context, outcome)
        except InputStreamHandlerError as exc:
            self.fail(exc)
        except (TimestampError, ContractError) as exc:  # a violated rule is the node's fault (S47)
            self.fail(_wrapped(task.kind, task.node, task.context, exc))
        except Exception as exc:  # no count can be trusted: the caller breaks off (S51)
            raise _wrapped(task.kind, task.node, task.context, exc) from exc
        if self._state.unblocked:
            self.after_unblock()
        if not ready.pending:
            self.idle()

    def _take_other(self, kind: TaskKind, node: Node, context: CalculatorContext, outcome: Any) -> None:
        """Process the result of any call but a ``process`` that returned None."""
        if kind is CALLBACK:
            if outcome is not None:
                _LOG.error("the error callback of the graph raised", exc_info=outcome.error)
            return
        if kind is SPECULATE:
            self._state.speculated(node, context if outcome is None else None)
            return
        if outcome is not None:
            self._take_returned(kind, node, context, outcome)
        elif kind is OPEN:
            self._opened(node, context)
        elif kind is CLOSE:
            self._side.constants.keep(node)
        if kind is CLOSE:
            self._closed(node, context)
        if context.output_side_packets.packets:
            self._publish(context)
        if kind is OPEN:
            self._state.sources.start()

    def _take_returned(self, kind: TaskKind, node: Node, context: CalculatorContext, outcome: Any) -> None:
        """Process an exception, Status.STOP, or a value that no call may return (S23, S47)."""
        if isinstance(outcome, Failure):
            node.active = 0
            self.fail(_wrapped(kind, node, context, outcome.error))
        elif outcome is not Status.STOP or kind is not PROCESS:
            raise ContractError(f"returned {outcome!r}; return None, or Status.STOP from process()")
        elif node.is_source:
            node.stopped = True
            self._state.processed(node, context)
        else:
            self._state.processed(node, context)
            self._state.sources.stop()

    def _opened(self, node: Node, context: CalculatorContext) -> None:
        self._state.opened(node, context)
        for queue in (q for stream in node.outputs for q in stream.consumers):
            header = queue.stream.header
            if header is not None:
                queue.node.contexts[0].inputs.headers[queue.index] = header
            queue.node.waiting_for.discard(f"node {node.name}")
            self._open_if_ready(queue.node)

    def _closed(self, node: Node, context: CalculatorContext) -> None:
        if node.has_closed:
            self._state.closed(node, context, emit=self.error is None and not self._closing)
        else:  # a signal came before the calculator's own code (S51)
            node.status = OPENED
            self._state.schedule_close(node)

    def _open_if_ready(self, node: Node) -> None:
        if not node.waiting_for and node.status is NEW and not node.active and self.error is None:
            node.active = 1
            self._side.constants.recall(node)
            self._state.ready_to_open(node)

    def _publish(self, context: CalculatorContext) -> None:
        """Give new output side packets to the nodes that wait for them (S26)."""
        for node in self._side.publish(context, self._state.nodes):
            self._open_if_ready(node)

    # -- ends -------------------------------------------------------------------------------------------

    def is_opening(self) -> bool:
        """Return whether a node that has all it needs is not open yet."""
        return self.error is None and any(not n.waiting_for and n.status is NEW for n in self._state.nodes)

    def fail(self, error: BaseException) -> None:
        """Record the first error; nodes are called again only to close them (S48)."""
        if self.error is None:
            self.error = error
            self.remains = self._look_at_failure(error)
            self._ready.stopping = True
            self._ready.drop()
            if self._on_error is not None:
                self._ready.schedule_callback(self._tell)
            self._sleepers.wake()

    def _look_at_failure(self, error: BaseException) -> RunLook | None:
        """Return what the run was doing; None if that cannot be read, as after an interrupt half-way (S51)."""
        try:
            return look_at(self._state, error=error)
        except Exception as exc:
            _LOG.debug("how the run stood when it failed cannot be told", exc_info=exc)
            return None

    def fail_idle(self, error: BaseException) -> None:
        """Fail the run outside of any task."""
        self.fail(error)
        if not self._ready.pending:
            self.idle()

    def break_off(self, error: BaseException, working: Sequence[TaskQueue | None]) -> None:
        """End the run after *error* escaped from the engine's own code, whatever was half done (S51).

        It may be called repeatedly: it relies on no counts, only on the nodes and queues.
        """
        if self.terminated:
            self._end()
        else:
            self.fail(error)
            self._closing = False
            self._state.start_over(working)
            if self._on_error is not None and self._to_tell:
                self._ready.schedule_callback(self._tell)
            if not self._ready.pending:
                self.idle()
        self._sleepers.wake()

    def idle(self) -> None:
        """Nothing is ready or running: end the run, break a deadlock, or wake the waiting threads."""
        if not self._begun and self.error is None:  # inputs may close before the first node opens
            return
        state = self._state
        if self.error is None and state.throttle.full and not self._closing:
            try:
                if state.resolve_deadlock():
                    self._sleepers.wake()
                    return
            except DeadlockError as exc:
                self.fail(exc)
        if not self._closing and (self.error is not None or state.is_finished()):
            self._start_closing()
        if self._closing and not self._ready.pending:
            self.terminated = True
            self._end()
        if self._sleepers.wakers:
            self._sleepers.wake()

    def after_unblock(self) -> None:
        """Wake the threads that write to graph inputs, which may continue."""
        self._state.unblocked = False
        if self._sleepers.wakers:
            self._sleepers.wake()

    def _tell(self, _: object) -> None:
        """Report the error to the program, once (S48); a task, which several threads may have at once."""
        try:
            self._to_tell.pop()
        except IndexError:
            return
        if self._on_error is not None and self.error is not None:
            self._on_error(self.error)

    def _start_closing(self) -> None:
        """Close every node that is still open; what they emit is discarded (S25)."""
        unopened = [node for node in self._state.nodes if node.status is NEW]
        if self.error is None and unopened:
            node = unopened[0]
            self.fail(NodeNotOpenedError(node.name, node.plan.calculator, sorted(node.waiting_for)))
        self._closing = True
        if self.error is None:
            self.remains = look_at(self._state, ending=True)
        for node in self._state.nodes:
            if node.status is OPENED:
                node.contexts[0].graph_error = self.error
                self._state.schedule_close(node)

    def _end(self) -> None:
        """Wake the waiting threads and report the end; harmless when repeated."""
        self._on_end()
        self._state.tell_pollers()


def _wrapped(kind: TaskKind, node: Node, context: CalculatorContext, error: BaseException) -> BaseException:
    """Return *error* as the run's: a fault of user code names its node (S47), an interrupt stays one (S51)."""
    if not isinstance(error, FAULTS):
        return error
    timestamp = context.input_timestamp if kind is PROCESS and node.inputs else None
    wrapped = CalculatorError(node.name, node.plan.calculator, _PHASES[kind], timestamp, error, node.plan.cls)
    wrapped.__cause__ = error
    return wrapped
