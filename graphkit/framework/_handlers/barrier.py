"""BarrierInputStreamHandler: one packet of every stream, whatever their timestamps (S15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.framework import Awaited, Decision, InputStreamHandler, Readiness, input_stream_handler
from graphkit.framework._handlers.sync_set import DONE

if TYPE_CHECKING:
    from graphkit.framework import Packet


@input_stream_handler("BarrierInputStreamHandler")
class BarrierInputStreamHandler(InputStreamHandler):
    """Processes the heads of all queues once every queue has one, and closes as soon as one stream is done.

    The packets keep their own timestamps; the input timestamp is the smallest of them.
    """

    any_arrival_order = True

    def can_do_without(self, index: int) -> bool:
        """Every input is required."""
        return False

    def readiness(self) -> Decision:
        """Return READY at the earliest head if no queue is empty."""
        if any(stream.is_done for stream in self.streams):
            return Decision(Readiness.CLOSE, DONE)
        heads = [int(stream.queue[0].timestamp) for stream in self.streams if stream.queue]
        if len(heads) == len(self.streams):
            return Decision(Readiness.READY, min(heads))
        settled = (int(stream.settled) for stream in self.streams if not stream.queue)
        return Decision(Readiness.NOT_READY, min(*settled, *(head - 1 for head in heads), DONE))

    def awaited(self) -> list[Awaited]:
        """Every input needs a packet."""
        lacking = [Awaited(stream.index, None) for stream in self.streams if not stream.queue]
        return lacking if len(lacking) < len(self.streams) else []

    def take(self, timestamp: int, packets: list[Packet[Any]]) -> None:
        """Take the head of every queue."""
        for stream in self.streams:
            packets[stream.index] = stream.queue.popleft()
