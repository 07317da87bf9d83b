"""Reading a clip: upright RGB pictures with timestamps that strictly increase."""

from __future__ import annotations

from collections import deque
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from graphkit._process.closing import Closing
from graphkit._process.system import keep_freed_memory
from graphkit.errors import VideoError, VideoOpenError
from graphkit.video._decode import decoded_pictures
from graphkit.video._describe import describe, opening_clock, remarks
from graphkit.video._frames import ReadStats, VideoFrame
from graphkit.video._interlace import progressive
from graphkit.video._losses import Gaps
from graphkit.video._network import without_password
from graphkit.video._pixels import RgbConverter
from graphkit.video._source import is_url, open_source

if TYPE_CHECKING:
    import os
    from collections.abc import Generator, Iterator
    from fractions import Fraction

    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Pictures that are decoded before the first is returned: they show whether the stamps can be trusted.
_OPENING = 12
_SMALL = 1 << 20
"""Pixels of a picture that one thread decodes."""


class VideoReader(Closing):
    """The pictures of a clip, one after the other.

    Rotations and mirrors are applied, colours follow the file's tags (BT.601 if it has none), and
    damaged packets cost their own pictures only. A clip is read once, from start to end::

        with VideoReader("clip.mp4") as reader:
            for frame in reader:
                show(frame.data, frame.timestamp_us)
        if reader.stats.damaged:
            print(reader.stats.reason, reader.stats.damage)

    Args:
        path: a video file, or the URL of one.
        track: which of its video tracks, counted from 0; None for the largest.
        rate: pictures a second of a file that tells neither times nor a rate; None for a usual one.
        threads: decoder threads, 0 for one per core; None for two, which give most of the gain, or one for small
            pictures. What is read of a damaged clip depends on it.
        opened: what ``open_source`` returned for it, if that was called already; closed with the reader.

    Attributes:
        info: facts about the clip.
        stats: counts, complete once the last picture has been read.

    Raises:
        VideoOpenError: the file cannot be opened or holds no picture that can be decoded.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        track: int | None = None,
        rate: Fraction | None = None,
        threads: int | None = None,
        opened: tuple[InputContainer, VideoStream] | None = None,
    ) -> None:
        self._container, stream = opened or open_source(path, track)
        try:
            stream.thread_type = "AUTO"
            stream.codec_context.thread_count = _threads_for(stream) if threads is None else threads
            self.stats = ReadStats()
            self._pictures = decoded_pictures(self._container, stream, self.stats)
            opening = list(islice(self._pictures, _OPENING))
            if not opening:
                why = _no_picture(self.stats, remote=is_url(path))
                raise VideoOpenError(why, path=without_password(str(path)))
            name = path if is_url(path) else Path(path)
            self.info = describe(name, self._container, stream, opening, rate)
            keep_freed_memory(3 * self.info.width * self.info.height)
            self.stats.remarks += remarks(self.info, self._container, stream)
            self._clock = opening_clock(self._container, stream, opening, self.info.frame_rate)
        except BaseException:
            self._container.close()
            raise
        self._closed = False
        self._frames = self._upright_frames(opening)

    def __repr__(self) -> str:
        info = self.info
        shape = f"{info.width}x{info.height}, {float(info.frame_rate):g} fps"
        length = f", {info.frame_count} frames" if info.frame_count else ""
        return f"VideoReader({str(info.path)!r}, {shape}{length})"

    def __iter__(self) -> Iterator[VideoFrame]:
        return self

    def __next__(self) -> VideoFrame:
        if self._closed:
            raise VideoError("the reader is closed.", path=self.info.path)
        return next(self._frames)

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._closed = True
        self._frames.close()
        self._pictures.close()
        self._container.close()

    def _upright_frames(self, opening: list[av.VideoFrame]) -> Generator[VideoFrame]:
        converter, gaps = RgbConverter(), Gaps()
        for picture, timestamp_us in progressive(self._timed(opening), self.stats):
            gaps.saw(timestamp_us)
            frame = VideoFrame(converter.convert(picture), timestamp_us)
            self.stats.frames += 1
            self.stats.timestamps_repaired = self._clock.repaired
            yield frame
        if self.stats.has_faults:
            # Gaps alone mean nothing: many a recorder leaves out pictures.
            self.stats.frames_lost = gaps.missing()

    def _timed(self, opening: list[av.VideoFrame]) -> Generator[tuple[av.VideoFrame, int]]:
        waiting = deque(opening)
        opening.clear()  # pictures are large: each is dropped once it was returned
        while (picture := waiting.popleft() if waiting else next(self._pictures, None)) is not None:
            yield picture, self._clock.stamp(picture.pts, picture.dts)


def _threads_for(stream: VideoStream) -> int:
    """Return one thread for small pictures: to pass them between threads costs half as much as to decode them.

    It depends on the clip alone, so that a damaged one gives the same pictures on every machine.
    """
    pixels = stream.codec_context.width * stream.codec_context.height
    return 1 if 0 < pixels <= _SMALL else 2


def _no_picture(stats: ReadStats, *, remote: bool) -> str:
    if not stats.corrupt_packets:
        return "its video track holds no picture. Was the recording stopped before it began?"
    way_out = "The file is corrupt; copy or record it again."
    if remote:
        way_out = (
            "Its server may not hand out parts of files (HTTP ranges), without which a clip that has its index at "
            "the end cannot be read: download it and run the file. Or the file is corrupt."
        )
    return f"none of its pictures can be decoded ({stats.corrupt_packets} damaged packets). {way_out}"
