"""Times of an AVI after damage. Its packets carry none; they are counted, which a gap makes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

_CHUNK_HEAD: Final = 8


class IndexedTimes:
    """Gives packets the times that the index at the end of the file has for them.

    Args:
        stream: a video stream of an AVI.
    """

    def __init__(self, stream: VideoStream) -> None:
        self._stream = stream
        self._times: dict[int, int] | None = None

    def restore(self, packet: Packet[Any]) -> None:
        """Move a packet's stamps to its place in the index, if it has one there."""
        if self._times is None:
            self._times = {entry.pos: entry.timestamp for entry in self._stream.index_entries}
        if packet.pos is None or packet.dts is None:
            return
        shift = self._times.get(packet.pos - _CHUNK_HEAD, packet.dts) - packet.dts
        packet.dts += shift
        if packet.pts is not None:
            packet.pts += shift
