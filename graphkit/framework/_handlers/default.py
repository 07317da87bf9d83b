"""DefaultInputStreamHandler: all inputs are one synchronised set (S12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.framework import Decision, InputStreamHandler, input_stream_handler
from graphkit.framework._handlers.sync_set import SyncSet

if TYPE_CHECKING:
    from graphkit.framework import Packet


@input_stream_handler("DefaultInputStreamHandler")
class DefaultInputStreamHandler(InputStreamHandler):
    """Processes T once every stream is settled at T and at least one has a packet there."""

    any_arrival_order = True

    def prepare(self) -> None:
        """Make the one set."""
        self._set = SyncSet(self.streams, process_bounds=self.process_timestamp_bounds)

    def can_do_without(self, index: int) -> bool:
        """Every input is required."""
        return False

    def readiness(self) -> Decision:
        """Return what the set can do."""
        return self._set.readiness()

    def take(self, timestamp: int, packets: list[Packet[Any]]) -> None:
        """Fill in the packets at *timestamp*."""
        self._set.take(timestamp, packets)
