"""MuxInputStreamHandler: waits for the selected stream only (S15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.errors import PacketError
from graphkit.framework import (
    Awaited,
    Decision,
    InputStreamHandler,
    Packet,
    Readiness,
    Timestamp,
    input_stream_handler,
)
from graphkit.framework._settled import POST_STREAM

if TYPE_CHECKING:
    from graphkit.framework import InputQueue


@input_stream_handler("MuxInputStreamHandler")
class MuxInputStreamHandler(InputStreamHandler):
    """Processes T when SELECT (the last input, an int) and the stream it selects are settled at T.

    Packets of the other streams up to T are dropped. The node closes with SELECT.
    """

    any_arrival_order = True

    def readiness(self) -> Decision:
        """Return whether the next selection can be served."""
        select = self.streams[-1]
        if not select.queue:
            self._drop(select.settled)
            if select.settled >= POST_STREAM:
                return Decision(Readiness.CLOSE, 0)
            return Decision(Readiness.NOT_READY, select.settled)
        head = select.queue[0]
        timestamp = head._timestamp
        chosen = self._chosen(head)
        for stream in self.streams[:-1]:  # no later selection needs them
            while stream.queue and stream.queue[0]._timestamp < timestamp:
                stream.queue.popleft()
        if chosen.queue or chosen.settled >= timestamp:
            return Decision(Readiness.READY, timestamp)
        return Decision(Readiness.NOT_READY, int(timestamp) - 1)  # a special timestamp takes no "-"

    def awaited(self) -> list[Awaited]:
        """It needs a selection, then the stream that this selects."""
        select = self.streams[-1]
        if not select.queue:
            has_any = any(stream.queue for stream in self.streams)
            return [Awaited(select.index, None)] if has_any else []
        timestamp, chosen = select.queue[0]._timestamp, self._chosen(select.queue[0])
        lacks = not chosen.queue and chosen.settled < timestamp
        return [Awaited(chosen.index, int(timestamp))] if lacks else []

    def take(self, timestamp: int, packets: list[Packet[Any]]) -> None:
        """Fill in SELECT and the selected stream; drop what the others have up to *timestamp*."""
        chosen = self._chosen(self.streams[-1].queue[0])
        for stream in self.streams:
            found = None
            if stream is chosen or stream is self.streams[-1]:
                found = stream.pop_at(timestamp)
            else:  # it may not be settled there: late packets are dropped when they come
                _drop_up_to(stream, timestamp)
            packets[stream.index] = Packet.empty(Timestamp.UNSTARTED) if found is None else found

    def _drop(self, timestamp: int) -> None:
        """Drop the packets at times without a selection."""
        for stream in self.streams[:-1]:
            _drop_up_to(stream, timestamp)

    def _chosen(self, select: Packet[Any]) -> InputQueue:
        index = select.payload
        if not isinstance(index, int) or not 0 <= index < len(self.streams) - 1:
            raise PacketError(
                f"SELECT is {index!r} at {select.timestamp}; it must be an int from 0 to {len(self.streams) - 2}"
            )
        return self.streams[index]


def _drop_up_to(stream: InputQueue, timestamp: int) -> None:
    while stream.queue and stream.queue[0]._timestamp <= timestamp:
        stream.queue.popleft()
