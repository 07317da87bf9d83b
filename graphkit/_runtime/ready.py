"""ReadyTasks: the calls of a run that are ready, and a count of those not over yet. No threads, no locks."""

from __future__ import annotations

from heapq import heappop
from typing import TYPE_CHECKING, Any, cast

from graphkit._runtime.node import LATE
from graphkit._runtime.tasks import CALLBACK, CLOSE, CLOSE_FIRST, PROCESS, Task
from graphkit.framework import WaitingThreadExecutor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphkit._runtime.speculation import Speculation
    from graphkit._runtime.tasks import TaskQueue


class ReadyTasks:
    """The task queues of one run.

    Args:
        queues: one for each executor, that of the default one first.
        speculation: has work for idle threads (S36).

    Attributes:
        queues: see above.
        default: the default executor's.
        pending: tasks that are ready or running; 0 means idle.
        sequence: number of the last task that was scheduled.
        stopping: the run failed or was cancelled: nodes are called again only to close them (S48).
        waiting: threads of the program that wait for the run, or are about to; they may work on it meanwhile.
    """

    def __init__(self, queues: Sequence[TaskQueue], speculation: Speculation) -> None:
        self.queues = list(queues)
        self.default = self.queues[0]
        self.pending = 0
        self.sequence = 0
        self.stopping = False
        self.waiting: set[int] = set()
        self._speculation = speculation
        self._shares_light = isinstance(self.default.executor, WaitingThreadExecutor)

    def schedule(self, task: Task) -> None:
        """Add *task* to the queue of its node's executor."""
        self.pending += 1
        self.sequence = sequence = self.sequence + 1
        task.node.queue.push(task, sequence)

    def schedule_callback(self, call: Callable[[Any], None]) -> None:
        """Add a call that belongs to no node, before everything else."""
        self.pending += 1
        self.sequence += 1
        nothing = cast("Any", None)
        self.default.push_callback(Task(CALLBACK, nothing, nothing, call), self.sequence)

    def next(self, queue: TaskQueue | None) -> Task | None:
        """Return the next task for a thread that works on *queue*, light ones first unless another can (S31, S57).

        None stands for a program's thread, which takes light ones only. A thread that gets None no longer counts.
        """
        default = self.default
        light = default.light
        if light and not (self._shares_light and default.heavy and self._leaves_light(queue)):
            return (light.pop() if len(light) == 1 else heappop(light))[-1]
        if queue is None:
            return None
        task = queue.pop_own()
        if task is not None:
            if task.blocking:
                default.blocked += 1
            return task
        if self._speculation:
            task = self.next_ahead(queue)
        if task is None:
            queue.workers -= 1
        return task

    def _leaves_light(self, queue: TaskQueue | None) -> bool:
        """Return whether a thread that works on *queue* leaves the light tasks to another one (S57)."""
        default = self.default
        light, blocking = default.light[0], default.heavy[0][-1]
        if light[0] <= CLOSE_FIRST or self.stopping or not self.waiting:
            return False
        if queue is default and light[1] >= LATE:
            return bool(blocking.context.input_timestamp <= light[0])
        if queue is not None and (queue is not default or default.width - default.blocked <= 1):
            return False
        beside = ~blocking.node.holds
        return any(entry[-1].node.feeds & beside for entry in default.light)

    def drop(self) -> None:
        """Forget every task that is ready but not running, except closings (S48)."""
        for queue in self.queues:
            for task in queue.clear():
                self.pending -= 1
                if task.kind is PROCESS:
                    task.node.active -= 1
                elif task.kind is CLOSE:
                    self.schedule(task)

    def start_over(self, working: Sequence[TaskQueue | None]) -> None:
        """Forget every task and what was counted, of which a part may be half done (S51).

        *working* has an entry for each thread that is in a call and will report back: the queue it works on.
        """
        self.stopping = True
        self.pending = len(working)
        for queue in self.queues:
            queue.renew(sum(one is queue for one in working))

    def may_speculate(self, queue: TaskQueue) -> bool:
        """Return whether a thread of *queue* with nothing to do could work ahead of time."""
        return not self.stopping and self._speculation.candidate(queue) is not None

    def next_ahead(self, queue: TaskQueue) -> Task | None:
        """Return a call ahead of time for a thread of *queue*, None if there is none."""
        task = None if self.stopping else self._speculation.task(queue)
        if task is not None:
            self.pending += 1
            self.default.blocked += task.blocking
        return task
