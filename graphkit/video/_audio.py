"""Carrying the audio track of a clip over to another file, packet by packet, without re-encoding."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from graphkit.video._source import open_container
from graphkit.video._timestamps import to_microseconds, to_ticks

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet

log = logging.getLogger("graphkit.video")

_AVI_ADTS = "\x10\x16\0\0"  # WAVE_FORMAT_MPEG_ADTS_AAC, 0x1610, as a little-endian code


class AudioCopy:
    """The first audio track of a file, copied into an output that is being written.

    Args:
        path: the file with the audio.
        output: gets the audio stream; nothing may have been written to it yet.
        keep_lead_in: whether to keep packets before time zero; a container that cannot hold them
            would move everything else instead.

    Attributes:
        problem: why there is no audio, or not all of it; empty while all is well.
        packets: number of packets copied.

    Raises:
        VideoOpenError: the file cannot be opened.
    """

    def __init__(
        self, path: str | os.PathLike[str], output: OutputContainer, *, keep_lead_in: bool = True
    ) -> None:
        self.problem = ""
        self.packets = 0
        self._path = path
        self._output = output
        self._keep_lead_in = keep_lead_in
        self._input = open_container(path)
        try:
            self._stream = self._add_stream()
        except BaseException:
            self._input.close()
            raise
        self._waiting = self._read()
        self._next = next(self._waiting, None)

    def _add_stream(self) -> AudioStream | None:
        from av.stream import Discard

        tracks = self._input.streams.audio
        if not tracks:
            return None
        for other in self._input.streams:
            if other is not tracks[0]:
                other.discard = Discard.all
        context = tracks[0].codec_context
        if context is None or context.codec.name not in self._output.supported_codecs:
            codec = context.codec.canonical_name if context else "(unknown)"
            self.problem = (
                f"{self._path}: its audio codec {codec} does not fit into a {self._output.format.name} file; "
                "the output has no sound. A .mov or .avi file may hold it."
            )
            log.warning(self.problem)
            return None
        stream = self._output.add_stream_from_template(tracks[0])
        if self._output.format.name == "avi" and _has_adts_headers(tracks[0]):
            stream.codec_context.codec_tag = _AVI_ADTS
        return stream

    def _read(self) -> Iterator[Packet[AudioStream]]:
        from av.error import FFmpegError

        if self._stream is None:
            return
        try:
            for packet in self._packets(self._input.streams.audio[0]):
                # Neither the demuxer's flush packet nor one that lost its time can be written.
                if packet.dts is not None and packet.pts is not None and packet.size:
                    yield packet
        except FFmpegError as error:
            self.problem = f"{self._path}: its audio track is damaged, the rest of it is left out ({error})."
            log.warning(self.problem)

    def _packets(self, track: AudioStream) -> Iterator[Packet[AudioStream]]:
        """Yield the packets of a track in the form that the output stores."""
        if self._output.format.name not in {"mp4", "mov"} or not _has_adts_headers(track):
            yield from self._input.demux(track)
            return
        from av.bitstream import BitStreamFilterContext

        # The muxer would do this by itself, but not for the first packet of a file in fragments.
        unpack = BitStreamFilterContext("aac_adtstoasc", track)
        for packet in self._input.demux(track):
            yield from unpack.filter(packet if packet.size else None)

    def copy_until(self, end_us: int, shift_us: int) -> None:
        """Write the packets that start before a time.

        Args:
            end_us: microseconds on the input's clock.
            shift_us: microseconds to add to every stamp.
        """
        while (packet := self._next) is not None and self._stream is not None:
            assert packet.pts is not None
            assert packet.dts is not None
            if to_microseconds(packet.pts, packet.time_base) >= end_us:
                return
            shift = to_ticks(shift_us, packet.time_base)
            packet.pts += shift
            packet.dts += shift
            if self._keep_lead_in or packet.dts >= 0:
                packet.stream = self._stream
                self._output.mux(packet)
                self.packets += 1
            self._next = next(self._waiting, None)

    def close(self) -> None:
        """Close the input; closing twice is harmless."""
        self._input.close()


def _has_adts_headers(track: AudioStream) -> bool:
    """Whether each AAC packet tells its own format, as in transport streams, rather than the file for all."""
    return track.codec_context.name == "aac" and not track.codec_context.extradata
