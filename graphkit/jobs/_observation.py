"""Observation: the wish to see a stream while a job runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.framework import Packet


@dataclass(frozen=True, slots=True)
class Observation:
    """A stream and who sees its packets.

    Attributes:
        stream: its name in the expanded graph.
        take: called with every packet, one at a time.
        bounds: also call it with an empty packet where the stream is settled without one.
    """

    stream: str
    take: Callable[[Packet[Any]], None]
    bounds: bool = False
