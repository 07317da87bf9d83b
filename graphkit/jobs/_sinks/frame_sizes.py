"""FrameSizes: how large the frame was at a time, so that fractions of it can become pixels."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphkit.framework import Packet


class FrameSizes:
    """Remembers when the pictures of a stream change their size; a clip that keeps its size costs one entry.

    A stream is fed before anything that is made of it can come out, so the size is known by then.
    """

    def __init__(self) -> None:
        self._since: list[int] = []
        self._sizes: list[tuple[int, int]] = []

    def take(self, packet: Packet[Any]) -> None:
        """Note the size of a picture: an ImageFrame, Image or GpuBuffer. Times increase."""
        size = (packet.payload.width, packet.payload.height)
        if not self._sizes or self._sizes[-1] != size:
            # In this order, for readers on other threads.
            self._sizes.append(size)
            self._since.append(int(packet.timestamp))

    def at(self, timestamp: int) -> tuple[int, int] | None:
        """Return width and height at *timestamp* (microseconds), None before the first picture."""
        index = bisect_right(self._since, timestamp)
        return self._sizes[index - 1] if index else None
