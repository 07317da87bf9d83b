"""Packets: handles of payloads at timestamps."""

from __future__ import annotations

import numpy as np
import pytest

from graphkit import ImageFrame, Packet, Timestamp
from graphkit.errors import EmptyPacketError, PacketTypeError, TimestampError


def test_at_shares_the_payload() -> None:
    payload = ["a", "b"]
    packet = Packet(payload, 5)
    moved = packet.at(9)
    assert moved.payload is packet.payload is payload
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
    assert repr(Packet([], 4)) == "Packet(empty list at 4)"
    assert repr(Packet(np.zeros((2, 3), np.uint8), 4)) == "Packet(ndarray uint8 (2, 3) at 4)"
    assert repr(Packet("x" * 100, 4)) == "Packet(str at 4)"


def test_a_notebook_shows_what_the_payload_shows() -> None:
    shown = Packet(ImageFrame(np.zeros((2, 3, 3), np.uint8)), 4)._repr_mimebundle_()
    assert shown is not None
    assert shown["image/png"].startswith(b"\x89PNG")
    assert shown["text/plain"] == "Packet(ImageFrame(3x2, SRGB) at 4)"
    assert Packet(3, 4)._repr_mimebundle_() is None
