from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from graphkit import Packet


@pytest.fixture
def timed() -> Callable[[Iterable[Packet[Any]]], list[tuple[Any, int]]]:
    """Return a function that makes (payload, timestamp) pairs of packets."""
    return lambda packets: [(packet.payload, int(packet.timestamp)) for packet in packets]
