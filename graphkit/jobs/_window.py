"""InFlightWindow: bounds the number of frames between feeding and output (S41)."""

from __future__ import annotations

import logging
import threading
from collections import deque
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG = logging.getLogger(__name__)
_STALL_CHECK_SECONDS = 0.05


class InFlightWindow:
    """Counts frames in by their timestamps and out by what the watched streams settle.

    A frame is out once every watched stream has a packet at its time, or is known to get none. There are
    graphs in which that never happens in time: one that collects ten frames before it answers, or a
    stream on another clock, as inside a loop. Such a graph falls idle with the window full; from then on
    the window feeds its limit, waits until the graph is idle, and so on.

    Args:
        limit: the most frames in flight, at least 1.
        streams: how many streams are watched; with none, the graph's idleness is the only measure.
        is_idle: ``is_idle(timeout)`` waits up to *timeout* seconds (None: for ever) for the graph to have
            nothing left to do, and tells whether it has.
        on_out: called with the number of frames that are out, one call at a time.

    Attributes:
        out: frames that are out.
    """

    def __init__(
        self, limit: int, streams: int, is_idle: Callable[[float | None], bool], on_out: Callable[[int], None]
    ) -> None:
        self.out = 0
        self._limit = limit
        self._is_idle = is_idle
        self._on_out = on_out
        self._by_idleness = streams == 0
        self._settled: list[int | None] = [None] * streams
        self._lock = threading.Lock()
        self._pending: deque[int] = deque()
        self._moved: SimpleQueue[None] = SimpleQueue()

    def enter(self, timestamp_us: int) -> None:
        """Count a frame that is about to be fed; later than the one before."""
        with self._lock:
            self._pending.append(timestamp_us)

    def settle(self, stream: int, timestamp_us: int) -> None:
        """Note that the *stream*-th watched stream is settled up to *timestamp_us*."""
        if self._by_idleness:
            return
        with self._lock:
            self._settled[stream] = timestamp_us
            reached = [at for at in self._settled if at is not None]
            if len(reached) == len(self._settled):
                self._release(min(reached))

    def wait_for_room(self) -> None:
        """Wait until fewer frames than the limit are in flight, or the limit was lifted."""
        while len(self._pending) >= self._limit:
            if self._by_idleness:
                self._is_idle(None)
                self._empty()
                return
            try:
                self._moved.get(timeout=_STALL_CHECK_SECONDS)
            except Empty:
                self._look_for_stall()

    def all_out(self) -> None:
        """Count every frame as out: the graph has ended."""
        self._empty()

    def open_for_good(self) -> None:
        """Let every frame pass from now on: the run has failed or was cancelled."""
        self._limit = 1 << 62
        self._moved.put(None)

    def _look_for_stall(self) -> None:
        before = self.out
        if self._is_idle(0) and self.out == before and len(self._pending) >= self._limit:
            _LOG.debug("the graph fell idle with %d frames unanswered; feeding by idleness", len(self._pending))
            self._by_idleness = True

    def _empty(self) -> None:
        with self._lock:
            self._release(None)

    def _release(self, up_to: int | None) -> None:
        """Under the lock: count the frames up to a time, or all, as out."""
        before = self.out
        while self._pending and (up_to is None or self._pending[0] <= up_to):
            self._pending.popleft()
            self.out += 1
        if self.out != before:
            self._on_out(self.out)
            self._moved.put(None)
