"""SyncSet: streams that are synchronised with each other. The building block of most handlers.

With ``process_bounds`` it is also ready when all streams are settled and empty (S16).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphkit.framework import Decision, Packet, Readiness, Timestamp
from graphkit.framework._settled import MAX, MIN, POST_STREAM, UNSTARTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit.framework import InputQueue

DONE: Final = int(Timestamp.DONE)
NEVER: Final = DONE + 1
"""Later than anything."""


class SyncSet:
    """Some streams of a node, processed together.

    Attributes:
        streams: the queues of the set.
        process_bounds: whether settled and empty timestamps count as work.
        last_processed: highest timestamp returned as READY, UNSTARTED before the first.
        closed: whether the set reported CLOSE.
    """

    __slots__ = ("closed", "last_processed", "process_bounds", "streams")

    def __init__(self, streams: Sequence[InputQueue], *, process_bounds: bool) -> None:
        self.streams = tuple(streams)
        self.process_bounds = process_bounds
        self.last_processed = UNSTARTED
        self.closed = False

    def readiness(self) -> Decision:
        """Return what the set can do; a timestamp is returned as READY only once."""
        settled = NEVER
        first = NEVER
        for stream in self.streams:
            if stream.queue:
                first = min(first, stream.queue[0]._timestamp)
            else:
                settled = min(settled, stream.settled)
        if first == NEVER and settled >= POST_STREAM:
            self.closed = True
            return Decision(Readiness.CLOSE, DONE)
        if first <= settled:
            self.last_processed = first
            return Decision(Readiness.READY, first)
        if self.process_bounds and settled >= MIN:
            last = min(settled, MAX)
            if last > self.last_processed:
                self.last_processed = last
                return Decision(Readiness.READY, last)
        return Decision(Readiness.NOT_READY, min(int(first) - 1, settled))  # a special timestamp takes no "-"

    def take(self, timestamp: int, packets: list[Packet[Any]]) -> None:
        """Fill the set's entries of *packets* with the packets at *timestamp*."""
        for stream in self.streams:
            found = stream.pop_at(timestamp)
            packets[stream.index] = found if found is not None else nothing(stream)

    def fill_bounds(self, packets: list[Packet[Any]]) -> None:
        """Fill the set's entries with empty packets that tell how far each stream is settled."""
        for stream in self.streams:
            packets[stream.index] = nothing(stream)


def nothing(stream: InputQueue) -> Packet[Any]:
    """Return the empty packet that tells how far *stream* is settled."""
    return Packet.empty(Timestamp.from_raw(stream.empty_timestamp()))
