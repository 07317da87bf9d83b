"""Sources: which nodes without inputs may be called, and when. No threads, no locks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit._runtime.node import CLOSED, OPENED
from graphkit._runtime.tasks import PROCESS, Task
from graphkit.framework import Timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from graphkit._runtime.node import Node
    from graphkit._runtime.ready import ReadyTasks

_ZERO: Final = Timestamp(0)


class Sources:
    """The sources of one run; they are called again and again, layer by layer (S24).

    Args:
        nodes: of the run.
        ready: where their calls go.
        close: schedules the closing of a node.

    Attributes:
        nodes: the sources.
        opening: how many nodes are about to open; no source is called before they are.
    """

    def __init__(self, nodes: Iterable[Node], ready: ReadyTasks, close: Callable[[Node], None]) -> None:
        self.nodes = [node for node in nodes if node.is_source]
        self.opening = 0
        self._ready = ready
        self._close = close
        self._layer = min((node.plan.source_layer for node in self.nodes), default=0)

    def go_on(self, node: Node) -> None:
        """Call *node* again if it may run, or close it if it has stopped; nothing while a call is under way."""
        if node.active:
            return
        if node.stopped:
            self._close(node)
        elif self._may_run(node):
            node.active = 1
            node.contexts[0].input_timestamp = _ZERO
            self._ready.schedule(Task(PROCESS, node, node.contexts[0], node.process))

    def start(self) -> None:
        """Call every source that may run."""
        for node in self.nodes:
            self.go_on(node)

    def stop(self) -> None:
        """End all sources: a node returned STOP, or the program closes them (S23)."""
        for node in self.nodes:
            self.stop_one(node)

    def stop_one(self, node: Node) -> None:
        """End a source once its running call is back."""
        node.stopped = True
        if not node.active:
            self._close(node)

    def one_closed(self) -> None:
        """Start the next layer if the current one has ended."""
        left = [node.plan.source_layer for node in self.nodes if node.status is not CLOSED]
        if left and min(left) > self._layer:
            self._layer = min(left)
        self.start()

    def all_closed(self) -> bool:
        """Return whether no source is left."""
        return all(node.status is CLOSED for node in self.nodes)

    def _may_run(self, node: Node) -> bool:
        free = node.status is OPENED and not node.blocked_by and not self.opening and not self._ready.stopping
        return free and node.plan.source_layer == self._layer
