"""Side packets of one run: given by the program or made by nodes, one value each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.errors import SidePacketError, did_you_mean
from graphkit.framework import Packet, Timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graphkit._runtime.constant_nodes import ConstantNodes
    from graphkit._runtime.node import Node
    from graphkit.config import GraphPlan
    from graphkit.framework import CalculatorContext


class SidePackets:
    """The values by name.

    Args:
        plan: says which exist, their types and who makes them.
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
        self.values: dict[str, Packet[Any]] = {}
        for name, value in given.items():
            self.values[name] = self._checked(name, value)
        for name, declared in plan.side_packets.items():
            if declared.producer < 0 and not declared.optional and name not in self.values:
                raise SidePacketError(
                    f'{declared.location}: input side packet "{name}" ({declared.packet_type}) is required and '
                    "was not given; pass it to start_run(side_packets={...})",
                    side_packet=name,
                    location=declared.location,
                )

    def _checked(self, name: str, value: Any) -> Packet[Any]:
        declared = self._plan.side_packets.get(name)
        packet = value.at(Timestamp.UNSET) if isinstance(value, Packet) else Packet(value)
        if declared is None:
            known = self._plan.side_packets
            have = ", ".join(sorted(n for n, s in known.items() if s.producer < 0)) or "none"
            raise SidePacketError(
                f'the graph has no input side packet "{name}" (it has: {have}).{did_you_mean(name, known)}',
                side_packet=name,
            )
        if declared.producer >= 0:
            maker = self._plan.nodes[declared.producer].name
            raise SidePacketError(
                f'side packet "{name}" is made by node "{maker}"; it cannot be given as well',
                side_packet=name,
                node=maker,
            )
        if packet.is_empty or not declared.packet_type.accepts(packet._payload):
            raise SidePacketError(
                f'side packet "{name}" must be {declared.packet_type}, but was given '
                f"{type(packet._payload).__name__}",
                side_packet=name,
            )
        return packet

    def resolve(self, node: Node) -> None:
        """Give *node* the values that are there; those that nobody will make count as not connected."""
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
        reached = [node for node in nodes if not fresh.keys().isdisjoint(node.plan.input_side_packets.names)]
        for node in reached:
            self.resolve(node)
        return reached
