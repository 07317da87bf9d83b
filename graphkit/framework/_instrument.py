"""Instrument: a window into a running graph for tracers, profilers, progress bars and tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphkit.framework._timestamp import Timestamp


class Instrument:
    """Hooks that a graph calls around every ``process``; each does nothing until a subclass fills it in.

    They run on the thread that runs the node, outside of any lock, and should be quick. A graph without
    instruments pays nothing for them.
    """

    def process_started(self, node: str, timestamp: Timestamp) -> None:
        """``process`` of *node* is about to be called for *timestamp*."""

    def process_finished(self, node: str, timestamp: Timestamp, seconds: float) -> None:
        """``process`` of *node* returned or raised after *seconds*."""
