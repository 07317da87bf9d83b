"""LandmarkCounter: how many hands (or poses, or whatever has landmarks) a stream held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.jobs.summary import Found

if TYPE_CHECKING:
    from graphkit.graph import CalculatorGraph
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

    def attach(self, graph: CalculatorGraph) -> None:
        """Observe the stream; before the run."""
        graph.observe_output_stream(self.found.stream, self.take)

    def take(self, packet: Packet[Any]) -> None:
        """Count a packet."""
        lists = packet.payload
        if lists:
            self.found.frames += 1
            self.found.most = max(self.found.most, len(lists))
            self.found.points = len(lists[0])
