"""What a measured graph is fed with: frames in memory, and a clip whose reading is watched."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from graphkit.app.bench.meter import READING
from graphkit.jobs import InputSet, Source
from graphkit.video import VideoReader

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from graphkit.app.bench.meter import Meter
    from graphkit.jobs._pixels import Picture, Pixels
    from graphkit.video import VideoFrame

    Wrap = Callable[[Pixels], Picture]


class MemorySource(Source):
    """The first frames of a clip, decoded before the run.

    Args:
        path: the clip.
        stream: the graph input stream they go to.
        wrap: makes an array the payload that the stream takes.
        limit: the most frames to hold.
    """

    def __init__(self, path: str | os.PathLike[str], stream: str, wrap: Wrap, limit: int) -> None:
        with VideoReader(path) as reader:
            self._frames = list(islice(reader, limit))
        self.total = len(self._frames)
        self._stream, self._wrap = stream, wrap

    def __iter__(self) -> Iterator[InputSet]:
        for frame in self._frames:
            yield InputSet(frame.timestamp_us, {self._stream: self._wrap(frame.data)})

    def close(self) -> None:
        """Drop the frames."""
        self._frames = []


class WatchedReader(VideoReader):
    """A reader whose steps are timed, on the thread that reads.

    Args:
        path: the clip.
        meter: gets the time that reading took.
    """

    def __init__(self, path: str | os.PathLike[str], meter: Meter) -> None:
        super().__init__(path)
        self._meter = meter

    def __next__(self) -> VideoFrame:
        with self._meter.part(READING):
            return super().__next__()
