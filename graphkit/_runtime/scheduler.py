"""Scheduler: runs what the state says is ready. Holds the graph's one lock and never calls user code under it.

The thread that makes nodes ready runs the light ones itself (work-first). Another thread is woken only for
tasks that may wait (inference, OpenCV, video, sources), and only for those that no thread is about to take.
"""

from __future__ import annotations

import logging
import threading
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final

from graphkit._runtime.hand_over import hand_over
from graphkit._runtime.node import NEW, OPENED
from graphkit._runtime.sleepers import Sleepers
from graphkit._runtime.switch_interval import SwitchInterval
from graphkit._runtime.tasks import AHEAD, CLOSE, OPEN, PROCESS, TELL
from graphkit.errors import (
    CalculatorError,
    ContractError,
    DeadlockError,
    ExecutorError,
    InputStreamHandlerError,
    SidePacketError,
)
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

    def interrupt(self, queue: TaskQueue | None) -> BaseException | None:
        """Return the error if it has to go on to the caller: on a program's thread, unless it is a mere fault."""
        return self.error if queue is None and not isinstance(self.error, _FAULTS) else None


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
        self._sleepers = Sleepers(self._lock)
        self._working: dict[int, TaskQueue | None] = {}
        self._without_thread: list[TaskQueue] = []
        self._closing = False
        self._told = False
        self._interval = SwitchInterval()
        self.terminated = False
        self.error: BaseException | None = None
        self._other_work = len(state.queues) > 1 or bool(state.ahead)
        executors = [queue.executor for queue in state.queues]
        self._application_executors = [e for e in executors if isinstance(e, ApplicationThreadExecutor)]

    # -- running tasks ----------------------------------------------------------------------------------

    def _work_here(self) -> None:
        """Run the light tasks that are ready, on this thread, and get threads for the others."""
        if self._state.default.light:
            self._run(None)
        self._wake_executors()
        if self._without_thread:
            self._stand_in()

    def _drain(self, queue: TaskQueue, epoch: int) -> None:
        """Work on *queue* until it is empty; what executors call."""
        try:
            self._run(queue, epoch)
            self._wake_executors()
            self._stand_in()
        except BaseException as exc:
            self._break_off(exc)
            if isinstance(queue.executor, ApplicationThreadExecutor):
                raise

    def _run(self, queue: TaskQueue | None, epoch: int = 0) -> None:
        """Run what is ready: light tasks, and those of *queue*."""
        lock, default, next_task, working = self._lock, self._state.default, self._state.next_task, self._working
        me, interrupt = get_ident(), None
        try:
            with lock:
                task = next_task(None) if queue is None else self._begin(queue, epoch)
                if task is not None:
                    working[me] = queue
            while task is not None:
                _, _, kind, call, node, context = task
                try:
                    outcome = call(context)
                except BaseException as exc:  # user code may raise anything; it ends the run, not the thread
                    outcome = Failure(exc)
                    interrupt = interrupt or outcome.interrupt(queue)
                with lock:
                    plain = kind == PROCESS and outcome is None
                    if plain and (link := node.link) is not None and not default.light:
                        task = None if self.error else hand_over(node, link, context)
                        if task is not None:
                            continue
                    self._finish(kind, node, context, outcome)
                    task = next_task(queue)
                    if task is None:
                        del working[me]
                        break
                    others = default.heavy or default.sources or self._other_work
                    short = self._short_of_threads(queue, task) if others else None
                if short:
                    self._ask_for_threads(short)
        except BaseException:
            working.pop(me, None)  # before anything that a signal could interrupt
            raise
        if interrupt is not None:
            raise interrupt

    def _begin(self, queue: TaskQueue, epoch: int) -> Task | None:
        """Return the first task of a thread that was asked for."""
        if epoch != queue.epoch:  # asked for before the run was broken off
            return None
        queue.asked -= 1
        return self._state.next_task(queue)

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
        except Exception as exc:  # a packet or bound that the rules refuse is the node's fault
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
            self._closed(node, context)
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

    def _closed(self, node: Node, context: CalculatorContext) -> None:
        if node.has_closed:
            self._state.closed(node, context, emit=self.error is None and not self._closing)
        else:  # a signal came before the calculator's own code
            node.status = OPENED
            self._state.schedule_close(node)

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
            if self._on_error is not None:
                self._state.tell(self._tell)
            self._sleepers.wake()

    def _tell(self, _: object) -> None:
        """Tell the program of the error; a task."""
        self._told = True
        if self._on_error is not None and self.error is not None:
            self._on_error(self.error)

    def _break_off(self, error: BaseException) -> None:
        """End the run after *error* escaped from the engine's own code, whatever was half done (S51).

        It may be called again and again: it does not trust what was counted, only what is there.
        """
        with self._lock:
            if self.terminated:
                self._end()
            else:
                self._fail(error)
                self._closing = False
                self._state.start_over(list(self._working.values()))
                if self._on_error is not None and not self._told:
                    self._state.tell(self._tell)
                if not self._state.pending:
                    self._on_idle()
            self._sleepers.wake()
        if get_ident() not in self._working:
            self._work_here()

    def _end_with(self, error: BaseException) -> None:
        """Under the lock, outside of any task: fail the run."""
        self._fail(error)
        if not self._state.pending:
            self._on_idle()

    def _on_idle(self) -> None:
        """Nothing is ready or running: end the run, break a deadlock, or tell those who wait."""
        state = self._state
        if self.error is None and state.throttle.full and not self._closing:
            try:
                if state.resolve_deadlock():
                    self._sleepers.wake()
                    return
            except DeadlockError as exc:
                self._fail(exc)
        if not self._closing and (self.error is not None or state.is_finished()):
            self._start_closing()
        if self._closing and not state.pending:
            self.terminated = True
            self._end()
        if self._sleepers.wakers:
            self._sleepers.wake()

    def _end(self) -> None:
        """Tell those whom the end concerns; harmless when repeated."""
        self._interval.leave()
        self._state.tell_pollers()

    def _start_closing(self) -> None:
        """Close every node that is still open; what they emit is discarded."""
        unopened = [node for node in self._state.nodes if node.status == NEW]
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
            self._sleepers.wake()

    def _after_unblock(self) -> None:
        self._state.unblocked = False
        if self._sleepers.wakers:
            self._sleepers.wake()

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
            try:
                queue.executor.schedule(partial(self._drain, queue, queue.epoch))
            except Exception as exc:
                with self._lock:
                    self._end_with(ExecutorError(queue.name, exc))
                    self._without_thread.append(queue)

    def _stand_in(self) -> None:
        """Work off what gets no thread: the run has failed, and its nodes are closed all the same (S25)."""
        while self._without_thread:
            queue = self._without_thread.pop()
            self._drain(queue, queue.epoch)
