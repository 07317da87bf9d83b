"""Checks the side packets that a program gives against the graph; the only module that does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import SidePacketError, StatusCode, did_you_mean
from graphkit.framework import Packet, Timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphkit.config._plan import GraphPlan, SidePacketPlan

_EXAMPLES: Final = {"bool": "true", "int": "1", "float": "1.5"}


def check_side_packets(plan: GraphPlan, given: Mapping[str, Any]) -> dict[str, Packet[Any]]:
    """Return the side packets of one run as packets without a timestamp.

    Args:
        plan: says which the graph takes, and their types.
        given: payloads or packets by name.

    Raises:
        SidePacketError: a name the graph does not have or makes itself, a wrong type, or required ones missing;
            those are reported together.
    """
    packets = {name: _checked(plan, name, value) for name, value in given.items()}
    missing = [
        side for name, side in plan.side_packets.items()
        if side.producer < 0 and not side.optional and name not in packets
    ]  # fmt: skip
    if missing:
        raise _lack(missing)
    return packets


def _lack(missing: list[SidePacketPlan]) -> SidePacketError:
    lines = [
        f'{side.location}: input side packet "{side.name}" ({side.packet_type}) is required and was not given.'
        for side in missing
    ]
    example = ",".join(f"{side.name}={_EXAMPLES.get(str(side.packet_type), 'VALUE')}" for side in missing)
    told = "\n".join(lines)
    return SidePacketError(
        f"{told}\nGive it: {{side_packets}}, such as {example}",
        remedies=("side_packets",),
        side_packet=missing[0].name,
        location=missing[0].location,
        missing={side.name: side.packet_type for side in missing},
    )


def check_side_packet_name(plan: GraphPlan, name: str) -> None:
    """Make sure that a program may give the side packet *name*; raises SidePacketError."""
    declared = plan.side_packets.get(name)
    if declared is None:
        takes = sorted(n for n, side in plan.side_packets.items() if side.producer < 0)
        have, close = ", ".join(takes) or "none", did_you_mean(name, plan.side_packets)
        raise SidePacketError(
            f'the graph has no input side packet "{name}" (it has: {have}).{close}',
            side_packet=name,
            status=StatusCode.NOT_FOUND,
        )
    if declared.producer >= 0:
        maker = plan.nodes[declared.producer].name
        raise SidePacketError(
            f'side packet "{name}" is made by node "{maker}"; it cannot be given as well. Change the node: '
            f"{{overrides}}, such as {maker}.FIELD=VALUE.",
            remedies=("overrides",),
            side_packet=name,
            node=maker,
            location=declared.location,
        )


def _checked(plan: GraphPlan, name: str, value: Any) -> Packet[Any]:
    check_side_packet_name(plan, name)
    packet = value.at(Timestamp.UNSET) if isinstance(value, Packet) else Packet(value)
    declared = plan.side_packets[name]
    if packet.is_empty or not declared.packet_type.accepts(packet.get_or(None)):
        found = "an empty packet" if packet.is_empty else type(packet.payload).__name__
        raise SidePacketError(
            f'side packet "{name}" must be {declared.packet_type}, but was given {found}.',
            side_packet=name,
            location=declared.location,
        )
    return packet
