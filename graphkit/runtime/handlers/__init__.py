"""The input stream handlers that come with graphkit; importing this registers them."""

from graphkit.runtime.handlers.barrier import BarrierInputStreamHandler
from graphkit.runtime.handlers.default import DefaultInputStreamHandler
from graphkit.runtime.handlers.early_close import EarlyCloseInputStreamHandler
from graphkit.runtime.handlers.fixed_size import FixedSizeInputStreamHandler
from graphkit.runtime.handlers.immediate import ImmediateInputStreamHandler
from graphkit.runtime.handlers.mux import MuxInputStreamHandler
from graphkit.runtime.handlers.sync_sets import SyncSetInputStreamHandler
from graphkit.runtime.handlers.timestamp_align import TimestampAlignInputStreamHandler

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
