"""Errors of calls that name a stream that the graph does not have, or push what a stream cannot carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.errors import ArgumentError, PacketTypeError, StatusCode, TimestampError, did_you_mean
from graphkit.framework._converters import converter_hint, wrapper_hint
from graphkit.framework._packet_type import element_classes, strange_element

if TYPE_CHECKING:
    from graphkit.config import GraphPlan
    from graphkit.framework import Packet


def unknown_stream(plan: GraphPlan, name: str) -> ArgumentError:
    """Return the error for observing a stream that is not in the expanded graph."""
    declared = ", ".join(plan.graph_outputs.names) or "no output stream"
    close = did_you_mean(name, plan.stream_ids) or f" It declares: {declared}."
    return ArgumentError(
        f'the graph has no stream "{name}".{close} Streams inside a subgraph are called <node>__<stream>.',
        status=StatusCode.NOT_FOUND,
    )


def unknown_input(plan: GraphPlan, name: str) -> ArgumentError:
    """Return the error for feeding a stream that is no input of the graph."""
    known = sorted(plan.graph_inputs.names)
    have = ", ".join(known) or "none"
    message = f'the graph has no input stream "{name}" (it has: {have}).{did_you_mean(name, known)}'
    return ArgumentError(message, status=StatusCode.NOT_FOUND)


def bad_packet(plan: GraphPlan, stream: str, packet: Packet[Any]) -> PacketTypeError | TimestampError:
    """Return the error for a packet that graph input *stream* cannot take."""
    payload = packet._payload
    if packet.is_empty or payload is None:
        return PacketTypeError(
            f'an empty packet was pushed into "{stream}"; call set_input_stream_timestamp_bound() instead',
            stream=stream,
            timestamp=packet.timestamp,
        )
    if packet.timestamp.is_allowed_in_stream():
        return _wrong_type(plan, stream, packet, type(payload).__name__)
    return TimestampError(
        f'a packet for "{stream}" has timestamp {packet.timestamp}; pass timestamp= in microseconds',
        stream=stream,
        timestamp=packet.timestamp,
    )


def check_elements(plan: GraphPlan, stream: str, packet: Packet[Any]) -> None:
    """Raise PacketTypeError for a list that graph input *stream* cannot take, by its first elements."""
    classes = element_classes(plan.streams[plan.stream_ids[stream]].packet_type.types)
    strange = strange_element(packet._payload, classes) if classes is not None else ""
    if strange:
        raise _wrong_type(plan, stream, packet, strange)


def _wrong_type(plan: GraphPlan, stream: str, packet: Packet[Any], found: str) -> PacketTypeError:
    expected, payload = plan.streams[plan.stream_ids[stream]].packet_type, packet._payload
    hint = wrapper_hint(payload, expected.types) or converter_hint((type(payload),), expected.types)
    return PacketTypeError(
        f'graph input stream "{stream}" carries {expected}, but was given {found}{hint}',
        stream=stream,
        timestamp=packet.timestamp,
        expected=expected,
        found=found,
    )
