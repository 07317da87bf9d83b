"""LandmarkCounter: in how many frames a stream held hands, a pose or other things with landmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.formats import LandmarkList, NormalizedLandmarkList
from graphkit.jobs._sink import Pacing, Sink
from graphkit.jobs._streams import landmark_streams, top_level_streams
from graphkit.jobs._summary import LandmarkCount, Summary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphkit.config import GraphPlan
    from graphkit.framework import Packet


class LandmarkCounter(Sink):
    """Counts a stream of landmark lists, one or several in a packet.

    Args:
        stream: its name.

    Attributes:
        count: so far.
    """

    pacing = Pacing.LOOKS_ON

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.count = LandmarkCount(stream)

    def take(self, packet: Packet[Any]) -> None:
        """Count a packet."""
        payload = packet.payload
        lists = [payload] if isinstance(payload, NormalizedLandmarkList | LandmarkList) else payload
        lists = [each for each in lists if len(each)]
        if lists:
            self.count.frames += 1
            self.count.most = max(self.count.most, len(lists))
            self.count.points = len(lists[0]) if len({len(each) for each in lists}) == 1 else 0

    def report(self, summary: Summary) -> None:
        """Add the count."""
        summary.landmarks.append(self.count)


def landmark_counters(plan: GraphPlan, seen: Iterable[str] = ()) -> list[LandmarkCounter]:
    """Return the counters of a job: of the streams that are seen or declared, else of the graph's own ones.

    Args:
        plan: the graph.
        seen: streams whose packets are taken.
    """
    names = landmark_streams(plan, [*seen, *plan.graph_outputs.names])
    return [LandmarkCounter(name) for name in names or landmark_streams(plan, top_level_streams(plan))]
