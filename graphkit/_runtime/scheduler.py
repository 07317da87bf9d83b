"""Scheduler: runs what the state says is ready. Holds the graph's one lock and never calls user code under it.

The thread that makes nodes ready runs the light ones itself (work-first). Another thread is woken only for
tasks that may wait (inference, OpenCV, video, sources), and only for those that no thread is about to take.
"""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from graphkit._runtime.hand_over import hand_over
from graphkit._runtime.node import NEW, OPENED
from graphkit._runtime.switch_interval import SwitchInterval
from graphkit._runtime.tasks import AHEAD, CLOSE, OPEN, PROCESS, TELL
from graphkit.errors import CalculatorError, ContractError, DeadlockError, InputStreamHandlerError, SidePacketError
from graphkit.framework import ApplicationThreadExecutor, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit._runtime.node import Node
    from graphkit._runtime.side_packets import SidePackets
    from graphkit._runtime.state import GraphState
    from graphkit._runtime.tasks import Task, TaskQueue
    from graphkit.framework import CalculatorContext

_LOG: Final = logging.getLogger(__name__)
_PHASES: Final = {OPEN: "open", PROCESS: "process", CLOSE: "close", AHEAD: "process"}


# A calculator that calls sys.exit has failed like any other: it must not end the program with its status.
_FAULTS: Final = (Exception, SystemExit)


