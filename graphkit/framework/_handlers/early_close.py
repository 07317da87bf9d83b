"""EarlyCloseInputStreamHandler: the default policy, but the node ends with its first stream (S15)."""

from __future__ import annotations

from graphkit.framework import Decision, Readiness, input_stream_handler
from graphkit.framework._handlers.default import DefaultInputStreamHandler
from graphkit.framework._handlers.sync_set import DONE


@input_stream_handler("EarlyCloseInputStreamHandler")
class EarlyCloseInputStreamHandler(DefaultInputStreamHandler):
    """Synchronises as the default policy does, and closes as soon as one stream is done; the rest is dropped."""

    def readiness(self) -> Decision:
        """Return CLOSE if a stream is done, else what the set can do."""
        if any(stream.is_done for stream in self.streams):
            return Decision(Readiness.CLOSE, DONE)
        return super().readiness()
