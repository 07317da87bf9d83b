"""The length of a clip: what its container declares for the picture, and how far that can be trusted."""

from __future__ import annotations

import logging
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from graphkit.video._timestamps import MICROSECONDS, to_fraction, to_microseconds, to_ticks

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

log = logging.getLogger("graphkit.video")

# Containers with one length for all tracks, which FFmpeg then shows as every track's.
_ONE_FOR_ALL: Final = frozenset({"flv", "live_flv", "asf", "matroska,webm"})
# Without an index, looking for the last picture reads the file from its beginning.
_LARGEST_WITHOUT_INDEX: Final = 1 << 28


class DeclaredLength(NamedTuple):
    """What a file says about its length; 0 if it says nothing.

    Attributes:
        packets: number of pictures.
        video_us: microseconds of its pictures, from the file's start.
        file_us: microseconds of its longest track.
    """

    packets: int
    video_us: int
    file_us: int


def declared_length(container: InputContainer, stream: VideoStream) -> DeclaredLength:
    """Return what the container tells, without reading further."""
    file_us = container.duration or 0
    if _counts_ticks(container):
        video_us = to_microseconds(stream.frames, stream.time_base) if stream.time_base else 0
        return DeclaredLength(0, video_us, file_us)
    shared = container.format.name in _ONE_FOR_ALL
    if stream.duration and stream.time_base and not shared:
        video_us = to_microseconds(stream.duration, stream.time_base)
    else:
        video_us = _tagged_us(container, stream)
    if not video_us and len(container.streams) == 1:
        video_us = file_us
    return DeclaredLength(stream.frames, video_us, file_us)


def video_length_us(container: InputContainer, stream: VideoStream) -> int:
    """Return how long the pictures of a clip last, 0 if that is not known.

    If the container tells only one length for all of its tracks, the end of the file is looked at.
    """
    declared = declared_length(container, stream)
    if declared.video_us:
        return declared.video_us
    return _end_looked_up(container, stream) if declared.file_us else 0


def counts_from_zero(container: InputContainer) -> bool:
    """Whether lengths are counted from time zero, rather than from the first picture."""
    return container.format.name in _ONE_FOR_ALL


def _tagged_us(container: InputContainer, stream: VideoStream) -> int:
    tag = stream.metadata.get("DURATION", "")  # Matroska, "00:00:08.103000000"
    parts = tag.split(":")
    if len(parts) != 3:
        return 0
    try:
        return round((int(parts[0]) * 3600 + int(parts[1]) * 60 + float(parts[2])) * MICROSECONDS)
    except ValueError:
        log.debug("%s: odd duration tag %r", container.name, tag)
        return 0


def _end_looked_up(container: InputContainer, stream: VideoStream) -> int:
    """Open the file once more and read from its last key picture on, or all of it if that cannot be found."""
    if not _is_cheap(container.name, stream) or not stream.time_base:
        return 0
    rate = stream.guessed_rate or stream.average_rate
    usual = round(1 / (to_fraction(rate) * to_fraction(stream.time_base))) if rate else 0
    end = 0
    for seek in (True, False):
        end = end or _last_end(container.name, stream.index, usual, seek=seek)
    return to_microseconds(end, stream.time_base)


def _last_end(path: str, index: int, usual: int, *, seek: bool) -> int:
    """Return where the last packet of a track ends, in its ticks; 0 if none was found.

    Args:
        path: the file.
        index: of the track.
        usual: ticks that a packet without a duration lasts.
        seek: start at the last key picture rather than at the beginning.
    """
    import av
    from av.error import FFmpegError

    end = 0
    try:
        with av.open(path, "r") as container:
            stream = container.streams[index]
            if seek and stream.time_base:
                last = to_ticks(container.duration or 0, stream.time_base)
                container.seek(last, stream=stream, backward=True)
            for packet in container.demux(stream):
                if packet.pts is not None:
                    end = max(end, packet.pts + (packet.duration or usual))
    except (FFmpegError, OSError, IndexError) as error:  # IndexError: of PyAV, for tracks that turn up late
        log.debug("%s: its end could not be looked at: %s", path, error)
    return end


def _is_cheap(path: str, stream: VideoStream) -> bool:
    try:
        found = Path(path).stat()
    except (OSError, ValueError):  # a URL
        return False
    return stat.S_ISREG(found.st_mode) and (
        len(stream.index_entries) > 1 or found.st_size <= _LARGEST_WITHOUT_INDEX
    )


def _counts_ticks(container: InputContainer) -> bool:
    """Whether what the file declares as frames are ticks of its clock, of which some hold no picture."""
    return container.format.name == "avi"
