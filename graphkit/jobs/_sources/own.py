"""OwnInput: what a graph reads by itself, seen from outside."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from graphkit.jobs._sink import Tap
from graphkit.jobs._source import Source
from graphkit.jobs._streams import own_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit.config import GraphPlan
    from graphkit.framework import Packet
    from graphkit.jobs._source import InputSet, JobControl
    from graphkit.video import VideoInfo


class OwnInput(Source):
    """Feeds nothing. It counts the frames that the graph's own source makes, and ends them at a limit.

    Args:
        plan: of a graph without input streams.
        limit: the most frames; None for all.
        total: how many frames there will be, 0 if that is not known.
        video: facts about the clip that the graph reads; None if that is not known.
    """

    def __init__(
        self, plan: GraphPlan, limit: int | None = None, *, total: int = 0, video: VideoInfo | None = None
    ) -> None:
        self.total, self.video = total, video
        self._stream, self._limit = own_frames(plan), limit
        self._frames = 0
        self._seen: int | None = None
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[InputSet]:
        return iter(())

    def taps(self) -> list[Tap]:
        """Return the stream of the frames."""
        return [Tap(self._stream, self._take)] if self._stream is not None else []

    def begin(self, job: JobControl) -> None:
        """Remember the job to tell."""
        self._job = job

    def admits(self, timestamp_us: int) -> bool | None:
        """Return whether a result of this time is of a frame within the limit; None while that is unknown."""
        with self._lock:
            if self._seen is None or timestamp_us > self._seen:
                return False if self._frames == self._limit else None
            return True

    def when_moved(self, listener: Callable[[], None]) -> None:
        """Call *listener* whenever `admits` may say more."""
        self._listeners.append(listener)

    def _take(self, packet: Packet[Any]) -> None:
        with self._lock:
            within = self._limit is None or self._frames < self._limit
            if within:
                self._frames, self._seen = self._frames + 1, int(packet.timestamp)
        if within:
            self._job.frames_read(self._frames)
        if self._frames == self._limit:
            self._job.end_input()
        for listener in self._listeners:
            listener()
