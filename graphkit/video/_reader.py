"""Reading a clip: upright RGB pictures with timestamps that strictly increase."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from graphkit._process.closing import Closing
from graphkit.errors import VideoError, VideoOpenError
from graphkit.video._decode import decoded_pictures
from graphkit.video._frames import ColorTags, ReadStats, VideoFrame, VideoInfo
from graphkit.video._network import without_password
from graphkit.video._pixels import RgbConverter
from graphkit.video._source import is_url, open_source
from graphkit.video._timestamps import MICROSECONDS, TimestampClock, to_fraction, to_microseconds

if TYPE_CHECKING:
    import os
    from collections.abc import Generator, Iterator

    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream

_FALLBACK_RATE = Fraction(30)


class VideoReader(Closing):
    """The pictures of a clip, one after the other.

    Rotation metadata is applied, colours follow the file's tags (BT.601 where it has none), and
    damaged packets cost their own pictures only. A clip is read once, from start to end::

        with VideoReader("clip.mp4") as reader:
            for frame in reader:
                show(frame.data, frame.timestamp_us)
        if reader.stats.truncated:
            print(reader.stats.reason)

    Args:
        path: a video file, or the URL of one.
        threads: decoder threads, 0 for one a core. Two give most of the gain.
        opened: what ``open_source`` returned for it, where that was called already; closed with the reader.

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
        threads: int = 2,
        opened: tuple[InputContainer, VideoStream] | None = None,
    ) -> None:
        self._container, stream = opened or open_source(path)
        try:
            stream.thread_type = "AUTO"
            stream.codec_context.thread_count = threads
            self.stats = ReadStats()
            self._pictures = decoded_pictures(self._container, stream, self.stats)
            first = next(self._pictures, None)
            if first is None:
                why = _no_picture(self.stats, remote=is_url(path))
                raise VideoOpenError(f"{without_password(str(path))}: {why}")
            self.info = describe(path if is_url(path) else Path(path), self._container, stream, first)
        except BaseException:
            self._container.close()
            raise
        self._closed = False
        self._frames = self._upright_frames(first)

    def __iter__(self) -> Iterator[VideoFrame]:
        return self

    def __next__(self) -> VideoFrame:
        if self._closed:
            raise VideoError(f"{self.info.path}: the reader is closed.")
        return next(self._frames)

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._closed = True
        self._frames.close()
        self._pictures.close()
        self._container.close()

    def _upright_frames(self, first: av.VideoFrame) -> Generator[VideoFrame]:
        clock = TimestampClock(self.info.time_base, self.info.frame_rate)
        converter = RgbConverter()
        picture: av.VideoFrame | None = first
        while picture is not None:
            timestamp_us = clock.stamp(picture.pts, picture.dts)
            frame = VideoFrame(converter.convert(picture), timestamp_us)
            self.stats.frames += 1
            self.stats.timestamps_repaired = clock.repaired
            yield frame
            picture = next(self._pictures, None)


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


def describe(path: Path | str, container: InputContainer, stream: VideoStream, first: av.VideoFrame) -> VideoInfo:
    """Return what an open container and its first picture tell."""
    rotation = first.rotation // 90 % 4 * 90
    aspect = to_fraction(stream.sample_aspect_ratio or Fraction(1))
    width, height = first.width, first.height
    if rotation in {90, 270}:
        width, height, aspect = height, width, 1 / aspect
    rate = to_fraction(stream.average_rate or stream.guessed_rate or _FALLBACK_RATE)
    time_base = to_fraction(stream.time_base or Fraction(1, MICROSECONDS))
    duration_us = _duration_us(container, stream, time_base)
    audio = container.streams.audio
    return VideoInfo(
        path=path,
        width=width,
        height=height,
        frame_rate=rate,
        frame_count=stream.frames or round(duration_us * rate / MICROSECONDS),
        duration_us=duration_us,
        first_timestamp_us=TimestampClock(time_base, rate).stamp(first.pts, first.dts),
        time_base=time_base,
        rotation=rotation,
        sample_aspect_ratio=aspect,
        codec=stream.codec_context.name,
        pixel_format=first.format.name,
        color=ColorTags(first.colorspace, first.color_range, first.color_primaries, first.color_trc),
        audio_codec=audio[0].codec_context.codec.canonical_name if audio and audio[0].codec_context else "",
    )


def _duration_us(container: InputContainer, stream: VideoStream, time_base: Fraction) -> int:
    if stream.duration:
        return to_microseconds(stream.duration, time_base)
    # A container's duration is in microseconds (AV_TIME_BASE).
    return container.duration or 0
