"""Video encoders: their names and settings."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from graphkit.errors import StatusCode, VideoWriteError, did_you_mean

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

# FourCCs as MediaPipe's graphs spell them, and plain names.
_ENCODERS = {
    "avc1": "libx264",
    "h264": "libx264",
    "x264": "libx264",
    "mp4v": "mpeg4",
    "mpeg4": "mpeg4",
    "xvid": "mpeg4",
}
_PIXEL_FORMATS = ("yuv420p", "yuv444p")
_MPEG4_MAX_TICKS = 65_535
_FINE_TICKS = 90_000
_MAX_TICKS = 1_000_000


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """How pictures are compressed.

    Attributes:
        codec: ``h264`` (also ``avc1``, ``x264``) or ``mp4v`` (also ``mpeg4``, ``xvid``), in any case.
        preset: x264's speed: ``ultrafast`` costs 1.5 ms a 640x480 picture; ``veryfast`` three times
            as much for files about a third of the size.
        crf: x264's quality, 0 (lossless) to 51 (worst); 23 is its own default.
        threads: encoder threads, 0 for one per core.
        pixel_format: ``yuv420p``, which every browser plays; ``yuv444p`` keeps odd sizes and fine
            colour detail, but few browsers play it.
    """

    codec: str = "h264"
    preset: str = "ultrafast"
    crf: float = 23
    threads: int = 1
    pixel_format: str = "yuv420p"

    def __post_init__(self) -> None:
        if self.codec.lower() not in _ENCODERS:
            raise VideoWriteError(
                f'unknown video codec "{self.codec}".{did_you_mean(self.codec.lower(), _ENCODERS)} '
                f"Known: {', '.join(_ENCODERS)}.",
                parameter="codec",
                status=StatusCode.INVALID_ARGUMENT,
            )
        if self.pixel_format not in _PIXEL_FORMATS:
            raise VideoWriteError(
                f'unknown pixel format "{self.pixel_format}".'
                f"{did_you_mean(self.pixel_format, _PIXEL_FORMATS)} Known: {', '.join(_PIXEL_FORMATS)}."
            )
        if self.encoder == "mpeg4" and self.pixel_format != "yuv420p":
            raise VideoWriteError(f'codec "{self.codec}" takes yuv420p only; {self.pixel_format} needs h264.')

    @property
    def encoder(self) -> str:
        """FFmpeg's name of the encoder."""
        return _ENCODERS[self.codec.lower()]

    def coded_size(self, width: int, height: int) -> tuple[int, int]:
        """Return the size to encode for a shown size: rounded up to even if the codec takes no odd ones.

        H.264 counts 4:2:0 pictures, and what it crops of them, in pairs of pixels.
        """
        if self.encoder == "libx264" and self.pixel_format == "yuv420p":
            return width + width % 2, height + height % 2
        return width, height

    def add_stream(self, container: OutputContainer, frame_rate: Fraction) -> VideoStream:
        """Add a video stream with these settings to an output."""
        if self.encoder == "libx264":
            options = {"preset": self.preset, "crf": str(self.crf)}
        else:
            options = {"flags": "+qscale", "global_quality": str(3 * 118)}  # 118: FF_QP2LAMBDA
        stream = cast("VideoStream", container.add_stream(self.encoder, rate=frame_rate, options=options))
        stream.pix_fmt = self.pixel_format
        stream.codec_context.thread_count = self.threads
        return stream

    def time_base(self, wanted: Fraction | None, frame_rate: Fraction) -> Fraction:
        """Return the tick to write timestamps in.

        Args:
            wanted: the tick of the clip that is being copied, None without one.
            frame_rate: pictures at this rate fall on whole ticks.
        """
        most = _MPEG4_MAX_TICKS if self.encoder == "mpeg4" else _MAX_TICKS
        if wanted is not None and wanted.denominator <= most:
            return wanted
        if frame_rate.numerator > most:
            return Fraction(1, 60_000)
        fine = min(_FINE_TICKS, most)
        return Fraction(1, frame_rate.numerator * max(1, fine // frame_rate.numerator))
