"""Watching a run in a browser: a page on this machine that shows the annotated pictures as they are made.

`PreviewServer` is given to a job (``JobSettings.preview``), or shown packets by any program. It needs nothing
but the standard library and OpenCV's JPEG encoder.
"""

from graphkit.preview._address import DEFAULT_PORT, Address
from graphkit.preview._broadcaster import FrameBroadcaster, Picture, RunStatistics
from graphkit.preview._server import PreviewServer

__all__ = ["DEFAULT_PORT", "Address", "FrameBroadcaster", "RunStatistics", "Picture", "PreviewServer"]
