"""TimestampAlignInputStreamHandler: aligns streams whose clocks differ (S15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.framework import (
    Awaited,
    Decision,
    InputStreamHandler,
    Packet,
    Readiness,
    Timestamp,
    input_stream_handler,
)
from graphkit.framework._handlers.named_stream import named_stream
from graphkit.framework._handlers.sync_set import DONE, NEVER
from graphkit.framework._settled import MAX, MIN, POST_STREAM, shifted

if TYPE_CHECKING:
    from graphkit.framework import InputQueue


@input_stream_handler("TimestampAlignInputStreamHandler")
class TimestampAlignInputStreamHandler(InputStreamHandler):
    """Moves the timestamps of all streams to those of one, the base, and synchronises as the default policy does.

    Until every stream has had a packet, the base's packets are processed alone and the others wait. Then the heads
    of all queues count as simultaneous, and keep their distances for the rest of the run. The node sees packets at
    the time they have on the base's clock.

    Options:
        timestamp_base_tag_index: the base, as ``TAG``, ``TAG:index`` or ``:index``.
    """

    def prepare(self) -> None:
        """Find the base; raises ConfigError if the node does not have it."""
        option = "timestamp_base_tag_index"
        self._base = named_stream(self, option, str(self.options.get(option, "")))
        self._offsets = [0] * len(self.streams)
        self._aligned = len(self.streams) == 1

    def readiness(self) -> Decision:
        """Return what the base can do before the streams are aligned, what all can do after."""
        if not self._aligned:
            return self._align()
        first, settled = NEVER, NEVER
        for stream, offset in zip(self.streams, self._offsets, strict=True):
            if stream.queue:
                first = min(first, shifted(int(stream.queue[0]._timestamp), offset))
            else:
                settled = min(settled, shifted(int(stream.settled), offset))
        if first == NEVER and settled >= POST_STREAM:
            return Decision(Readiness.CLOSE, DONE)
        if first <= settled:
            return Decision(Readiness.READY, first)
        return Decision(Readiness.NOT_READY, min(first - 1, settled))

    def _align(self) -> Decision:
        """Follow the base alone; fix the offsets once no queue is empty."""
        base = self._base
        if not base.queue:
            if base.is_done:
                return Decision(Readiness.CLOSE, DONE)
            return Decision(Readiness.NOT_READY, int(base.settled))
        now = int(base.queue[0]._timestamp)
        if MIN <= now <= MAX and all(stream.queue for stream in self.streams):
            self._offsets = [now - int(stream.queue[0]._timestamp) for stream in self.streams]
            self._aligned = True
        return Decision(Readiness.READY, now)

    def awaited(self) -> list[Awaited]:
        """Before the streams are aligned only the base is needed, afterwards all, each on its own clock."""
        if not any(stream.queue for stream in self.streams):
            return []
        if not self._aligned:
            return [] if self._base.queue else [Awaited(self._base.index, None)]
        pairs = list(zip(self.streams, self._offsets, strict=True))
        first = min(shifted(int(one.queue[0]._timestamp), offset) for one, offset in pairs if one.queue)
        return [
            Awaited(one.index, shifted(first, -offset))
            for one, offset in pairs
            if not one.queue and shifted(int(one.settled), offset) < first
        ]

    def take(self, timestamp: int, packets: list[Packet[Any]]) -> None:
        """Fill in each stream's packet at *timestamp* of the base's clock, with that timestamp."""
        for stream, offset in zip(self.streams, self._offsets, strict=True):
            takes = stream.queue and (self._aligned or stream is self._base)
            if takes and shifted(int(stream.queue[0]._timestamp), offset) <= timestamp:
                packets[stream.index] = stream.queue.popleft().at(Timestamp.from_raw(timestamp))
            else:
                packets[stream.index] = _nothing(stream, offset)


def _nothing(stream: InputQueue, offset: int) -> Packet[Any]:
    return Packet.empty(Timestamp.from_raw(shifted(stream.empty_timestamp(), offset)))
