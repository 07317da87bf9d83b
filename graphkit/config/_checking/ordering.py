"""The order of the nodes: producers before consumers, otherwise the order of the config."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from graphkit.config._checking.wiring import GRAPH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit.config._checking.contracts import CheckedNode
    from graphkit.config._checking.cycles import Cycles
    from graphkit.config._checking.faults import Faults
    from graphkit.config._checking.wiring import Wiring


def sorted_order(nodes: Sequence[CheckedNode], wiring: Wiring, cycles: Cycles, faults: Faults) -> list[int]:
    """Return the numbers of the nodes in topological order, the lowest free number first.

    A config that is already in order keeps it. Back edges do not count. A cycle of other streams goes to
    *faults*, and the order is then the config's.
    """
    feeds = _successors(nodes, wiring)
    waiting = [0] * len(nodes)
    for targets in feeds:
        for target in targets:
            waiting[target] += 1
    ready = [number for number, count in enumerate(waiting) if not count]
    order: list[int] = []
    while ready:
        number = heapq.heappop(ready)
        order.append(number)
        for target in feeds[number]:
            waiting[target] -= 1
            if not waiting[target]:
                heapq.heappush(ready, target)
    if len(order) < len(nodes):
        cycles.report(_find_cycle(feeds, set(range(len(nodes))) - set(order)), faults)
        return list(range(len(nodes)))
    return order


def _successors(nodes: Sequence[CheckedNode], wiring: Wiring) -> list[list[int]]:
    feeds: list[set[int]] = [set() for _ in nodes]
    for edges, marked in ((wiring.streams, wiring.back_edges), (wiring.side_packets, set[tuple[int, int]]())):
        for edge in edges.values():
            if edge.producer is None or edge.producer.node == GRAPH:
                continue
            targets = (end.node for end in edge.consumers if (end.node, end.port) not in marked)
            feeds[edge.producer.node].update(targets)
    return [sorted(targets) for targets in feeds]


def _find_cycle(feeds: list[list[int]], stuck: set[int]) -> list[int]:
    """Return a cycle among *stuck* nodes, its lowest number first."""
    back: dict[int, int] = {}
    for number in sorted(stuck, reverse=True):
        for target in feeds[number]:
            if target in stuck:
                back[target] = number
    # Every stuck node on a cycle, or downstream of one, waits for a stuck node: going back must meet a cycle.
    number = min(back)
    path: list[int] = []
    while number not in path:
        path.append(number)
        number = back[number]
    cycle = path[path.index(number):][::-1]  # fmt: skip
    first = cycle.index(min(cycle))
    return cycle[first:] + cycle[:first]
