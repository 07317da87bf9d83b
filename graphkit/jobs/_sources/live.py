"""LiveSource: a camera, or a stream without an end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from graphkit.jobs._source import InputSet, Source
from graphkit.jobs._streams import check_images
from graphkit.video import LiveSource as Capture
from graphkit.video import LiveVideo, is_camera, open_camera

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.container import InputContainer
    from av.video.stream import VideoStream

    from graphkit.jobs._pixels import Picture, Pixels
    from graphkit.jobs._source import Origin
    from graphkit.jobs._summary import Summary
    from graphkit.video import VideoInfo


class LiveSource(Source):
    """The newest pictures of a camera or stream; those that come while the graph is busy are dropped.

    Args:
        live: closed with the source.
        stream: the graph input stream that the pictures go to.
        wrap: makes an array the payload that the stream takes, see `wrapper_for`.

    Attributes:
        video: facts about the camera or stream.
    """

    is_live = True
    video: VideoInfo

    def __init__(self, live: LiveVideo, stream: str, wrap: Callable[[Pixels], Picture]) -> None:
        self.video = live.info
        self._live, self._stream, self._wrap = live, stream, wrap

    @classmethod
    def of(
        cls, name: str, container: InputContainer, video: VideoStream, origin: Origin, *, is_camera: bool = False
    ) -> Self:
        """Return the source of an open camera or stream."""
        live = LiveVideo(Capture(name, container, video, is_camera=is_camera))
        return cls(live, origin.stream, origin.wrap)

    @classmethod
    def claims(cls, place: str) -> bool:
        """Return whether *place* is a camera's device, or nothing: the first camera."""
        return not place or is_camera(place)

    @classmethod
    def opened(cls, origin: Origin) -> Source:
        """Open a camera: the device that is named, or the first that can be opened.

        Raises:
            UsageError: the stream takes no images.
            CameraError: no camera, or none that can be opened.
        """
        check_images(origin.place or "a camera", origin.carried)
        container, video = open_camera(origin.place or None, origin.camera)
        return cls.of(container.name, container, video, origin, is_camera=True)

    @property
    def dropped(self) -> int:
        """Pictures that were dropped so far."""
        return self._live.dropped

    def __iter__(self) -> Iterator[InputSet]:
        for frame in self._live:
            yield InputSet(frame.timestamp_us, {self._stream: self._wrap(frame.data)})

    def stop(self) -> None:
        """End the iteration, also one that waits for a picture; from any thread."""
        self._live.stop()

    def close(self) -> None:
        """Close the camera or stream; safe to call twice."""
        self._live.close()

    def report(self, summary: Summary) -> None:
        """Add what was dropped, and what was wrong with the pictures."""
        summary.dropped = (summary.dropped or 0) + self.dropped
        summary.add_reading(self._live.stats)
