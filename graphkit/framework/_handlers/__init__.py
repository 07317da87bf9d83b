"""The input stream handlers that come with graphkit; importing this registers them."""

from typing import Final

from graphkit.framework._handlers.barrier import BarrierInputStreamHandler
from graphkit.framework._handlers.default import DefaultInputStreamHandler
from graphkit.framework._handlers.early_close import EarlyCloseInputStreamHandler
from graphkit.framework._handlers.fixed_size import FixedSizeInputStreamHandler
from graphkit.framework._handlers.immediate import ImmediateInputStreamHandler
from graphkit.framework._handlers.mux import MuxInputStreamHandler
from graphkit.framework._handlers.sync_sets import SyncSetInputStreamHandler
from graphkit.framework._handlers.timestamp_align import TimestampAlignInputStreamHandler

DEFAULT_HANDLER: Final = "DefaultInputStreamHandler"

__all__ = [
    "DEFAULT_HANDLER",
    "BarrierInputStreamHandler",
    "DefaultInputStreamHandler",
    "EarlyCloseInputStreamHandler",
    "FixedSizeInputStreamHandler",
    "ImmediateInputStreamHandler",
    "MuxInputStreamHandler",
    "SyncSetInputStreamHandler",
    "TimestampAlignInputStreamHandler",
]