class Failure:
    """What a task returns whose user code raised."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error


class Scheduler:
    """One run of a graph.

    Args:
        state: of the run; belongs to the scheduler from now on.
        side_packets: of the run.
        on_error: called once, outside the lock, with the first error, before the run ends.
    """

    def __init__(
        self, state: GraphState, side_packets: SidePackets, on_error: Callable[[BaseException], None] | None = None
    ) -> None:
        self._state = state
        self._side = side_packets
        self._on_error = on_error
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._waiters = 0
        self._inside = threading.local()
        self._closing = False
        self._interval = SwitchInterval()
        self.terminated = False
        self.error: BaseException | None = None
        self._other_work = len(state.queues) > 1 or bool(state.ahead)
        for queue in state.queues:
            if isinstance(queue.executor, ApplicationThreadExecutor):
                queue.executor.attach(self._wake_waiters)

    # -- running tasks ----------------------------------------------------------------------------------

    def _work_here(self) -> None:
        """Run the light tasks that are ready, on this thread, and get threads for the others."""
        try:
            if self._state.default.light:
                self._run(None)
        finally:  # after Ctrl-C too: nodes are left to close
            self._wake_executors()

    def _drain(self, queue: TaskQueue) -> None:
        """Work on *queue* until it is empty; what executors call."""
        with self._lock:
            queue.asked -= 1
        self._run(queue)
        self._wake_executors()

    def _run(self, queue: TaskQueue | None) -> None:
        lock, default, next_task = self._lock, self._state.default, self._state.next_task
        interrupt: BaseException | None = None
        self._inside.yes = True
        with lock:
            task = next_task(queue)
        while task is not None:
            _, _, kind, call, node, context = task
            try:
                outcome = call(context)
            except BaseException as exc:  # user code may raise anything; it ends the run, not the thread
                outcome = Failure(exc)
                if queue is None and not isinstance(exc, _FAULTS):
                    interrupt = exc
            with lock:
                if kind == PROCESS and outcome is None and (link := node.link) is not None and not default.light:
                    task = None if self.error else hand_over(node, link, context)
                    if task is not None:
                        continue
                self._finish(kind, node, context, outcome)
                task = next_task(queue)
                others = default.heavy or default.sources or self._other_work
                short = self._short_of_threads(queue, task) if others else None
            if short:
                self._ask_for_threads(short)
        self._inside.yes = False
        if interrupt is not None:
            raise interrupt

    def _finish(self, kind: int, node: Node, context: CalculatorContext, outcome: Any) -> None:
        """Take in the result of a task."""
        state = self._state
        state.pending -= 1
        try:
            if kind == PROCESS and outcome is None:
                state.processed(node, context)
                if context.output_side_packets.packets:
                    self._publish(context)
            else:
                self._take_outcome(kind, node, context, outcome)
        except InputStreamHandlerError as exc:
            self._fail(exc)
        except BaseException as exc:  # a packet or bound that the rules refuse is the node's fault
            self._fail(self._wrapped(kind, node, context, exc))
        if state.unblocked:
            self._after_unblock()
        if not state.pending:
            self._on_idle()

    def _take_outcome(self, kind: int, node: Node, context: CalculatorContext, outcome: Any) -> None:
        """Take in what came of anything but a ``process`` that returned None."""
        if kind == TELL:
            if outcome is not None:
                _LOG.error("the error callback of the graph raised", exc_info=outcome.error)
            return
        if kind == AHEAD:
            self._state.made_ahead(node, context if outcome is None else None)
            return
        if outcome is not None:
            self._take_returned(kind, node, context, outcome)
        elif kind == OPEN:
            self._opened(node, context)
        elif kind == CLOSE:
            self._side.constants.keep(node)
        if kind == CLOSE:
            self._state.closed(node, context, emit=self.error is None and not self._closing)
        if context.output_side_packets.packets:
            self._publish(context)
        if kind == OPEN:
            self._state.start_sources()

    def _take_returned(self, kind: int, node: Node, context: CalculatorContext, outcome: Any) -> None:
        """Take in an exception, Status.STOP, or something that no call may return."""
        if isinstance(outcome, Failure):
            node.active = 0
            self._fail(self._wrapped(kind, node, context, outcome.error))
        elif outcome is not Status.STOP or kind != PROCESS:
            raise ContractError(f"returned {outcome!r}; return None, or Status.STOP from process()")
        elif node.is_source:
            node.stopped = True
            self._state.processed(node, context)
        else:
            self._state.processed(node, context)
            self._state.stop_sources()

    def _opened(self, node: Node, context: CalculatorContext) -> None:
        self._state.opened(node, context)
        for queue in (q for stream in node.outputs for q in stream.consumers):
            header = queue.stream.header
            if header is not None:
                queue.node.contexts[0].inputs.headers[queue.index] = header
            queue.node.waiting_for.discard(f"node {node.name}")
            self._open_if_ready(queue.node)

    def _open_if_ready(self, node: Node) -> None:
        if not node.waiting_for and node.status == NEW and not node.active and self.error is None:
            node.active = 1
            self._side.constants.recall(node)
            self._state.ready_to_open(node)

    def _publish(self, context: CalculatorContext) -> None:
        """Give new output side packets to the nodes that wait for them."""
        for node in self._side.publish(context, self._state.nodes):
            self._open_if_ready(node)

    def _wrapped(self, kind: int, node: Node, context: CalculatorContext, error: BaseException) -> BaseException:
        if not isinstance(error, _FAULTS):
            return error
        timestamp = context.input_timestamp if kind == PROCESS and node.inputs else None
        wrapped = CalculatorError(node.name, node.plan.calculator, _PHASES[kind], timestamp, error)
        wrapped.__cause__ = error
        return wrapped

    # -- ends -------------------------------------------------------------------------------------------

    def _fail(self, error: BaseException) -> None:
        """Record the first error and call no node again but to close it."""
        if self.error is None:
            self.error = error
            self._state.stopping = True
            self._state.drop_tasks()
            if (on_error := self._on_error) is not None:
                self._state.tell(lambda _: on_error(error))
            self._changed.notify_all()

    def _on_idle(self) -> None:
        """Nothing is ready or running: end the run, break a deadlock, or tell those who wait."""
        state = self._state
        if self.error is None and state.throttle.full and not self._closing:
            try:
                if state.resolve_deadlock():
                    self._changed.notify_all()
                    return
            except DeadlockError as exc:
                self._fail(exc)
        if not self._closing and (self.error is not None or state.is_finished()):
            self._start_closing()
        if self._closing and not state.pending:
            self.terminated = True
            self._interval.leave()
            state.tell_pollers()
        if self._waiters:
            self._changed.notify_all()

    def _start_closing(self) -> None:
        """Close every node that is still open; what they emit is discarded."""
        unopened = self._state.unopened()
        if self.error is None and unopened:
            node = unopened[0]
            missing = ", ".join(sorted(node.waiting_for))
            self._fail(SidePacketError(f'node "{node.name}" was never opened: it waits for {missing}'))
        self._closing = True
        for node in self._state.nodes:
            if node.status == OPENED:
                node.contexts[0].graph_error = self.error
                self._state.schedule_close(node)

    # -- waiting and waking -----------------------------------------------------------------------------

    def _wake_waiters(self) -> None:
        with self._lock:
            self._changed.notify_all()

    def _after_unblock(self) -> None:
        self._state.unblocked = False
        if self._waiters:
            self._changed.notify_all()

    def _short_of_threads(self, own: TaskQueue | None, task: Task | None) -> list[TaskQueue]:
        """Return the queues that lack a thread, once for each; the threads count as asked for from now on.

        Args:
            own: the queue that the calling thread works on.
            task: what it does next; after a light task it takes one of its own queue itself.
        """
        short: list[TaskQueue] = []
        takes_one = task is not None and task[2] == PROCESS and task[4].light
        for queue in self._state.queues:
            waiting = len(queue.heavy) + len(queue.sources) - (takes_one and queue is own)
            count = min(waiting - queue.asked, queue.width - queue.drains)
            if count > 0:
                short.extend([queue] * count)
                queue.drains += count
                queue.asked += count
        for queue in () if short else self._state.ahead.queues:
            if not queue.asked and queue.drains < queue.width and self._state.may_run_ahead(queue):
                short.append(queue)
                queue.drains += 1
                queue.asked += 1
        return short

    def _wake_executors(self) -> None:
        """Ask executors for threads where tasks wait that no thread is about to take."""
        default = self._state.default
        if not (default.heavy or default.sources or self._other_work):
            return
        with self._lock:
            short = self._short_of_threads(None, None)
        self._ask_for_threads(short)

    def _ask_for_threads(self, queues: list[TaskQueue]) -> None:
        for queue in queues:
            queue.executor.schedule(partial(self._drain, queue))
