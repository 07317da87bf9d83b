"""Chaining: the shortest path, from one node's call straight into the next node's (S29). No thread, lock or clock.

In a chain of light nodes nearly every call takes one packet and emits one at the same time, and the next node is
idle. Then the packet needs no queue and no heap: it becomes the next call's input at once. Anything out of the
ordinary, be it a bound, a second packet, a busy reader or an input that waits, takes the usual way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit._runtime.node import OPENED
from graphkit._runtime.streams import Link
from graphkit.framework._settled import MAX, MIN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphkit._runtime.node import Node
    from graphkit._runtime.tasks import Task


def link_nodes(nodes: Iterable[Node]) -> None:
    """Give every node its link, if it has one."""
    for node in nodes:
        if node.single is None or len(node.outputs) != 1 or node.plan.cls.is_gate:
            continue
        stream = node.outputs[0]
        readers = stream.consumers
        if len(readers) == 1 and readers[0].node.single is readers[0] and readers[0].node.light:
            node.link = Link(node.single, node.contexts[0].outputs.shards[0], stream)


def chain(task: Task, link: Link) -> Task | None:
    """Return the reader's call on what *task* emitted; None where the usual way has to be taken.

    The call counts in place of the one that ended: as many tasks are pending as before.
    """
    packets, shard, reader, node = link.shard.queue, link.shard, link.reader, task.node
    if len(packets) != 1 or shard.bound is not None or shard.closed or reader.active or link.queue.queue:
        return None
    packet = packets[0]
    timestamp = packet._timestamp
    source, stream = link.source, link.stream
    usual = timestamp != task.context.input_timestamp or timestamp <= stream.settled or not MIN <= timestamp < MAX
    if usual or source.queue or source.settled > timestamp or reader.status is not OPENED or node.offset != 0:
        return None
    packets.clear()
    stream.settled = link.queue.settled = timestamp
    node.active = 0
    reader.active = 1
    link.packets[0] = packet
    link.context.input_timestamp = timestamp
    return reader.task
