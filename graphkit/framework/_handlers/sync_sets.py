"""SyncSetInputStreamHandler: streams of one set wait for each other, sets do not (S14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.errors import ConfigError
from graphkit.framework import Awaited, Decision, InputStreamHandler, Readiness, input_stream_handler
from graphkit.framework._handlers.named_stream import named_stream
from graphkit.framework._handlers.sync_set import SyncSet
from graphkit.framework._input_stream_handler import awaited_together

if TYPE_CHECKING:
    from graphkit.framework import Packet


@input_stream_handler("SyncSetInputStreamHandler")
class SyncSetInputStreamHandler(InputStreamHandler):
    """Processes the earliest timestamp that is ready in any set.

    Options: ``sync_set``, a list of ``{"tag_index": ["TAG:0", ...]}``. Streams that no set names form one
    more set.
    """

    def prepare(self) -> None:
        """Make the sets that the options name; raises ConfigError for a stream that does not exist."""
        rest = list(self.streams)
        groups = []
        for entry in self.options.get("sync_set", ()):
            group = [named_stream(self, "sync_set", text) for text in entry.get("tag_index", ())]
            for stream in group:
                if stream not in rest:
                    raise ConfigError(f'stream "{stream.name}" is in two sync sets')
                rest.remove(stream)
            groups.append(group)
        if rest:
            groups.append(rest)
        self._sets = [SyncSet(group, process_bounds=self.process_timestamp_bounds) for group in groups]
        self._ready: dict[SyncSet, int] = {}

    def can_do_without(self, index: int) -> bool:
        """A set without *index* does not wait for it."""
        return any(self.streams[index] not in one.streams for one in self._sets)

    def readiness(self) -> Decision:
        """Return the earliest timestamp that any set has ready."""
        settled = None
        for one in self._sets:
            if one in self._ready or one.closed:
                continue
            decision = one.readiness()
            if decision.readiness is Readiness.READY:
                self._ready[one] = decision.timestamp
            elif decision.readiness is Readiness.NOT_READY:
                settled = decision.timestamp if settled is None else min(settled, decision.timestamp)
        if self._ready:
            return Decision(Readiness.READY, min(self._ready.values()))
        if settled is None:
            return Decision(Readiness.CLOSE, 0)
        return Decision(Readiness.NOT_READY, settled)

    def awaited(self) -> list[Awaited]:
        """Inputs of one set wait for each other."""
        return [each for one in self._sets for each in awaited_together(one.streams)]

    def take(self, timestamp: int, packets: list[Packet[Any]]) -> None:
        """Fill in the sets that are ready at *timestamp*; the others give only their bounds."""
        for one in self._sets:
            if self._ready.get(one) == timestamp:
                del self._ready[one]
                one.take(timestamp, packets)
            else:
                one.fill_bounds(packets)
