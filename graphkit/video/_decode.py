"""Packet by packet from a container to decoded pictures, so that damage stays where it is."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from graphkit.video._accounts import ByteAccount
from graphkit.video._lengths import declared_length
from graphkit.video._timestamps import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import av
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    from graphkit.video._frames import ReadStats

log = logging.getLogger("graphkit.video")

_MAX_FAILED_READS: Final = 16
# A file without a frame count is called truncated when it ends this much before its duration.
_SLACK_SECONDS: Final = 0.5
_SLACK_SHARE: Final = 0.02


def decoded_pictures(container: InputContainer, stream: VideoStream, stats: ReadStats) -> Generator[av.VideoFrame]:
    """Yield the pictures of a stream in display order.

    Args:
        container: open for reading.
        stream: the video stream to decode.
        stats: gets the counts of damaged packets and pictures and, at the end, the truncation.

    Yields:
        Decoded pictures, still in the file's pixel format and not rotated.
    """
    reach = _Reach(container, stream)
    for packet in _packets(container, stats):
        reach.saw(packet)
        if packet.stream_index != stream.index:
            continue
        stats.corrupt_packets += packet.is_corrupt
        yield from decode_packet(stream, packet, stats)
    yield from decode_packet(stream, None, stats)
    reach.finish(stats)
    if stats.truncated and reach.packets:  # of a file without any the reader says more
        log.warning("%s: %s", container.name, stats.reason)


def _packets(container: InputContainer, stats: ReadStats) -> Iterator[Packet[Any]]:
    """Yield the packets of all tracks: where the other ones lie tells what was lost between."""
    from av.error import FFmpegError

    failed_reads = 0
    source = container.demux()
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
            source = container.demux()
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


class _Reach:
    """Compares what was read with what the file declares."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._declared = declared_length(container, stream)
        self._index, self._time_base = stream.index, stream.time_base
        self._start_s = (container.start_time or 0) / MICROSECONDS
        self._account = ByteAccount(container)
        self.packets = 0
        self._end_s = self._any_end_s = 0.0

    def saw(self, packet: Packet[Any]) -> None:
        """Take in a packet, of any track."""
        self._account.saw(packet)
        if packet.stream_index == self._index:
            self.packets += 1
            if packet.pts is not None and self._time_base is not None:
                end = float((packet.pts + (packet.duration or 0)) * self._time_base)
                self._end_s = max(self._end_s, end - self._start_s)
        elif packet.pts is not None and packet.time_base is not None:
            end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
            self._any_end_s = max(self._any_end_s, end - self._start_s)

    def finish(self, stats: ReadStats) -> None:
        """Note what is missing, now that the end was reached."""
        self._account.finish()
        stats.skipped_bytes, stats.damaged_places = self._account.skipped, self._account.places
        stats.reason = self._shortfall()
        stats.truncated = bool(stats.reason)

    def _shortfall(self) -> str:
        """Return a sentence about missing content at the end, or an empty string."""
        declared = self._declared
        if declared.packets:
            if self.packets >= declared.packets:
                return ""
            counted = f"{self.packets} of {declared.packets} frames"
        elif self._ends_early():
            counted = f"{self.packets} frames"
        else:
            return ""
        length_us = declared.video_us or declared.file_us
        length = f" of {length_us / MICROSECONDS:.2f} s" if length_us else ""
        return (
            f"the file is truncated: it ends after {counted} ({self._end_s:.2f} s{length}). "
            "What is there was read."
        )

    def _ends_early(self) -> bool:
        """Whether a file that does not count its pictures breaks off before its length."""
        whole = self._account.ends_whole
        if whole is not None and not self._account.places:
            return not whole
        declared = self._declared
        if declared.video_us:
            return _falls_short(self._end_s, declared.video_us)
        # A length for all tracks: sound that goes on to it shows that the pictures just end earlier.
        return _falls_short(max(self._end_s, self._any_end_s), declared.file_us)


def _falls_short(end_s: float, declared_us: int) -> bool:
    declared_s = declared_us / MICROSECONDS
    return declared_s - end_s > max(_SLACK_SECONDS, _SLACK_SHARE * declared_s)
