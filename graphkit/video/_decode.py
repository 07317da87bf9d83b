"""Packet by packet from a container to decoded pictures, so that damage does not spread."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from graphkit._process.parts import part
from graphkit.video._accounts import ByteAccount
from graphkit.video._avi import IndexedTimes
from graphkit.video._lengths import counts_from_zero, declared_length
from graphkit.video._timestamps import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from fractions import Fraction

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
_NOTHING_SECONDS: Final = 0.02
# Decoders that make a picture of every packet, unless they drop one with invalid contents. The first
# few may depend on pictures before the clip begins.
_ONE_EACH: Final = frozenset({"h264", "hevc"})
_LEADING: Final = 4


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
    account, index = reach.account, stream.index
    times = IndexedTimes(stream) if container.format.name == "avi" else None
    sent = given = 0
    # The other tracks are needed in some containers only.
    tracks = () if account.active or counts_from_zero(container) else (stream,)
    for packet in _packets(container, tracks, stats):
        account.saw(packet)
        if times is not None and account.places and packet.stream_index == index:
            times.restore(packet)
        reach.saw(packet)
        if packet.stream_index != index:
            continue
        refused = stats.corrupt_packets
        sent += not packet.is_discard
        for picture in decode_packet(stream, packet, stats):
            given += 1
            yield picture
        if packet.is_corrupt and refused == stats.corrupt_packets:
            stats.corrupt_packets += 1  # it came incomplete, and was still decoded
    for picture in decode_packet(stream, None, stats):
        given += 1
        yield picture
    reach.finish(stats)
    swallowed = sent - given - stats.corrupt_packets
    if swallowed > _LEADING and stream.codec_context.name in _ONE_EACH and not stats.interlaced:
        stats.corrupt_packets += swallowed
    if stats.truncated and reach.packets:  # for a file without any, the reader says more
        log.warning("%s: %s", container.name, stats.reason)


def _packets(
    container: InputContainer, tracks: tuple[VideoStream, ...], stats: ReadStats
) -> Iterator[Packet[Any]]:
    """Yield the packets of some tracks, of all if none is named."""
    from av.error import FFmpegError

    failed_reads = 0
    source = container.demux(*tracks)
    while failed_reads < _MAX_FAILED_READS:
        try:
            packet = next(source)
        except (StopIteration, IndexError):
            return  # an IndexError: PyAV's last step does not know tracks that turned up on the way
        except FFmpegError as error:
            log.debug("%s: unreadable packet: %s", container.name, error)
            stats.corrupt_packets += 1
            failed_reads += 1
            # A generator that raised is spent; a new one continues after the damage.
            source = container.demux(*tracks)
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
        with part("decode"):
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
        self._index = stream.index
        self._time_bases: dict[int, Fraction | None] = {}
        self._start_us = container.start_time or 0
        self.account = ByteAccount(container)
        self.packets = 0
        self._ends: dict[int, int] = {}  # by track, in its ticks: this runs for every packet

    def saw(self, packet: Packet[Any]) -> None:
        """Take in the times of a packet, of any track."""
        index, pts = packet.stream_index, packet.pts
        if index == self._index:
            self.packets += 1
        if pts is not None:
            end = pts + (packet.duration or 0)
            if index not in self._ends:
                self._ends[index], self._time_bases[index] = end, packet.time_base
            elif end > self._ends[index]:
                self._ends[index] = end

    def _end_s(self, index: int) -> float:
        """Return how far into the clip a track was read, in seconds."""
        time_base = self._time_bases.get(index)
        if time_base is None:
            return 0.0
        return max(0.0, float(self._ends[index] * time_base) - self._start_us / MICROSECONDS)

    def finish(self, stats: ReadStats) -> None:
        """Note what is missing at the end."""
        account = self.account
        account.finish()
        stats.skipped_bytes, stats.damaged_places = account.skipped, account.places
        missing_s = self._declared.video_us / MICROSECONDS - self._end_s(self._index)
        if account.unread and (account.unread_samples or missing_s > _NOTHING_SECONDS):
            stats.skipped_bytes, stats.damaged_places = account.skipped + account.unread, account.places + 1
        stats.reason = self._shortfall()
        stats.truncated = bool(stats.reason)

    def _shortfall(self) -> str:
        """Return a sentence about missing content at the end, or an empty string."""
        declared = self._declared
        if declared.packets:
            if self.packets >= declared.packets and self.account.ends_whole is not False:
                return ""
            counted = f"{self.packets} of {declared.packets} frames"
        elif self._ends_early():
            counted = f"{self.packets} frames"
        else:
            return ""
        length_us = declared.video_us or declared.file_us
        length = f" of {length_us / MICROSECONDS:.2f} s" if length_us else ""
        return (
            f"the file is truncated: it ends after {counted} ({self._end_s(self._index):.2f} s{length}). "
            "What is there was read."
        )

    def _ends_early(self) -> bool:
        """Whether a file that does not count its pictures breaks off before its length."""
        whole = self.account.ends_whole
        if whole is False or (whole and not self.account.places):
            return not whole
        declared = self._declared
        if declared.video_us:
            return _falls_short(self._end_s(self._index), declared.video_us)
        # A length for all tracks: sound that lasts as long shows that the pictures just end earlier.
        return _falls_short(max(map(self._end_s, self._ends), default=0.0), declared.file_us)


def _falls_short(end_s: float, declared_us: int) -> bool:
    declared_s = declared_us / MICROSECONDS
    return declared_s - end_s > max(_SLACK_SECONDS, _SLACK_SHARE * declared_s)
