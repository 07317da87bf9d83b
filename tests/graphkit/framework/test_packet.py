"""Packets: handles of payloads at timestamps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from graphkit import CalculatorGraph, ImageFrame, Packet, Timestamp
from graphkit.errors import EmptyPacketError, PacketTypeError, TimestampError

if TYPE_CHECKING:
    from collections.abc import Callable


def test_at_shares_the_payload() -> None:
    payload = object()
    packet = Packet(payload, 5)
    moved = packet.at(9)
    assert moved.payload is packet.payload is payload
    listed = Packet([payload], 5)
    assert listed.at(9).payload is listed.payload
    assert (packet.timestamp, moved.timestamp) == (5, 9)


def test_a_packet_is_made_without_a_timestamp() -> None:
    assert Packet(1).timestamp == Timestamp.UNSET


def test_timestamps_of_packets_are_ordinary_or_named() -> None:
    assert isinstance(Packet(1, 5).timestamp, Timestamp)
    assert Packet(1, Timestamp.PRE_STREAM).timestamp == Timestamp.PRE_STREAM
    with pytest.raises(TimestampError):
        Packet(1, 2**63 - 1)


def test_an_empty_packet() -> None:
    empty = Packet.empty(7)
    assert empty.is_empty
    assert not empty
    assert empty.get_or("other") == "other"
    assert empty.at(8).is_empty
    with pytest.raises(EmptyPacketError) as caught:
        _ = empty.payload
    assert str(caught.value) == "the packet at 7 is empty; ask is_empty first, or use get_or(default)"


@pytest.mark.parametrize("payload", [0, "", [], False], ids=repr)
def test_a_false_payload_is_a_payload(payload: object) -> None:
    packet = Packet(payload, 1)
    assert packet
    assert not packet.is_empty
    assert packet.get_or("other") == payload


def test_get_checks_the_type() -> None:
    packet: Packet[object] = Packet("text", 3)
    assert packet.get(str) == "text"
    with pytest.raises(PacketTypeError) as caught:
        packet.get(int)
    assert str(caught.value) == "the packet at 3 holds str, not int"


def test_packets_cannot_be_changed() -> None:
    packet = Packet(1, 2)
    with pytest.raises(AttributeError):
        packet.payload = 5  # type: ignore[misc]
    with pytest.raises(AttributeError):
        packet.timestamp = Timestamp(5)  # type: ignore[misc]


def test_repr() -> None:
    assert repr(Packet("x", 4)) == "Packet('x' at 4)"
    assert repr(Packet.empty()) == "Packet(empty at UNSET)"
    assert repr(Packet([1, 2], 4)) == "Packet(list of 2 int at 4)"
    assert repr(Packet((19, None), 4)) == "Packet(tuple of 2 int, NoneType at 4)"
    assert repr(Packet([], 4)) == "Packet(empty list at 4)"
    assert repr(Packet(np.zeros((2, 3), np.uint8), 4)) == "Packet(ndarray uint8 (2, 3) at 4)"
    assert repr(Packet("x" * 100, 4)) == "Packet(str at 4)"


def test_a_notebook_shows_what_the_payload_shows() -> None:
    shown = Packet(ImageFrame(np.zeros((2, 3, 3), np.uint8)), 4)._repr_mimebundle_()
    assert shown is not None
    assert shown["image/png"].startswith(b"\x89PNG")
    assert shown["text/plain"] == "Packet(ImageFrame(3x2, SRGB) at 4)"
    assert Packet(3, 4)._repr_mimebundle_() is None


SENT: Final[dict[str, tuple[Callable[[], Any], Callable[[Any], Any], object]]] = {
    "list": (lambda: [1, 2], lambda sent: sent.append(3), [1, 2]),
    "list in a list": (lambda: [[1], 2], lambda sent: sent[0].append(3), [[1], 2]),
    "dict": (lambda: {"a": 1}, lambda sent: sent.update(b=2), {"a": 1}),
    "list in a dict": (lambda: {"a": [1]}, lambda sent: sent["a"].append(2), {"a": [1]}),
    "list in a tuple": (lambda: ([1], 2), lambda sent: sent[0].append(3), ([1], 2)),
    "set": (lambda: {1, 2}, lambda sent: sent.add(3), {1, 2}),
    "bytearray": (lambda: bytearray(b"ab"), lambda sent: sent.reverse(), bytearray(b"ab")),
}


@pytest.mark.parametrize("kind", SENT)
def test_what_a_packet_holds_does_not_change_with_what_was_sent(kind: str) -> None:
    """S55."""
    make, change, kept = SENT[kind]
    sent = make()
    packet = Packet(sent, 0)
    change(sent)
    assert packet.payload == kept != sent
    assert type(packet.payload) is type(kept)


def test_a_list_as_a_side_packet_is_the_one_that_was_given() -> None:
    """It may be what nodes are to fill; on its way into a stream it is copied."""
    payload = [1]
    side = Packet(payload)
    assert side.payload is payload
    sent = side.at(5)
    payload.append(2)
    assert sent.payload == [1]


def test_a_tuple_of_constants_is_not_copied() -> None:
    payload = (1, "a", 2.5)
    assert Packet(payload, 0).payload is payload


@pytest.mark.parametrize(
    "wrap",
    [lambda a: [a], lambda a: (a, 1), lambda a: {"picture": a}, lambda a: [{"pictures": (a,)}]],
    ids=["list", "tuple", "dict", "nested"],
)
def test_arrays_in_containers_are_kept(wrap: Callable[[Any], Any]) -> None:
    def held(payload: Any) -> Any:
        while not isinstance(payload, np.ndarray):
            payload = next(iter(payload.values())) if isinstance(payload, dict) else payload[0]
        return payload

    whole, buffer = np.zeros(3), np.zeros((2, 3))
    assert held(Packet(wrap(whole), 0).payload) is whole  # no copy
    with pytest.raises(ValueError, match="read-only"):
        whole[0] = 1
    window = Packet(wrap(buffer[0]), 0).payload
    buffer[:] = 7
    assert held(window).tolist() == [0, 0, 0]


def test_a_list_that_a_program_fills_again() -> None:
    graph = CalculatorGraph('input_stream: "in" node { calculator: "PassThroughCalculator" input_stream: "in" '
                            'output_stream: "out" }')  # fmt: skip
    seen: list[list[int]] = []
    graph.observe_output_stream("out", lambda packet: seen.append(packet.payload))
    numbers: list[int] = []
    with graph:
        for stamp in range(3):
            numbers.append(stamp)
            graph.add_packet_to_input_stream("in", numbers, stamp)
    assert seen == [[0], [0, 1], [0, 1, 2]]
