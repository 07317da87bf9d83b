"""Which of a file's video tracks is the clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.errors import VideoOpenError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream


def video_stream(container: InputContainer, path: object, track: int | None = None) -> VideoStream:
    """Return the moving picture of an open container: the largest, of equal ones the one that players start with.

    Args:
        container: stays open, also after an error.
        path: its name, for messages.
        track: which of its video tracks, counted from 0 in the file's order; None for the largest.

    Raises:
        VideoOpenError: it has none, fewer, or none that can be decoded.
    """
    found = moving_pictures(container)
    if not found:
        kinds = sorted({stream.type for stream in container.streams})
        held = "only " + " and ".join(kinds) if kinds else "no stream at all"
        raise VideoOpenError(f"holds {held}, no video track. Choose a file with a picture.", path=path)
    if track is None:
        stream = max(found, key=_prominence)
    elif 0 <= track < len(found):
        stream = found[track]
    else:
        raise VideoOpenError(f"has no video track {track}; {_listed(found)}.", path=path)
    if stream.codec_context is None:
        raise VideoOpenError("no decoder for its video track. Convert it to H.264 first.", path=path)
    return stream


def moving_pictures(container: InputContainer) -> list[VideoStream]:
    """Return the video tracks of a container without cover art, which is a video stream of one picture."""
    from av.stream import Disposition

    still = Disposition.attached_pic | Disposition.timed_thumbnails
    return [stream for stream in container.streams.video if not stream.disposition & still]


def other_tracks(container: InputContainer, chosen: VideoStream) -> str:
    """Return a sentence about the video tracks that are not shown; empty without any."""
    found = moving_pictures(container)
    if len(found) < 2:
        return ""
    number = [stream.index for stream in found].index(chosen.index)
    return f"Of its {len(found)} video tracks, track {number} was read; {_listed(found)}."


def _prominence(stream: VideoStream) -> tuple[int, bool]:
    from av.stream import Disposition

    context = stream.codec_context
    area = context.width * context.height if context else -1
    return area, bool(stream.disposition & Disposition.default)


def _listed(found: list[VideoStream]) -> str:
    sizes = ", ".join(f"{n}: {_size(stream)}" for n, stream in enumerate(found))
    return f"it has {sizes}"


def _size(stream: VideoStream) -> str:
    context = stream.codec_context
    return f"{context.width}x{context.height} {context.name}" if context else "of an unknown codec"
