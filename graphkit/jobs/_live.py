"""Live input: cameras, and streams that go on for ever, as the feed of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.framework._packet_type import Kind, compatible
from graphkit.jobs._feeds import Moment, VideoFeed
from graphkit.jobs._streams import IMAGES, stream_type
from graphkit.video import CameraSettings, LiveSource, LiveVideo, VideoReader, is_camera, open_camera
from graphkit.video._network import is_endless, without_password
from graphkit.video._source import is_url, open_source

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from graphkit.config import GraphPlan
    from graphkit.jobs._pixels import Picture, Pixels
    from graphkit.video import ReadStats, VideoInfo

    Wrapper = Callable[[Pixels], Picture]


class LiveFeed:
    """The newest pictures of a camera or stream; those that come while the graph is busy are dropped.

    Args:
        video: closed with the feed.
        stream: the graph input stream that the pictures go to.
        wrap: makes an array the payload that the stream takes, see `wrapper_for`.

    Attributes:
        info: facts about the source.
        stats: of its reading.
        total: 0, for nobody knows.
    """

    def __init__(self, video: LiveVideo, stream: str, wrap: Wrapper) -> None:
        self.info: VideoInfo = video.info
        self.stats: ReadStats = video.stats
        self.total = 0
        self._video, self._stream, self._wrap = video, stream, wrap

    @property
    def dropped(self) -> int:
        """Pictures that were dropped so far."""
        return self._video.dropped

    def __iter__(self) -> Iterator[Moment]:
        for frame in self._video:
            yield Moment(frame.timestamp_us, {self._stream: self._wrap(frame.data)})

    def stop(self) -> None:
        """End the iteration, also one that waits for a picture; from any thread."""
        self._video.stop()

    def close(self) -> None:
        """Close the source; harmless when repeated."""
        self._video.close()


def wants_camera(plan: GraphPlan) -> bool:
    """Return whether a graph takes a stream of images and nothing else, so that a camera can feed it."""
    names = plan.graph_inputs.names
    if len(names) != 1:
        return False
    carried = stream_type(plan, names[0])
    return carried.kind is Kind.ONE_OF and compatible(carried, IMAGES)


def is_file_name(place: str | os.PathLike[str] | None) -> bool:
    """Return whether *place* is a file, or would be: neither a device, nor a URL, nor None for a camera."""
    return not (place is None or is_url(place) or is_camera(place))


def open_feed(
    place: str | os.PathLike[str] | None,
    stream: str,
    wrap: Wrapper,
    *,
    camera: CameraSettings | None = None,
    ahead: int = 4,
) -> VideoFeed | LiveFeed:
    """Open whatever gives pictures.

    A device is live. A URL is live where its sender sets the pace (rtsp, udp, ...) or it tells no length; an
    mp4 behind http is a clip like one on the disk. So is a named pipe: its writer waits.

    Args:
        place: a file, a device, a URL; None for the first camera.
        stream: the graph input stream that the pictures go to.
        wrap: makes an array the payload that the stream takes.
        camera: what a camera is asked for.
        ahead: frames of a clip that may be decoded and not yet fed.

    Raises:
        CameraError: no camera, or none that can be opened.
        VideoOpenError: the clip or URL cannot be opened, or gives no picture.
    """
    if place is None or is_camera(place):
        container, video = open_camera(place, camera)
        return LiveFeed(LiveVideo(LiveSource(container.name, container, video, is_camera=True)), stream, wrap)
    if not is_url(place):
        return VideoFeed(place, stream, wrap, ahead)
    container, video = open_source(place)
    if is_endless(place, container, video):
        return LiveFeed(LiveVideo(LiveSource(without_password(place), container, video)), stream, wrap)
    return VideoFeed(VideoReader(place, opened=(container, video)), stream, wrap, ahead)
