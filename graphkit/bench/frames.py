"""What a measured graph is fed with: frames in memory, and a clip whose reading is watched."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from graphkit.bench.meter import READING
from graphkit.jobs import Moment
from graphkit.video import BackgroundReader, ReadStats, VideoReader

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from graphkit.bench.meter import Meter
    from graphkit.jobs.pixels import Picture, Pixels
    from graphkit.video import VideoFrame

    Wrap = Callable[[Pixels], Picture]


class MemoryFeed:
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
        self.stats = ReadStats()
        self._stream, self._wrap = stream, wrap

    def __iter__(self) -> Iterator[Moment]:
        for frame in self._frames:
            yield Moment(frame.timestamp_us, {self._stream: self._wrap(frame.data)})

    def close(self) -> None:
        """Let the frames go."""
        self._frames = []


class WatchedClip:
    """The frames of a clip, decoded ahead on a thread of their own as a run does, with a meter beside it.

    Args:
        path: the clip.
        stream: the graph input stream they go to.
        wrap: makes an array the payload that the stream takes.
        ahead: frames that may be decoded and not yet fed.
        meter: told what the reading took.
    """

    def __init__(self, path: str | os.PathLike[str], stream: str, wrap: Wrap, ahead: int, meter: Meter) -> None:
        reader = VideoReader(path)
        self.info, self.stats, self.total = reader.info, reader.stats, reader.info.frame_count
        self._stream, self._wrap = stream, wrap
        self._frames = BackgroundReader(_WatchedReader(reader, meter), ahead)

    def __iter__(self) -> Iterator[Moment]:
        for frame in self._frames:
            yield Moment(frame.timestamp_us, {self._stream: self._wrap(frame.data)})

    def close(self) -> None:
        """Stop decoding and close the clip."""
        self._frames.close()


class _WatchedReader:
    """A reader whose steps are timed, on the thread that reads."""

    def __init__(self, reader: VideoReader, meter: Meter) -> None:
        self._reader, self._meter = reader, meter

    def __iter__(self) -> Iterator[VideoFrame]:
        while True:
            with self._meter.part(READING):
                frame = next(self._reader, None)
            if frame is None:
                return
            yield frame

    def close(self) -> None:
        self._reader.close()
