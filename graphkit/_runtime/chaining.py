"""Chaining: the shortest path, from one node's call straight into the next node's (S29). No thread, lock or clock.

In a chain of light nodes nearly every call takes one packet and emits one at the same time, and the next node is
idle. Then the packet needs no queue and no heap: it becomes the next call's input at once. Anything out of the
ordinary (a bound, a second packet, a busy reader or an input that waits) takes the usual path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit._runtime.node import OPENED
from graphkit._runtime.streams import Link

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphkit._runtime.node import Node
    from graphkit._runtime.tasks import Task


def link_nodes(nodes: Iterable[Node]) -> None:
    """Give every node its link, if it has one."""
    for node in nodes:
        if node.single is None or len(node.outputs) != 1 or not node.light:
            continue
        stream = node.outputs[0]
        readers = stream.consumers
        if len(readers) == 1 and readers[0].node.single is readers[0] and readers[0].node.light:
            node.link = Link(node.single, stream)


def chain(link: Link) -> Task | None:
    """Return the reader's call on what the maker's call emitted; None if the usual path has to be taken.

    The call counts in place of the one that ended: as many tasks are pending as before. Timestamps are compared as
    objects: a maker that emits at its input's time uses the input's. One that is what its queue has settled is an
    ordinary one, for any other settles the queue for good (S6).
    """
    emitted, shard, reader, source = link.emitted, link.shard, link.reader, link.source
    if len(emitted) != 1 or shard.bound is not None or shard.closed or reader.active or link.queue.queue:
        return None
    packet = emitted[0]
    timestamp, stream = packet._timestamp, link.stream
    if timestamp is not source.settled or timestamp is not link.call.input_timestamp or source.queue:
        return None
    if timestamp <= stream.settled or link.maker.offset != 0 or reader.status is not OPENED:
        return None
    if link.note is not None:
        link.note(timestamp)
    emitted.clear()
    stream.settled = link.queue.settled = timestamp
    link.maker.active = 0
    reader.active = 1
    link.packets[0] = packet
    link.context.input_timestamp = timestamp
    return reader.task
