"""FrameJoin: the packets of several streams, one set per frame, frames without packets included."""

from __future__ import annotations

from bisect import insort
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Joined(NamedTuple):
    """A frame that waits for nothing any more.

    Attributes:
        timestamp: microseconds.
        payloads: by stream; one without a packet at this time is missing.
    """

    timestamp: int
    payloads: dict[str, Any]


class FrameJoin:
    """Puts together what streams carry at the time of each frame; every method returns the frames that are ready.

    Frames are the times at which a picture was fed, or at which the main stream has a packet. A frame waits until
    the main stream is settled at its time, and for the others as well, but not for ever: a graph that settles
    them late, or never, must not make frames pile up.

    Args:
        main: the stream that is waited for as long as it takes.
        others: further streams.
        most_waiting: frames that may wait for the others.
    """

    def __init__(self, main: str, others: Iterable[str] = (), most_waiting: int = 64) -> None:
        self._main, self._most_waiting = main, most_waiting
        self._others = [stream for stream in others if stream != main]
        self._settled: dict[str, int] = {}
        self._payloads: dict[str, dict[int, Any]] = {stream: {} for stream in (main, *self._others)}
        self._frames: deque[int] = deque()
        self._last: int | None = None

    def frame(self, timestamp: int) -> list[Joined]:
        """Take note of a frame at *timestamp* (microseconds)."""
        self._add_frame(timestamp)
        return self._ready()

    def packet(self, stream: str, timestamp: int, payload: Any | None) -> list[Joined]:
        """Take what *stream* has at *timestamp*, or None: all times up to it are settled now."""
        late = self._last is not None and timestamp <= self._last
        if payload is not None and not late:
            if stream == self._main:
                self._add_frame(timestamp)
            self._payloads[stream][timestamp] = payload
        self._settled[stream] = timestamp
        return self._ready()

    def rest(self) -> list[Joined]:
        """Return everything that still waits."""
        return [self._next() for _ in range(len(self._frames))]

    def _add_frame(self, timestamp: int) -> None:
        if not self._frames or timestamp > self._frames[-1]:
            if self._last is None or timestamp > self._last:
                self._frames.append(timestamp)
        elif timestamp not in self._frames:
            insort(self._frames, timestamp)

    def _ready(self) -> list[Joined]:
        ready = []
        while self._frames and self._may_go(self._frames[0]):
            ready.append(self._next())
        return ready

    def _may_go(self, timestamp: int) -> bool:
        if not self._is_settled(self._main, timestamp):
            return False
        return len(self._frames) > self._most_waiting or all(
            self._is_settled(stream, timestamp) for stream in self._others
        )

    def _is_settled(self, stream: str, timestamp: int) -> bool:
        settled = self._settled.get(stream)
        return settled is not None and timestamp <= settled

    def _next(self) -> Joined:
        timestamp = self._last = self._frames.popleft()
        payloads = {}
        for stream, waiting in self._payloads.items():
            for passed in [time for time in waiting if time < timestamp]:
                del waiting[passed]
            if timestamp in waiting:
                payloads[stream] = waiting.pop(timestamp)
        return Joined(timestamp, payloads)
