"""VideoSource: the frames of a clip, from a file or a URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.jobs._source import InputSet, Source
from graphkit.jobs._sources.live import LiveSource
from graphkit.jobs._streams import check_images
from graphkit.video import BackgroundReader, VideoReader
from graphkit.video._network import is_endless, without_password
from graphkit.video._source import is_url, open_source

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from graphkit.jobs._pixels import Picture, Pixels
    from graphkit.jobs._source import Origin
    from graphkit.jobs._summary import Summary
    from graphkit.video import VideoInfo


class VideoSource(Source):
    """The frames of a clip, decoded ahead on a thread of their own.

    Args:
        clip: its path, or a reader of it; closed with the source.
        stream: the graph input stream that they go to.
        wrap: makes an array the payload that the stream takes, see `wrapper_for`.
        ahead: frames that may be decoded and not yet fed.

    Attributes:
        video: facts about the clip.

    Raises:
        VideoOpenError: the clip cannot be opened.
    """

    video: VideoInfo

    def __init__(
        self,
        clip: str | os.PathLike[str] | VideoReader,
        stream: str,
        wrap: Callable[[Pixels], Picture],
        ahead: int = 4,
    ) -> None:
        reader = clip if isinstance(clip, VideoReader) else VideoReader(clip)
        self.video = reader.info
        self.total = self.video.frame_count
        self._stats = reader.stats
        self._stream, self._wrap = stream, wrap
        self._frames = BackgroundReader(reader, ahead)

    @classmethod
    def claims(cls, place: str) -> bool:
        """Return whether *place* is a URL. Anything else may be a clip, too."""
        return is_url(place)

    @classmethod
    def opened(cls, origin: Origin) -> Source:
        """Open a clip, or a URL.

        A URL is live if its sender sets the pace (rtsp, udp, ...) or it tells no length; an mp4 at an http
        URL is a clip like one on the disk. So is a named pipe: its writer waits.

        Raises:
            UsageError: the stream takes no images.
            VideoOpenError: the clip or URL cannot be opened, or gives no picture.
        """
        check_images(origin.place, origin.carried)
        if not is_url(origin.place):
            reader = VideoReader(origin.place, track=origin.video_track, rate=origin.rate)
            return cls(reader, origin.stream, origin.wrap, origin.ahead)
        container, video = open_source(origin.place, origin.video_track)
        if is_endless(origin.place, container, video):
            return LiveSource.of(without_password(origin.place), container, video, origin)
        return cls(VideoReader(origin.place, opened=(container, video)), origin.stream, origin.wrap, origin.ahead)

    def __iter__(self) -> Iterator[InputSet]:
        for frame in self._frames:
            yield InputSet(frame.timestamp_us, {self._stream: self._wrap(frame.data)})

    def close(self) -> None:
        """Stop decoding and close the clip; safe to call twice."""
        self._frames.close()

    def report(self, summary: Summary) -> None:
        """Add what was wrong with the clip."""
        summary.add_reading(self._stats)
