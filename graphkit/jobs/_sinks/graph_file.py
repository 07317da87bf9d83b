"""GraphFileSink: a video that the graph writes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.jobs._sink import Pacing, Sink, Tap
from graphkit.jobs._summary import Summary, WrittenFile

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit.framework import Packet


class GraphFileSink(Sink):
    """Takes nothing, and tells of the file if it is there at the end.

    Args:
        path: the file that the graph writes.
    """

    pacing = Pacing.LOOKS_ON

    def __init__(self, path: Path) -> None:
        super().__init__("the graph")
        self._path = path

    def taps(self) -> list[Tap]:
        """Return none: the graph has the packets."""
        return []

    def take(self, packet: Packet[Any]) -> None:
        """Do nothing."""

    def report(self, summary: Summary) -> None:
        """Add the file."""
        if self._path.exists():
            summary.files.append(WrittenFile(self.stream, self._path, summary.frames, "frames"))
