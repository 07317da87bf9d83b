"""ImmediateInputStreamHandler: every stream on its own (S13)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphkit.framework import Awaited, Decision, InputStreamHandler, Readiness, input_stream_handler
from graphkit.framework._handlers.sync_set import DONE, NEVER, SyncSet
from graphkit.framework._settled import MAX, POST_STREAM, PRE_STREAM

if TYPE_CHECKING:
    from graphkit.framework import Packet

_NOT_READY: Final = DONE + 2


@input_stream_handler("ImmediateInputStreamHandler")
class ImmediateInputStreamHandler(InputStreamHandler):
    """Processes a stream as soon as it has a packet, independently of the others.

    Input timestamps may go backwards from one call to the next. ``process`` is also called, with empty
    inputs, when a stream ends.
    """

    def prepare(self) -> None:
        """Make one set per stream."""
        self._sets = [SyncSet([s], process_bounds=self.process_timestamp_bounds) for s in self.streams]
        self._ready = [_NOT_READY] * len(self._sets)

    def readiness(self) -> Decision:
        """Return the earliest timestamp that any stream has ready."""
        earliest = NEVER
        settled = NEVER
        became_done = False
        bounds = self.process_timestamp_bounds
        for i, one in enumerate(self._sets):
            if self._ready[i] == _NOT_READY:
                stream = self.streams[i]
                told = not bounds or stream.settled <= one.last_processed
                if told and not stream.queue and stream.settled < POST_STREAM:  # most streams at most times
                    settled = min(settled, stream.settled)
                    continue
                was_closed = one.closed
                decision = one.readiness()
                if decision.readiness is Readiness.NOT_READY:
                    settled = min(settled, decision.timestamp)
                    continue
                became_done |= self._note(i, decision, was_closed)
            earliest = min(earliest, self._ready[i])
        if earliest < DONE:
            return Decision(Readiness.READY, earliest)
        if settled == NEVER:
            return Decision(Readiness.CLOSE, DONE)
        if became_done:
            return Decision(Readiness.READY, max(settled, PRE_STREAM))
        return Decision(Readiness.NOT_READY, settled)

    def _note(self, i: int, decision: Decision, was_closed: bool) -> bool:
        """Record what stream *i* has ready; return whether it just ended and its end must be reported."""
        if decision.readiness is Readiness.READY:
            self._ready[i] = decision.timestamp
            return False
        if self.process_timestamp_bounds and not was_closed and self._sets[i].last_processed < MAX:
            # The end of a stream is processed like a bound, at the last ordinary timestamp.
            self._sets[i].last_processed = MAX
            self._ready[i] = MAX
            return False
        self._ready[i] = DONE
        return not was_closed

    def awaited(self) -> list[Awaited]:
        """No input waits for another."""
        return []

    def take(self, timestamp: int, packets: list[Packet[Any]]) -> None:
        """Fill in the streams that are ready at *timestamp*; the others give only their bounds."""
        for i, one in enumerate(self._sets):
            if self._ready[i] == timestamp:
                one.take(timestamp, packets)
                self._ready[i] = _NOT_READY
            else:
                one.fill_bounds(packets)
