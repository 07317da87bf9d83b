"""Side packets of one run: given by the program or made by nodes, one value each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.config import check_side_packets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graphkit._runtime.constant_nodes import ConstantNodes
    from graphkit._runtime.node import Node
    from graphkit.config import GraphPlan
    from graphkit.framework import CalculatorContext


class SidePackets:
    """The values by name.

    Args:
        plan: says which exist, their types and producers.
        given: what the program gives; payloads or packets.
        constants: of the graph.

    Attributes:
        values: by name.
        constants: what nodes without streams made in earlier runs.

    Raises:
        SidePacketError: a name the graph does not have, a wrong type, or a required one missing.
    """

    def __init__(self, plan: GraphPlan, given: Mapping[str, Any], constants: ConstantNodes) -> None:
        self._plan = plan
        self.constants = constants
        self.values = check_side_packets(plan, given)

    def resolve(self, node: Node) -> None:
        """Give *node* the available values; those that are neither given nor made count as not connected."""
        context = node.contexts[0]
        for position, name in enumerate(node.plan.input_side_packets.names):
            packet = self.values.get(name)
            declared = self._plan.side_packets[name]
            if packet is not None:
                context.input_side_packets.packets[position] = packet
            if packet is not None or declared.producer < 0:
                node.waiting_for.discard(f"side packet {name}")

    def publish(self, context: CalculatorContext, nodes: Iterable[Node]) -> list[Node]:
        """Take the side packets that a call of *context*'s node made; return the nodes they reach."""
        made = context.output_side_packets
        fresh = {
            made.tag_map.names[i]: p for i, p in made.packets.items() if made.tag_map.names[i] not in self.values
        }
        if not fresh:
            return []
        self.values.update(fresh)
        reached = [
            node
            for node in nodes
            if (names := node.plan.input_side_packets.names) and not fresh.keys().isdisjoint(names)
        ]
        for node in reached:
            self.resolve(node)
        return reached
