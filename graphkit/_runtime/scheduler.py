"""Scheduler: runs what the state says is ready. Holds the one lock and never calls user code under it (S34).

The thread that makes nodes ready runs the light ones itself (work-first, S29). Another thread is woken only for
tasks that may wait (inference, OpenCV, video, sources), and only for those that no thread is about to take (S31).
"""

from __future__ import annotations

from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING

from graphkit._runtime.chaining import chain
from graphkit._runtime.lifecycle import FAULTS, Failure
from graphkit._runtime.node import LATE
from graphkit._runtime.tasks import PROCESS
from graphkit.errors import ExecutorError
from graphkit.framework import ApplicationThreadExecutor

if TYPE_CHECKING:
    from graphkit._process.sleepers import Sleepers
    from graphkit._runtime.lifecycle import Lifecycle
    from graphkit._runtime.state import GraphState
    from graphkit._runtime.tasks import Task, TaskQueue

    Short = list[tuple[TaskQueue, int]]


class Scheduler:
    """The threads that work on one run.

    Args:
        state: of the run; guarded by the scheduler's lock from now on.
        lifecycle: of the run; likewise.
        sleepers: threads that wait for the run; their lock is the scheduler's.

    Attributes:
        lock: the one lock of the run.
        working: the threads that are in a call of this run, by the queue that each works on, None for a program's.
        application_executors: those whose tasks the program's threads run while they wait.
    """

    def __init__(self, state: GraphState, lifecycle: Lifecycle, sleepers: Sleepers) -> None:
        self.lock = sleepers.lock
        self.working: dict[int, TaskQueue | None] = {}
        executors = [queue.executor for queue in state.ready.queues]
        self.application_executors = [e for e in executors if isinstance(e, ApplicationThreadExecutor)]
        self._ready = state.ready
        self._lifecycle = lifecycle
        self._sleepers = sleepers
        self._speculating = state.speculation.queues
        self._without_thread: list[TaskQueue] = []
        self._other_work = len(state.ready.queues) > 1

    def unused_of(self, cores: int) -> int:
        """Return how many of *cores* are unused while the program waits for the run, else -1 (S53)."""
        if not self._ready.waiting and not self._sleepers.wakers:
            return -1
        waiting = sum(max(len(queue.heavy) + _leads_on(queue), queue.ahead) for queue in self._ready.queues)
        return max(0, cores - len(self.working) - waiting)

    def work(self) -> None:
        """Run the light tasks that are ready, on this thread, and get threads for the others (S29, S30)."""
        default = self._ready.default
        if default.light:
            self._run(None)
        if self._is_work_for_others():
            self.wake_executors()
        if self._without_thread:
            self._stand_in()

    def work_unless_inside(self) -> None:
        """Work, unless this thread already works here and called back from a node or observer."""
        if get_ident() not in self.working:
            self.work()

    def wake_executors(self) -> None:
        """Request threads of executors for tasks that no thread is about to take."""
        if not self._is_work_for_others():
            return
        with self.lock:
            short = self._short_of_workers(None, None)
        self._request_workers(short)

    def wake_sleepers(self) -> None:
        """Wake the threads that wait for the run."""
        with self.lock:
            self._sleepers.wake()

    def break_off(self, error: BaseException) -> None:
        """End the run after *error* escaped from the engine's own code on this thread (S51)."""
        with self.lock:
            self._lifecycle.break_off(error, list(self.working.values()))
        self.work_unless_inside()

    def _drain(self, queue: TaskQueue, epoch: int) -> None:
        """Work on *queue* until it is empty; what executors call."""
        try:
            self._run(queue, epoch)
            self.wake_executors()
            self._stand_in()
        except BaseException as exc:
            self.break_off(exc)
            if _is_programs_thread(queue):
                raise

    def _run(self, queue: TaskQueue | None, epoch: int = 0) -> None:
        """Run what is ready: light tasks, and those of *queue*."""
        lock, default, lifecycle, working = self.lock, self._ready.default, self._lifecycle, self.working
        light = default.light
        next_task, me, interrupt = self._ready.next, get_ident(), None
        try:
            with lock:
                task, short = (next_task(None), None) if queue is None else self._begin(queue, epoch)
                if task is not None:
                    working[me] = queue
            while task is not None:
                if short:
                    self._request_workers(short)
                try:
                    outcome = task.call(task.context)
                except BaseException as exc:  # user code may raise anything; it ends the run, not the thread
                    outcome = Failure(exc)
                    interrupt = interrupt or _interrupt(queue, exc)
                link = task.link
                with lock:
                    if link is not None and outcome is None and not light and lifecycle.error is None:
                        following = chain(link)
                        if following is not None:
                            task, short = following, None
                            continue
                    lifecycle.take(task, outcome)
                    task = None if queue is None and not light else next_task(queue)
                    if task is None:
                        del working[me]
                        break
                    others = default.heavy or default.sources or self._other_work or self._may_run_ahead()
                    others = others or (light and task.blocking)
                    short = self._short_of_workers(queue, task) if others else None
        except BaseException:
            working.pop(me, None)  # before anything that a signal could interrupt
            raise
        if interrupt is not None:
            raise interrupt

    def _begin(self, queue: TaskQueue, epoch: int) -> tuple[Task | None, Short | None]:
        """Return the first task of a thread that was requested, and the threads that are needed beside it."""
        if epoch != queue.epoch:  # requested before the run was broken off
            return None, None
        queue.workers_requested -= 1
        ahead, queue.ahead = queue.ahead, False
        # Light tasks have a thread: what requested this one.
        task = self._ready.next_ahead(queue) if ahead and not queue.heavy else None
        if task is not None:
            return task, None
        task = self._ready.next(queue)
        is_short = task is not None and task.blocking and self._ready.default.light
        return task, self._short_of_workers(queue, task) if is_short else None

    def _is_work_for_others(self) -> bool:
        """Return whether there may be work for threads of executors."""
        default = self._ready.default
        return bool(default.heavy or default.sources or self._other_work) or self._may_run_ahead()

    def _may_run_ahead(self) -> bool:
        """Return whether a thread is left for work ahead of time (S36), if there is any."""
        left = False
        for queue in self._speculating:  # any() with a generator takes five times as long
            left = left or queue.workers < queue.width
        return left

    def _short_of_workers(self, own: TaskQueue | None, task: Task | None) -> Short:
        """Return the queues that lack a thread, once for each, with their epochs; the threads count as requested.

        Args:
            own: the queue that the calling thread works on.
            task: what it does next. After the last light task it takes one of its own queue itself; a blocking one
                leaves the light ones to another thread.
        """
        short: Short = []
        default, less = self._ready.default, 0
        if task is not None and not default.light:
            less = task.kind is PROCESS and task.node.light
        elif task is not None and task.blocking:
            less = -1  # the light ones wait, too
            default.ahead = False  # a thread that was requested to work ahead of time takes them
        for queue in self._ready.queues:
            waiting = _waiting(queue, less if queue is own else 0)
            count = min(waiting - queue.workers_requested, queue.width - queue.workers)
            if count > 0:
                short.extend([(queue, queue.epoch)] * count)
                queue.workers += count
                queue.workers_requested += count
        for queue in self._speculating:
            busy = queue.workers_requested <= max(0, _waiting(queue, less if queue is own else 0))
            if busy and queue.workers < queue.width and self._ready.may_speculate(queue):
                short.append((queue, queue.epoch))
                queue.workers += 1
                queue.workers_requested += 1
                queue.ahead = True
        return short

    def _request_workers(self, short: Short) -> None:
        for queue, epoch in short:
            try:
                queue.executor.schedule(partial(self._drain, queue, epoch))
            except Exception as exc:
                with self.lock:
                    self._lifecycle.fail_idle(ExecutorError(queue.name, exc))
                    self._without_thread.append(queue)

    def _stand_in(self) -> None:
        """Run the tasks that get no thread: the run has failed, and its nodes must still be closed (S25, S33)."""
        while self._without_thread:
            queue = self._without_thread.pop()
            self._drain(queue, queue.epoch)


def _is_programs_thread(queue: TaskQueue | None) -> bool:
    """Return whether the calling thread is one of the program that works on *queue* while it waits."""
    executor = None if queue is None else queue.executor
    return isinstance(executor, ApplicationThreadExecutor) and executor.is_applications()


def _leads_on(queue: TaskQueue) -> bool:
    """Return whether a light task waits that blocking ones wait for; others are over in no time."""
    return bool(queue.light) and queue.light[0][1] < LATE


def _waiting(queue: TaskQueue, less: int) -> int:
    """Return how many tasks of *queue* wait for a thread, but for *less* of them."""
    return len(queue.heavy) + len(queue.sources) - less


def _interrupt(queue: TaskQueue | None, error: BaseException) -> BaseException | None:
    """Return *error* if the caller must see it: on a program's thread, unless it is an ordinary error (S51)."""
    return error if queue is None and not isinstance(error, FAULTS) else None
