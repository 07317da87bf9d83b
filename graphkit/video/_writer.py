"""Writing a clip: RGB pictures with timestamps into a file that plays, also after a kill."""

from __future__ import annotations

import errno
import logging
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from graphkit._process.closing import Closing
from graphkit._process.parts import part
from graphkit.errors import VideoWriteError
from graphkit.video._audio import AudioCopy
from graphkit.video._containers import check_writable, container_format
from graphkit.video._encoders import EncoderSettings
from graphkit.video._frames import ColorTags, WriteStats, YuvPicture
from graphkit.video._outlets import Destination, is_pipe, open_outlet
from graphkit.video._pixels import BT601_MATRIX, LIMITED_RANGE, YuvConverter, letterboxed, to_rgb
from graphkit.video._timestamps import MICROSECONDS, to_microseconds, to_ticks
from graphkit.video._tone import shown_color

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    import av
    from av.packet import Packet
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

    from graphkit.video._frames import VideoInfo

log = logging.getLogger("graphkit.video")

_SRGB_LIKE = ColorTags(primaries=1, transfer=1)
_LONGEST = 1 << 62


class VideoWriter(Closing):
    """A video file being written, picture by picture.

    mp4 and mov files are written in fragments of half a second and finished to ordinary files by
    ``close``, so a killed program leaves a file that plays up to its last moments. Pictures are
    stored as BT.601 limited range and tagged so, with the primaries and transfer of the source.
    H.264 stores 4:2:0 pictures of even sizes only: an odd width or height grows by one pixel that
    repeats its neighbour, and a log line says so; ``yuv444p`` keeps it.

    Args:
        path: the file, or a named pipe, which waits for its reader; its extension (.mp4, .m4v, .mov, .mkv,
            .avi) chooses the container. A `Destination` can be told to wait no longer.
        width: width of the pictures in pixels.
        height: height of the pictures in pixels.
        frame_rate: nominal pictures a second; the timestamps may differ from it (not in an .avi).
        encoder: codec, quality and speed.
        time_base: seconds a tick of the output's clock; None takes the source's or a fine one.
        audio_from: a file whose first audio track is copied along, as far as the video goes.
        source: the clip the pictures come from: gives time base, colour tags and pixel shape, and
            is never overwritten.

    Attributes:
        path: the file.
        stats: counts so far.

    Raises:
        VideoWriteError: the file cannot be created or the settings do not work together.
        VideoOpenError: ``audio_from`` cannot be opened.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        width: int,
        height: int,
        frame_rate: Fraction | int,
        encoder: EncoderSettings | None = None,
        time_base: Fraction | None = None,
        audio_from: str | os.PathLike[str] | None = None,
        source: VideoInfo | None = None,
    ) -> None:
        encoder = encoder or EncoderSettings()
        self.path = Path(path)
        self.stats = WriteStats()
        self._width, self._height = width, height
        self._rate = Fraction(frame_rate)
        self._check(audio_from, source)
        wanted = time_base or (source.time_base if source else None)
        if container_format(path).constant_rate:
            wanted = 1 / self._rate
        self._time_base = encoder.time_base(wanted, self._rate)
        self._last_ticks: int | None = None
        self._end_us = 0
        self._last_gap: int | None = None  # in ticks, of pictures that come from no clip
        self._has_source = source is not None
        self._closed = self._failed = False
        destination = path if isinstance(path, Destination) else Destination(path)
        self._open(encoder, audio_from, source, destination)

    def _check(self, audio_from: str | os.PathLike[str] | None, source: VideoInfo | None) -> None:
        if self._width < 1 or self._height < 1 or self._rate <= 0:
            raise VideoWriteError(
                f"a video of {self._width}x{self._height} pixels at {self._rate} frames a "
                "second cannot be written; all three must be positive.",
                path=self.path,
            )
        inputs = ([audio_from] if audio_from else []) + ([source.path] if source else [])
        check_writable(self.path, inputs)

    def _open(
        self,
        encoder: EncoderSettings,
        audio_from: str | os.PathLike[str] | None,
        source: VideoInfo | None,
        destination: Destination,
    ) -> None:
        import av

        kind = container_format(self.path)
        coded_width, coded_height = encoder.coded_size(self._width, self._height)
        if (coded_width, coded_height) != (self._width, self._height):
            log.warning(
                "%s: H.264 cannot store %dx%d pixels as 4:2:0; written as %dx%d with the edge repeated.",
                self.path, self._width, self._height, coded_width, coded_height,
            )  # fmt: skip
        self._converter = YuvConverter(coded_width, coded_height, encoder.pixel_format)
        self._audio: AudioCopy | None = None
        with self._reporting():
            self._outlet = open_outlet(destination)
            options = {**kind.options, **(kind.streamed if is_pipe(self.path) else {})}
            try:
                self._container = av.open(self._outlet, "w", format=kind.name, container_options=options)
            except BaseException:
                self._outlet.close()
                raise
            try:
                stream = encoder.add_stream(self._container, self._rate)
                stream.width, stream.height = coded_width, coded_height
                if kind.constant_rate:
                    stream.codec_context.max_b_frames = 0  # no room for a presentation time either
                self._tag(stream.codec_context, source)
                stream.time_base = self._time_base
                self._stream = stream
                if audio_from and is_pipe(audio_from):
                    self.stats.audio_problem = (
                        f"{audio_from}: a pipe is read only once, for its pictures; the output has no sound. "
                        "Copy the clip to a file first."
                    )
                elif audio_from:
                    self._audio = AudioCopy(audio_from, self._container, keep_lead_in=kind.negative_times)
                self._container.start_encoding()
            except BaseException:
                self._abandon()
                raise

    def _tag(self, context: av.VideoCodecContext, source: VideoInfo | None) -> None:
        color = source.color if source else _SRGB_LIKE
        context.time_base = self._time_base
        context.colorspace = BT601_MATRIX
        context.color_range = LIMITED_RANGE
        context.color_primaries, context.color_trc = shown_color(color)
        if source and source.sample_aspect_ratio != 1:
            context.sample_aspect_ratio = source.sample_aspect_ratio

    def write(self, rgb: NDArray[np.uint8] | YuvPicture, timestamp_us: int) -> None:
        """Encode one picture.

        Args:
            rgb: (H, W, 3) uint8, RGB, top-left origin, or a YuvPicture; another size than the writer's is
                letterboxed.
            timestamp_us: presentation time in microseconds; later than the last, or it is moved.

        Raises:
            VideoWriteError: not such an array, the writer is closed, or the file cannot be written.
        """
        with part("encode"):
            self._encode(self._converted(rgb), timestamp_us)
        self.stats.frames += 1

    def _encode(self, picture: av.VideoFrame, timestamp_us: int) -> None:
        picture.pts = self._next_ticks(timestamp_us)
        picture.time_base = self._time_base
        self._end_us = timestamp_us + round(MICROSECONDS / self._rate)
        with self._reporting():
            self._mux(self._stream.encode(picture))

    def _converted(self, rgb: NDArray[np.uint8] | YuvPicture) -> av.VideoFrame:
        """Return the encoder's picture, without a timestamp."""
        if isinstance(rgb, YuvPicture):
            picture = None if self._closed else self._converter.from_planes(rgb)
            if picture is not None:
                return picture
            rgb = to_rgb(rgb)
        self._check_picture(rgb)
        if rgb.shape[:2] != (self._height, self._width):
            rgb = letterboxed(rgb, self._width, self._height)
            self.stats.letterboxed += 1
        return self._converter.convert(rgb)

    def copy_rest_of_audio(self) -> None:
        """Copy the audio that lasts longer than the video too, before ``close``."""
        with self._reporting():
            self._copy_audio(_LONGEST)

    def close(self) -> None:
        """Finish the file; closing twice is harmless.

        Raises:
            VideoWriteError: the last pictures cannot be written.
        """
        if self._closed:
            return
        self._closed = True
        if self._failed:
            self._abandon()
            return
        try:
            with self._reporting():
                self._mux(self._with_last_duration(self._stream.encode(None)))
                self._copy_audio(self._end_us)
                self._container.close()
                self._outlet.close()
        except VideoWriteError:
            self._abandon()
            raise
        if self._audio is not None:
            self._audio.close()

    def _check_picture(self, rgb: NDArray[np.uint8]) -> None:
        if self._closed:
            raise VideoWriteError("the writer is closed.", path=self.path)
        shape: tuple[int, ...] = getattr(rgb, "shape", ())
        dtype = getattr(rgb, "dtype", type(rgb).__name__)
        if len(shape) != 3 or shape[2] != 3 or 0 in shape or dtype != np.uint8:
            raise VideoWriteError(
                f"expected a picture as an (H, W, 3) uint8 RGB array, found shape {shape} of {dtype}.",
                path=self.path,
            )

    def _next_ticks(self, timestamp_us: int) -> int:
        if self._last_ticks is None:
            # A player cuts off what is before zero, so sound and picture move together.
            self.stats.shift_us = max(0, -timestamp_us)
        ticks = to_ticks(timestamp_us + self.stats.shift_us, self._time_base)
        if self._last_ticks is not None and ticks <= self._last_ticks:
            ticks = self._last_ticks + 1
            self.stats.timestamps_repaired += 1
        if self._last_ticks is not None and not self._has_source:
            self._last_gap = ticks - self._last_ticks
        self._last_ticks = ticks
        return ticks

    def _with_last_duration(self, packets: list[Packet[VideoStream]]) -> list[Packet[VideoStream]]:
        """Have the last picture last as long as the one before: without a clip nothing else tells its rate."""
        for packet in packets:
            if self._last_gap is not None and self._last_ticks is not None and packet.pts is not None:
                at = packet.pts * packet.time_base
                if at == self._last_ticks * self._time_base:
                    packet.duration = round(self._last_gap * self._time_base / packet.time_base)
        return packets

    def _mux(self, packets: list[Packet[VideoStream]]) -> None:
        """Write encoded pictures, each after the sound that precedes it.

        The encoder may hold pictures back. Sound never runs ahead of what it gives out, or the muxer
        would have to start the file without knowing when the video begins.
        """
        for packet in packets:
            if packet.dts is not None:
                reached_us = to_microseconds(packet.dts, packet.time_base)
                self._copy_audio(reached_us - self.stats.shift_us)
            self._container.mux(packet)

    def _copy_audio(self, end_us: int) -> None:
        if self._audio is not None:
            self._audio.copy_until(end_us, self.stats.shift_us)
            self.stats.audio_packets = self._audio.packets
            self.stats.audio_problem = self._audio.problem

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        """Turn what PyAV raises into one VideoWriteError that says what to do."""
        from av.error import FFmpegError

        try:
            yield
        except (FFmpegError, OSError, ValueError) as error:
            self._failed = True
            raise VideoWriteError(self._why(error), path=self.path) from error

    def _why(self, error: Exception) -> str:
        number = getattr(error, "errno", None)
        done = f" after {self.stats.frames} frames"
        if number == errno.ENOSPC:
            return f"the disk is full{done}. Free some space or write elsewhere."
        if number == errno.EPIPE:
            return f"whoever read the pipe has gone{done}."
        if number == errno.ETIMEDOUT:
            return f"{getattr(error, 'strerror', None) or error}{done}; it was given up."
        if number in {errno.EACCES, errno.EROFS}:
            return "permission denied. Choose a folder that can be written."
        logged = getattr(error, "log", None)  # (level, component, line): more exact than the number
        why = logged[2].strip() if logged else getattr(error, "strerror", None) or error
        return f"writing failed{done}: {why}"

    def _abandon(self) -> None:
        """Release what is open after a failure that has been reported already."""
        from av.error import FFmpegError

        self._closed = True
        if self._audio is not None:
            self._audio.close()
        try:
            self._container.close()
        except (FFmpegError, OSError) as error:
            log.debug("%s: closing after a failure: %s", self.path, error)
        with suppress(OSError):  # what can be saved was written
            if container_format(self.path).name in {"mp4", "mov"}:
                self._outlet.mend()
            self._outlet.close()
