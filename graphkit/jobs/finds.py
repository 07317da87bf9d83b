"""LandmarkCounter: how many hands (or poses, or whatever has landmarks) a stream held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.jobs.observation import Observation
from graphkit.jobs.summary import Found

if TYPE_CHECKING:
    from graphkit.packet import Packet


class LandmarkCounter:
    """Watches a stream of vectors of landmark lists.

    Args:
        stream: its name.

    Attributes:
        found: the counts so far.
    """

    def __init__(self, stream: str) -> None:
        self.found = Found(stream)

    def observations(self) -> list[Observation]:
        """Return what is to be observed: the stream."""
        return [Observation(self.found.stream, self.take)]

    def take(self, packet: Packet[Any]) -> None:
        """Count a packet."""
        lists = packet.payload
        if lists:
            self.found.frames += 1
            self.found.most = max(self.found.most, len(lists))
            self.found.points = len(lists[0])
