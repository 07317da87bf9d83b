"""Packet by packet from a container to decoded pictures, so that damage stays where it is."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from graphkit.video._timestamps import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import av
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    from graphkit.video._frames import ReadStats

log = logging.getLogger("graphkit.video")

_MAX_FAILED_READS = 16
# A file without a frame count is called truncated when it ends this much before its duration.
_SLACK_SECONDS = 0.5
_SLACK_SHARE = 0.02


def decoded_pictures(container: InputContainer, stream: VideoStream, stats: ReadStats) -> Generator[av.VideoFrame]:
    """Yield the pictures of a stream in display order.

    Args:
        container: open for reading.
        stream: the video stream to decode.
        stats: gets the counts of damaged packets and pictures and, at the end, the truncation.

    Yields:
        Decoded pictures, still in the file's pixel format and not rotated.
    """
    progress = _Progress(container, stream)
    for packet in _packets(container, stream, stats):
        progress.saw(packet)
        yield from decode_packet(stream, packet, stats)
    yield from decode_packet(stream, None, stats)
    stats.reason = progress.shortfall()
    stats.truncated = bool(stats.reason)
    if stats.truncated and progress.packets:  # of a file without any the reader says more
        log.warning("%s: %s", container.name, stats.reason)


def _packets(container: InputContainer, stream: VideoStream, stats: ReadStats) -> Iterator[Packet[VideoStream]]:
    from av.error import FFmpegError

    failed_reads = 0
    source = container.demux(stream)
    while failed_reads < _MAX_FAILED_READS:
        try:
            packet = next(source)
        except StopIteration:
            return
        except FFmpegError as error:
            log.debug("%s: unreadable packet: %s", container.name, error)
            stats.corrupt_packets += 1
            failed_reads += 1
            # A generator that raised is spent; a new one goes on after the damage.
            source = container.demux(stream)
            continue
        failed_reads = 0
        if packet.size:  # the demuxer's own flush packets are empty
            yield packet


def decode_packet(
    stream: VideoStream, packet: Packet[VideoStream] | None, stats: ReadStats
) -> Iterator[av.VideoFrame]:
    """Yield the pictures that a packet completes; one that cannot be decoded is counted and yields none.

    Args:
        stream: the packet's.
        packet: None for what the decoder still holds at the end.
        stats: gets the counts of damaged packets and pictures.
    """
    from av.error import EOFError as EndOfStream
    from av.error import FFmpegError

    try:
        pictures = stream.decode(packet)
    except EndOfStream:
        return
    except FFmpegError as error:
        log.debug("%s: undecodable packet: %s", stream.container.name, error)
        stats.corrupt_packets += 1
        return
    for picture in pictures:
        stats.corrupt_frames += bool(picture.is_corrupt)
        yield picture


class _Progress:
    """Compares what was read with what the file declares."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._declared_packets = 0 if _counts_ticks(container) else stream.frames
        self._time_base = stream.time_base
        self._declared_s = _declared_seconds(container, stream)
        self._start_s = (container.start_time or 0) / MICROSECONDS
        self.packets = 0
        self._end_s = 0.0

    def saw(self, packet: Packet[VideoStream]) -> None:
        """Count a packet and remember how far into the clip it reaches."""
        self.packets += 1
        if packet.pts is not None and self._time_base is not None:
            end = float((packet.pts + (packet.duration or 0)) * self._time_base)
            self._end_s = max(self._end_s, end - self._start_s)

    def shortfall(self) -> str:
        """Return a sentence about missing content, or an empty string."""
        if self._declared_packets:
            if self.packets >= self._declared_packets:
                return ""
            counted = f"{self.packets} of {self._declared_packets} frames"
        else:
            slack = max(_SLACK_SECONDS, _SLACK_SHARE * self._declared_s)
            if self._declared_s - self._end_s <= slack:
                return ""
            counted = f"{self.packets} frames"
        return (
            f"the file is truncated: it ends after {counted} "
            f"({self._end_s:.2f} s of {self._declared_s:.2f} s). What is there was read."
        )


def _declared_seconds(container: InputContainer, stream: VideoStream) -> float:
    """Return how long the file says its video is; 0 where it does not say."""
    if _counts_ticks(container) and stream.time_base:
        return float(stream.frames * stream.time_base)
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    tag = stream.metadata.get("DURATION", "")  # Matroska, "00:00:08.103000000"
    parts = tag.split(":")
    if len(parts) == 3:
        try:
            return int(parts[0]) * 3600 + int(parts[1]) * 60 + float(parts[2])
        except ValueError:
            log.debug("%s: odd duration tag %r", container.name, tag)
    return (container.duration or 0) / MICROSECONDS


def _counts_ticks(container: InputContainer) -> bool:
    """Whether what the file declares as frames are ticks of its clock, of which some hold no picture."""
    return container.format.name == "avi"
