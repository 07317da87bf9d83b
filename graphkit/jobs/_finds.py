"""LandmarkCounter: in how many frames a stream held hands (or a pose, or whatever has landmarks)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.formats import LandmarkList, NormalizedLandmarkList
from graphkit.jobs._observation import Observation
from graphkit.jobs._summary import Found

if TYPE_CHECKING:
    from graphkit.framework import Packet


class LandmarkCounter:
    """Watches a stream of landmark lists, one a packet or several.

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
        payload = packet.payload
        lists = [payload] if isinstance(payload, NormalizedLandmarkList | LandmarkList) else payload
        lists = [found for found in lists if len(found)]
        if lists:
            self.found.frames += 1
            self.found.most = max(self.found.most, len(lists))
            self.found.points = len(lists[0]) if len({len(found) for found in lists}) == 1 else 0
