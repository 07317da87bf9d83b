"""Tasks and the queues they wait in. No threads, no locks.

A task is a tuple, so that heaps compare it without calling Python: priority, sequence, kind, call, node,
context.
Smaller priorities run first. Opening nodes come before everything, lowest id first; then nodes, highest id
first, because those are nearest to the outputs; then sources, by layer, time and id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit._runtime.node import Node
    from graphkit.framework import CalculatorContext, Executor

OPEN: Final = 0
PROCESS: Final = 1
CLOSE: Final = 2
AHEAD: Final = 3
"""A process call ahead of time; its outputs are kept, not sent."""
TELL: Final = 4
"""Tells the program about an error; belongs to no node."""

Task: TypeAlias = "tuple[Any, int, int, Any, Any, Any]"

_OPEN_FIRST: Final = -(2**40)
_TELL_FIRST: Final = _OPEN_FIRST - 1


@dataclass(slots=True)
class TaskQueue:
    """The ready tasks of one executor.

    Attributes:
        name: of the executor; "" for the default one.
        executor: who lends the threads.
        width: how many threads may work on the queue at once.
        light: tasks that never wait; any thread of the graph may run them. Default queue only.
        heavy: tasks that wait for a thread of the executor.
        sources: source tasks; they run when nothing else is ready.
        drains: threads that work on the queue or were asked to.
        asked: those of them that have not begun yet.
        epoch: threads that were asked for in an earlier one have nothing to do any more.
        owned: whether the executor ends with the run; false for one that the program gave.
    """

    name: str
    executor: Executor
    width: int
    light: list[Task] = field(default_factory=list)
    heavy: list[Task] = field(default_factory=list)
    sources: list[Any] = field(default_factory=list)
    drains: int = 0
    asked: int = 0
    epoch: int = 0
    owned: bool = True

    @property
    def is_default(self) -> bool:
        """Whether this is the default executor's queue."""
        return not self.name

    def push(self, kind: int, node: Node, context: CalculatorContext, call: Any, sequence: int) -> None:
        """Add a task of *node*."""
        if kind == OPEN:
            heappush(
                self.light if self.is_default else self.heavy,
                (_OPEN_FIRST + node.id, sequence, kind, call, node, context),
            )
        elif node.light:
            heappush(self.light, (-node.id, sequence, kind, call, node, context))
        elif node.inputs or kind == CLOSE:
            heappush(self.heavy, (-node.id, sequence, kind, call, node, context))
        else:
            order = (node.plan.source_layer, min((s.settled for s in node.outputs), default=0), node.id)
            heappush(self.sources, (order, sequence, kind, call, node, context))

    def tell(self, call: Callable[[Any], None], sequence: int) -> None:
        """Add a call that belongs to no node and comes before all others."""
        heappush(self.light, (_TELL_FIRST, sequence, TELL, call, None, None))

    def pop_own(self) -> Task | None:
        """Return the best task that needs this executor, None where there is none."""
        if self.heavy:
            return heappop(self.heavy)
        if self.sources:
            task: Task = heappop(self.sources)
            return task
        return None

    def clear(self) -> list[Task]:
        """Remove and return all tasks."""
        dropped: list[Task] = [*self.light, *self.heavy, *self.sources]
        self.light.clear()
        self.heavy.clear()
        self.sources.clear()
        return dropped
