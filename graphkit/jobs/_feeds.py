"""What a graph is fed with: moments of a clip, or of several files merged by time."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

from graphkit.video import BackgroundReader, ReadStats, VideoReader

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from graphkit.jobs._pixels import Picture, Pixels
    from graphkit.video import VideoInfo


@dataclass(frozen=True, slots=True)
class Moment:
    """What is fed at one time.

    Attributes:
        timestamp_us: in microseconds; strictly increasing within a feed.
        payloads: by graph input stream; a stream that has nothing at this time is missing.
    """

    timestamp_us: int
    payloads: Mapping[str, Any]


class Feed(Protocol):
    """A source of moments.

    Attributes:
        total: how many there will be, 0 where that is not known.
        stats: of a clip's reading; all zeros for other files.
    """

    total: int
    stats: ReadStats

    def __iter__(self) -> Iterator[Moment]: ...

    def close(self) -> None:
        """Release the files; harmless when repeated."""


class VideoFeed:
    """The frames of a clip, decoded ahead on a thread of their own.

    Args:
        clip: its path, or a reader of it; closed with the feed.
        stream: the graph input stream they go to.
        wrap: makes an array the payload that the stream takes, see `wrapper_for`.
        ahead: frames that may be decoded and not yet fed.

    Attributes:
        info: facts about the clip.

    Raises:
        VideoOpenError: the clip cannot be opened.
    """

    def __init__(
        self,
        clip: str | os.PathLike[str] | VideoReader,
        stream: str,
        wrap: Callable[[Pixels], Picture],
        ahead: int = 4,
    ) -> None:
        reader = clip if isinstance(clip, VideoReader) else VideoReader(clip)
        self.info: VideoInfo = reader.info
        self.stats: ReadStats = reader.stats
        self.total = self.info.frame_count
        self._stream, self._wrap = stream, wrap
        self._frames = BackgroundReader(reader, ahead)

    def __iter__(self) -> Iterator[Moment]:
        for frame in self._frames:
            yield Moment(frame.timestamp_us, {self._stream: self._wrap(frame.data)})

    def close(self) -> None:
        """Stop decoding and close the clip; harmless when repeated."""
        self._frames.close()


class MergedFeed:
    """Several series of timed payloads as one, ordered by time; equal times go together.

    Args:
        series: (timestamp in microseconds, payload) pairs by stream, each strictly increasing.
        total: number of different times, 0 where that is not known.
    """

    def __init__(self, series: Mapping[str, Iterable[tuple[int, Any]]], total: int = 0) -> None:
        self.total = total
        self.stats = ReadStats()
        self._series = series

    def __iter__(self) -> Iterator[Moment]:
        tracks = [_named(stream, pairs) for stream, pairs in self._series.items()]
        ordered = heapq.merge(*tracks, key=itemgetter(0))
        for timestamp_us, group in groupby(ordered, key=itemgetter(0)):
            yield Moment(timestamp_us, {stream: payload for _, stream, payload in group})

    def close(self) -> None:
        """Do nothing: the files are closed by their readers."""


def _named(stream: str, pairs: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, str, Any]]:
    for timestamp_us, payload in pairs:
        yield timestamp_us, stream, payload
