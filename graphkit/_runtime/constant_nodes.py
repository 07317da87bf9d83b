"""Nodes with side packets and no streams: what one made in a run is reused in the next run (S21).

Their outputs depend on nothing but side packets. If these are the same objects as before, the node is neither
opened nor closed again, so that a model is loaded once, not once per run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.framework import Calculator

if TYPE_CHECKING:
    from graphkit._runtime.node import Node
    from graphkit.framework import CalculatorContext, Packet


class ConstantNodes:
    """What these nodes made, over all runs of a graph.

    A node that asks for a service is left out: what it makes may belong to the service, which a run may own.
    """

    def __init__(self) -> None:
        self._made: dict[int, tuple[list[Any], dict[int, Packet[Any]]]] = {}

    def recall(self, node: Node) -> None:
        """Let *node*, which is about to open, reuse what it made, if its side packets are the same as then."""
        had, made = self._made.get(node.id, (None, {}))
        now = _payloads(node)
        if had is not None and len(had) == len(now) and all(a is b for a, b in zip(had, now, strict=True)):
            node.calculator = _Repeat(made)

    def keep(self, node: Node) -> None:
        """Remember what *node* made, which has closed without an error."""
        if not (node.inputs or node.outputs or node.plan.contract.services):
            self._made[node.id] = (_payloads(node), dict(node.contexts[0].output_side_packets.packets))


class _Repeat(Calculator):
    """Replaces the calculator of a node that makes the same again."""

    def __init__(self, made: dict[int, Packet[Any]]) -> None:
        self._made = made

    def open(self, cc: CalculatorContext) -> None:
        """Make the same side packets."""
        cc.output_side_packets.packets.update(self._made)


def _payloads(node: Node) -> list[Any]:
    return [packet.get_or(None) for packet in node.contexts[0].input_side_packets.packets]
