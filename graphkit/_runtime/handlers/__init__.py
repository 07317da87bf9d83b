"""The input stream handlers that come with graphkit; importing this registers them."""

from graphkit._runtime.handlers.barrier import BarrierInputStreamHandler
from graphkit._runtime.handlers.default import DefaultInputStreamHandler
from graphkit._runtime.handlers.early_close import EarlyCloseInputStreamHandler
from graphkit._runtime.handlers.fixed_size import FixedSizeInputStreamHandler
from graphkit._runtime.handlers.immediate import ImmediateInputStreamHandler
from graphkit._runtime.handlers.mux import MuxInputStreamHandler
from graphkit._runtime.handlers.sync_sets import SyncSetInputStreamHandler
from graphkit._runtime.handlers.timestamp_align import TimestampAlignInputStreamHandler

__all__ = [
    "BarrierInputStreamHandler",
    "DefaultInputStreamHandler",
    "EarlyCloseInputStreamHandler",
    "FixedSizeInputStreamHandler",
    "ImmediateInputStreamHandler",
    "MuxInputStreamHandler",
    "SyncSetInputStreamHandler",
    "TimestampAlignInputStreamHandler",
]
