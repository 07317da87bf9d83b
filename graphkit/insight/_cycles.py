"""What is downstream of a node, and nodes that admit no more packets though one downstream needs more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.insight._findings import Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from graphkit._runtime.look import NodeLook, RunLook
    from graphkit.framework import Holding
    from graphkit.insight._causes import Causes


def behind(look: RunLook, names: Iterable[str]) -> set[str]:
    """Return the nodes downstream of the nodes *names*, back edges aside."""
    nodes = {node.name: node for node in look.nodes}
    readers: dict[str, list[str]] = {}
    for node in look.nodes:
        for queue in node.inputs:
            if not queue.back_edge:
                readers.setdefault(queue.stream, []).append(node.name)
    found: set[str] = set()
    left = list(names)
    while left:
        fresh = {name for stream in nodes[left.pop()].outputs for name in readers.get(stream, ())} - found
        found |= fresh
        left.extend(fresh)
    return found


def holding_findings(look: RunLook, causes: Causes) -> Iterator[Finding]:
    """Yield the nodes whose back edge waits for a node that needs more packets than they admit."""
    if look.pending or look.ending:
        return
    for node in look.nodes:
        held = node.holding
        if held is None or not held.words or node.active or node.status.name != "OPENED":
            continue
        for stream in (queue.stream for queue in node.inputs if queue.back_edge):
            found = _held_by(look, causes, node, held, stream)
            if found is not None:
                yield found


def _held_by(look: RunLook, causes: Causes, node: NodeLook, held: Holding, stream: str) -> Finding | None:
    cause = causes.of(stream, held.since, node.name)
    if not cause.silent or cause.silent not in behind(look, [node.name]):
        return None
    nodes = {each.name: each for each in look.nodes}
    needy = nodes[cause.silent]
    waiting = next((name for name in cause.way if nodes[name].awaited), "")
    waits = f'that waits for node "{waiting}", and that one' if waiting else "that waits"
    return Finding(
        Kind.HOLDS,
        node.name,
        node.calculator,
        f'Node "{node.name}" ({node.calculator}) {held.words}. A frame is done when it comes back as "{stream}": '
        f'{waits} for node "{needy.name}" ({needy.calculator}), which emits nothing before later frames come.',
        f'If node "{needy.name}" is to give earlier frames, look at its options: they may turn it round, or '
        "have it settle the first times, for which it has none. If it has to look ahead: "
        f"{held.way_out[:1].lower()}{held.way_out[1:]}",
        stream,
        int(held.since),
    )
