"""LiveVideo: a camera or stream, of which the newest picture is always returned."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from fractions import Fraction
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from graphkit._process.closing import Closing
from graphkit.errors import LiveInputLostError, VideoOpenError
from graphkit.video._decode import decode_packet
from graphkit.video._describe import describe
from graphkit.video._frames import ReadStats, VideoFrame, VideoInfo
from graphkit.video._interlace import progressive
from graphkit.video._latest_value import LatestValueSlot
from graphkit.video._network import lost_reason
from graphkit.video._pixels import RgbConverter
from graphkit.video._timestamps import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream

log = logging.getLogger("graphkit.video")

_FALLBACK_RATE: Final = Fraction(30)
_SANE_RATES: Final = range(1, 241)
_CLOSE_SECONDS: Final = 2.0


class LiveSource(NamedTuple):
    """An open camera or stream.

    Attributes:
        name: as messages show it.
        container, stream: PyAV's; closed by the `LiveVideo` that is made of it.
        is_camera: a device, which never ends by itself; a stream may.
    """

    name: str
    container: InputContainer
    stream: VideoStream
    is_camera: bool = False


class _Arrival(NamedTuple):
    picture: av.VideoFrame
    at_us: int


class LiveVideo(Closing):
    """Pictures as they arrive, captured on a thread of its own from the moment it is made.

    Iterating returns the newest picture that came since the last one, and waits if there is none; older
    ones are dropped and counted. Timestamps are times of arrival on a clock that never goes back, in
    microseconds since the first picture that was returned: the stamps of cameras and senders start
    anywhere, jump, and are missing from some.

    Args:
        source: closed with this object.
        timeout_seconds: seconds without a picture after which the source counts as lost.

    Attributes:
        info: facts about the source; no length, no sound.
        stats: counts so far; `frames` is the number returned.

    Raises:
        VideoOpenError: no picture comes.
    """

    def __init__(self, source: LiveSource, *, timeout_seconds: float = 10.0) -> None:
        self.stats = ReadStats()
        self._source, self._timeout_seconds = source, timeout_seconds
        self._newest: LatestValueSlot[_Arrival] = LatestValueSlot()
        self._first: SimpleQueue[VideoInfo | None] = SimpleQueue()
        self._stopped = False
        self._captured = 0
        self._error: Exception | None = None
        self._ended = threading.Event()
        self._converter = RgbConverter()
        self._origin_us: int | None = None
        self._last_us = -1
        self._thread = threading.Thread(target=self._capture, name="graphkit-capture", daemon=True)
        self._thread.start()
        try:
            self.info = self._first_facts()
        except BaseException:
            self.close()
            raise

    @property
    def dropped(self) -> int:
        """Pictures that a newer one replaced before they were asked for, since the first one was."""
        return self._newest.replaced

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> VideoFrame:
        try:
            arrival = self._newest.take(self._timeout_seconds)
        except TimeoutError:
            raise self._lost(f"no picture for {self._timeout_seconds:.0f} s.") from None
        if self._stopped:
            raise StopIteration
        if arrival is None:
            self._raise_error()
            raise StopIteration
        self.stats.frames += 1
        return VideoFrame(self._converter.convert(arrival.picture), self._stamp(arrival.at_us))

    def stop(self) -> None:
        """End the iteration, also one that waits; from any thread."""
        self._stopped = True
        self._newest.end()

    def close(self) -> None:
        """Stop, and close the source; safe to call twice."""
        self.stop()
        # A driver that hangs would hold its thread, and so the program, for ever.
        if self._ended.wait(_CLOSE_SECONDS):
            self._thread.join()
        else:
            log.warning("%s: does not answer; it is left as it is.", self._source.name)

    # -- the capturing thread ------------------------------------------------------------------------------

    def _capture(self) -> None:
        try:
            self._read()
        except Exception as error:  # raised where pictures are waited for
            self._error = error
        finally:
            self._first.put(None)
            self._newest.end()
            self._source.container.close()
            self._ended.set()

    def _read(self) -> None:
        for picture, at_us in progressive(self._arrivals(), self.stats):
            if not self._captured:
                # By this thread: it alone knows that the source is still open.
                self._first.put(self._described(picture))
            self._captured += 1
            self._newest.put(_Arrival(picture, at_us))

    def _arrivals(self) -> Iterator[tuple[av.VideoFrame, int]]:
        source, damage = self._source, ReadStats()
        # Decoding frames in parallel would hold back one for each thread.
        source.stream.thread_type = "SLICE"
        for packet in source.container.demux(source.stream):
            if self._stopped:
                return
            if not packet.size:
                continue
            for picture in decode_packet(source.stream, packet, damage):
                yield picture, time.monotonic_ns() // 1000
            if self._captured:
                # What comes before the first key picture cannot be decoded and is no damage.
                damage = self.stats

    def _described(self, first: av.VideoFrame) -> VideoInfo:
        info = describe(self._source.name, self._source.container, self._source.stream, [first])
        return replace(
            info,
            frame_rate=info.frame_rate if round(info.frame_rate) in _SANE_RATES else _FALLBACK_RATE,
            frame_count=0,
            duration_us=0,
            first_timestamp_us=0,
            time_base=Fraction(1, MICROSECONDS),
            audio_codec="",
        )

    # -- the others ----------------------------------------------------------------------------------------

    def _first_facts(self) -> VideoInfo:
        name = self._source.name
        try:
            info = self._first.get(timeout=self._timeout_seconds)
        except Empty:
            raise VideoOpenError(f"gave no picture within {self._timeout_seconds:.0f} s.", path=name) from None
        if info is None:
            why = f" {self._why(self._error)}" if self._error else ""
            raise VideoOpenError(f"ended before its first picture.{why}", path=name) from self._error
        return info

    def _stamp(self, at_us: int) -> int:
        if self._origin_us is None:
            self._origin_us = at_us
        self._last_us = max(at_us - self._origin_us, self._last_us + 1)
        return self._last_us

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._lost(self._why(self._error)) from self._error
        if self._source.is_camera:
            raise self._lost("it gives nothing any more. Was it unplugged?")

    def _why(self, error: Exception) -> str:
        if self._source.is_camera:
            return f"{getattr(error, 'strerror', None) or error}. Was it unplugged?"
        return f"{lost_reason(error)}."

    def _lost(self, why: str) -> LiveInputLostError:
        return LiveInputLostError(self._source.name, self._captured, why)
