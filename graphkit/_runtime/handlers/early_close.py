"""EarlyCloseInputStreamHandler: the default policy, but the node ends with its first stream."""

from __future__ import annotations

from graphkit._runtime.handlers.default import DefaultInputStreamHandler
from graphkit._runtime.handlers.sync_set import DONE
from graphkit.framework import Decision, Readiness, input_stream_handler


@input_stream_handler("EarlyCloseInputStreamHandler")
class EarlyCloseInputStreamHandler(DefaultInputStreamHandler):
    """Synchronises as the default policy does, and closes as soon as one stream is done; the rest is dropped."""

    def readiness(self) -> Decision:
        """Return CLOSE where a stream is done, else what the set can do."""
        if any(stream.is_done for stream in self.streams):
            return Decision(Readiness.CLOSE, DONE)
        return super().readiness()
