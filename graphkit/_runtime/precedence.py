"""Precedence: which of the nodes that are ready at one time is called first (S32). No thread, lock or clock.

A frame is done when the last of its slow calls is, inference for the most part. So a node goes first if many
of them, one after the other, wait for it: they can begin, beside others, while light nodes that nothing slow waits
for are still being called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit._runtime.node import LATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit._runtime.node import Node


def order_nodes(nodes: Sequence[Node]) -> None:
    """Give every node its order and what it is to the blocking ones; *nodes* are in plan order and wired.

    A light node goes first that has the most blocking nodes behind it, on the longest way along forward edges.
    Those with none go last, but for nodes without outputs, which hand results out. Of equals, and of blocking
    nodes, the last one of the plan goes first: it is the nearest to the outputs.
    """
    behind: dict[int, int] = {}
    for node in reversed(nodes):
        readers = [
            queue.node
            for stream in node.outputs
            for queue in stream.consumers
            if not queue.node.plan.back_edges[queue.index]
        ]
        behind[node.id] = max((behind[reader.id] + (not reader.light) for reader in readers), default=0)
        own = 0 if node.light else 1 << node.id
        node.feeds = node.holds = own
        for reader in readers:
            node.feeds |= reader.feeds
            node.holds |= 0 if reader.chooses else reader.holds
    ranked = sorted(
        nodes, key=lambda node: (-behind[node.id] * node.light, bool(node.light and node.outputs), -node.id)
    )
    for order, node in enumerate(ranked):
        is_late = node.light and node.outputs and not behind[node.id]
        node.order = order + (LATE if is_late else 0)
