"""Interlaced pictures as whole ones: two times in one picture, line by line, make combs of whatever moves."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import av

    from graphkit.video._frames import ReadStats

    Timed = tuple[av.VideoFrame, int]


def progressive(pictures: Iterable[Timed], stats: ReadStats) -> Iterator[Timed]:
    """Yield pictures, those that are marked as interlaced deinterlaced.

    As long as none is, they pass untouched; from the first on, each waits for the next one.

    Args:
        pictures: decoded pictures with their times in microseconds.
        stats: gets the count of interlaced pictures.
    """
    deinterlacer: _Deinterlacer | None = None
    for picture, timestamp_us in pictures:
        if deinterlacer is not None and not deinterlacer.fits(picture):
            yield from deinterlacer.rest()
            deinterlacer = None
        if picture.interlaced_frame:
            stats.interlaced += 1
            deinterlacer = deinterlacer or _Deinterlacer(picture)
        if deinterlacer is None:
            yield picture, timestamp_us
        else:
            yield from deinterlacer.take(picture, timestamp_us)
    if deinterlacer is not None:
        yield from deinterlacer.rest()


class _Deinterlacer:
    """FFmpeg's bwdif over pictures of one size; leaves those alone that are not marked."""

    def __init__(self, like: av.VideoFrame) -> None:
        from av.filter import Graph

        self._kind = _kind(like)
        self._graph = Graph()
        self._graph.threads = 1
        source = self._graph.add_buffer(
            width=like.width, height=like.height, format=like.format, time_base=Fraction(1, 1000)
        )
        bwdif = self._graph.add("bwdif", "mode=send_frame:deint=interlaced")
        self._graph.link_nodes(source, bwdif, self._graph.add("buffersink")).configure()
        self._taken = 0
        self._times: deque[int] = deque()

    def fits(self, picture: av.VideoFrame) -> bool:
        return _kind(picture) == self._kind

    def take(self, picture: av.VideoFrame, timestamp_us: int) -> Iterator[Timed]:
        self._times.append(timestamp_us)
        # The filter orders by time; ours is kept beside it.
        picture.pts, picture.time_base = self._taken, Fraction(1, 1000)
        self._taken += 1
        self._graph.vpush(picture)
        yield from self._ready()

    def rest(self) -> Iterator[Timed]:
        self._graph.vpush(None)
        yield from self._ready()

    def _ready(self) -> Iterator[Timed]:
        from av.error import BlockingIOError as NotYet
        from av.error import EOFError as EndOfStream

        while self._times:
            try:
                picture = self._graph.vpull()
            except (NotYet, EndOfStream):
                return
            yield picture, self._times.popleft()


def _kind(picture: av.VideoFrame) -> tuple[int, int, str]:
    return picture.width, picture.height, picture.format.name
