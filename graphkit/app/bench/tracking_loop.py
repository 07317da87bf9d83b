"""The part of a graph that must be done with one frame before it takes the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graphkit.config import GraphPlan


def looped_nodes(plan: GraphPlan) -> frozenset[str]:
    """Return the names of the nodes that are on a cycle through a back edge; none for a graph without one."""
    after: dict[int, set[int]] = {node.id: set() for node in plan.nodes}
    for stream in plan.streams:
        if stream.producer >= 0:
            after[stream.producer].update(consumer for consumer, _ in stream.consumers)
    before: dict[int, set[int]] = {node.id: set() for node in plan.nodes}
    for node, followers in after.items():
        for follower in followers:
            before[follower].add(node)
    heads = [node.id for node in plan.nodes if any(node.back_edges)]
    looped = {i for head in heads for i in _reached([head], after) & _reached([head], before)}
    return frozenset(plan.nodes[i].name for i in looped)


def _reached(starts: Iterable[int], steps: Mapping[int, set[int]]) -> set[int]:
    """Return the nodes that one step or more lead to."""
    found: set[int] = set()
    waiting = list(starts)
    while waiting:
        for following in steps[waiting.pop()] - found:
            found.add(following)
            waiting.append(following)
    return found
