"""Throttle: which sources and graph inputs are held back by which full queues (S38). No threads, no locks."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from graphkit.errors import DeadlockError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphkit._runtime.node import Node
    from graphkit._runtime.streams import GraphInput, InputStream

_LOG: Final = logging.getLogger(__name__)
GROWTH_CAP: Final = 10_000
"""A queue that had to grow beyond this many packets to break a deadlock fails the run instead."""


class Throttle:
    """Counts the full queues that hold back each source and graph input.

    Args:
        nodes: of the graph.
        inputs: the graph's input streams.
        report_deadlock: fail instead of growing a queue.
    """

    def __init__(self, nodes: Iterable[Node], inputs: Iterable[GraphInput], *, report_deadlock: bool) -> None:
        self._makers: dict[str, Node | GraphInput] = {}
        for node in nodes:
            for stream in node.outputs:
                self._makers[stream.name] = node
        for graph_input in inputs:
            self._makers[graph_input.stream.name] = graph_input
        self._feeders: dict[InputStream, tuple[Node | GraphInput, ...]] = {}
        self._report_deadlock = report_deadlock
        self.full: dict[InputStream, None] = {}
        self._warned: set[InputStream] = set()

    def filled(self, queue: InputStream) -> None:
        """Note that *queue* reached its limit."""
        queue.full = True
        self.full[queue] = None
        for feeder in self._feeders_of(queue):
            feeder.blocked_by.add(queue)

    def drained(self, queue: InputStream) -> list[Node | GraphInput]:
        """Check a full queue that lost packets; below its limit, return what may continue now."""
        if len(queue.queue) >= queue.max_size:
            return []
        queue.full = False
        self.full.pop(queue, None)
        free = []
        for feeder in self._feeders_of(queue):
            feeder.blocked_by.discard(queue)
            if not feeder.blocked_by:
                free.append(feeder)
        return free

    def resolve_deadlock(self) -> list[Node | GraphInput]:
        """Let full queues grow by one packet (S40); return what may continue. Raises DeadlockError if not allowed.

        No queue grows for a feeder that has ended, or that a full poller holds back: the program empties that.
        """
        free: list[Node | GraphInput] = []
        for queue in list(self.full):
            if not any(_waits_for_nodes(feeder) for feeder in self._feeders_of(queue)):
                continue
            where = f'input stream: "{queue.name}" of a node "{queue.node.name}"'
            if self._report_deadlock or queue.max_size >= GROWTH_CAP:
                raise DeadlockError(
                    f"Detected a deadlock due to input throttling for {where}: {len(queue.queue)} packets wait "
                    "and nothing can run. Raise max_queue_size, or look for an input that never gets a packet "
                    "or a bound.",
                    stream=queue.name,
                )
            queue.max_size = len(queue.queue) + 1
            if queue not in self._warned:
                self._warned.add(queue)
                _LOG.warning(
                    "Resolved a deadlock by increasing max_queue_size of %s to %d; it grows on without further "
                    "warnings. An input of the node lags behind: give it packets or bounds, or set max_queue_size "
                    "on purpose.",
                    where,
                    queue.max_size,
                )
            free.extend(self.drained(queue))
        return free

    def _feeders_of(self, queue: InputStream) -> tuple[Node | GraphInput, ...]:
        """Return the sources and graph inputs upstream of *queue*; found once and remembered."""
        if queue not in self._feeders:
            found: dict[Node | GraphInput, None] = {}
            seen: set[str] = set()
            names = [queue.name]
            while names:
                name = names.pop()
                if name in seen:
                    continue
                seen.add(name)
                maker = self._makers[name]
                upstream = [stream.name for stream in getattr(maker, "inputs", ())]
                if upstream:
                    names.extend(upstream)
                else:
                    found[maker] = None
            self._feeders[queue] = tuple(found)
        return self._feeders[queue]


def _waits_for_nodes(feeder: Node | GraphInput) -> bool:
    """Return whether growing queues could let *feeder* continue."""
    return feeder.may_feed and all(queue.node.on_touch is None for queue in feeder.blocked_by)
