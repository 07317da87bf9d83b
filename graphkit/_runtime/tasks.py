"""Tasks and the queues they wait in. No threads, no locks.

Heaps hold entries that end with a task, and compare without calling Python. The smallest runs first (S32): nodes
to open, lowest number first; nodes to close; then calls, by the order of their nodes (`precedence`), light ones of
an earlier time first; then sources, by layer, by how far their output is settled, by number. A sequence breaks
ties by age. Blocking calls do not go by time: those in a loop have a clock of their own (S46), and would keep
frames waiting.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit._runtime.node import Node
    from graphkit._runtime.streams import Link
    from graphkit.framework import CalculatorContext, Executor


class TaskKind(enum.IntEnum):
    """What a task does."""

    OPEN = 0
    PROCESS = 1
    CLOSE = 2
    SPECULATE = 3
    """A process call ahead of time; its outputs are kept, not sent (S36)."""
    CALLBACK = 4
    """Reports an error to the program; belongs to no node."""


# Looking a member up in its class costs as much as a small node.
OPEN: Final = TaskKind.OPEN
PROCESS: Final = TaskKind.PROCESS
CLOSE: Final = TaskKind.CLOSE
SPECULATE: Final = TaskKind.SPECULATE
CALLBACK: Final = TaskKind.CALLBACK

CLOSE_FIRST: Final = -(2**64)
"""Comes before all times; closings have this one, openings and callbacks come before."""
_OPEN_FIRST: Final = CLOSE_FIRST - 1
_CALLBACK_FIRST: Final = CLOSE_FIRST - 2


@dataclass(slots=True, eq=False)
class Task:
    """A call that is ready to be made.

    Attributes:
        kind: what it does.
        node: whose call it is; None for a CALLBACK.
        context: what is passed to the call; None for a CALLBACK.
        call: the call.
        link: where the packet that it emits may go straight into the next call.
        blocking: whether its call takes long or waits, on a thread of the default executor.
    """

    kind: TaskKind
    node: Node
    context: CalculatorContext
    call: Callable[[CalculatorContext], Any]
    link: Link | None = None
    blocking: bool = field(init=False)

    def __post_init__(self) -> None:
        is_call = self.kind is not OPEN and self.kind is not CALLBACK
        self.blocking = is_call and not self.node.light and self.node.queue.is_default


Entry: TypeAlias = "tuple[Any, int, int, Task]"


@dataclass(slots=True, eq=False)
class TaskQueue:
    """The ready tasks of one executor.

    Attributes:
        name: of the executor; "" for the default one.
        executor: lends the threads.
        width: how many threads may work on the queue at once.
        light: tasks that never wait; any thread of the graph may run them. Default queue only.
        heavy: tasks that wait for a thread of the executor.
        sources: source tasks; they run when nothing else is ready.
        workers: threads that work on the queue or were requested.
        blocked: those of them that are in a blocking call. Default queue only.
        workers_requested: those of them that have not begun yet.
        ahead: whether one was requested to work ahead of time and has not begun yet.
        epoch: threads that were requested in an earlier one have no work left.
        owned: whether the executor ends with the run; False for one that the program gave.
    """

    name: str
    executor: Executor
    width: int
    light: list[Entry] = field(default_factory=list)
    heavy: list[Entry] = field(default_factory=list)
    sources: list[Entry] = field(default_factory=list)
    workers: int = 0
    blocked: int = 0
    workers_requested: int = 0
    ahead: bool = False
    epoch: int = 0
    owned: bool = True

    @property
    def is_default(self) -> bool:
        """Whether this is the default executor's queue."""
        return not self.name

    def push(self, task: Task, sequence: int) -> None:
        """Add a task of a node (S30, S32)."""
        kind, node = task.kind, task.node
        if kind is OPEN:
            heappush(self.light if self.is_default else self.heavy, (_OPEN_FIRST, node.id, sequence, task))
        elif kind is CLOSE:
            heappush(self.light if node.light else self.heavy, (CLOSE_FIRST, node.order, sequence, task))
        elif node.light:
            heappush(self.light, (task.context.input_timestamp, node.order, sequence, task))
        elif node.inputs:
            heappush(self.heavy, (0, node.order, sequence, task))
        else:
            order = (node.plan.source_layer, min((s.settled for s in node.outputs), default=0))
            heappush(self.sources, (order, node.id, sequence, task))

    def push_callback(self, task: Task, sequence: int) -> None:
        """Add a call that belongs to no node and comes before all others."""
        heappush(self.light, (_CALLBACK_FIRST, 0, sequence, task))

    def pop_own(self) -> Task | None:
        """Return the first task that needs this executor, None if there is none."""
        if self.heavy:
            return heappop(self.heavy)[-1]
        return heappop(self.sources)[-1] if self.sources else None

    def clear(self) -> list[Task]:
        """Remove and return all tasks."""
        dropped = [entry[-1] for entry in (*self.light, *self.heavy, *self.sources)]
        self.light.clear()
        self.heavy.clear()
        self.sources.clear()
        return dropped

    def renew(self, workers: int) -> None:
        """Forget all tasks and requested threads; *workers* threads still work on the queue."""
        self.clear()
        self.epoch += 1
        self.workers, self.workers_requested, self.ahead = workers, 0, False
