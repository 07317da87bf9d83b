"""Opening a clip, and the reason why one cannot be opened."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from graphkit.errors import StatusCode, VideoOpenError
from graphkit.video._inlets import awaited
from graphkit.video._tracks import video_stream

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
# Demuxers that take any text for a picture.
_TEXT_DEMUXERS = frozenset({"tty", "bin", "xbin", "adf", "idf"})


def is_url(path: object) -> TypeGuard[str]:
    """Return whether a name is a URL (``scheme://...``) rather than a path."""
    return isinstance(path, str) and _URL.match(path) is not None


def open_source(path: str | os.PathLike[str], track: int | None = None) -> tuple[InputContainer, VideoStream]:
    """Open a clip and find its moving picture.

    Args:
        path: a video file, or a URL.
        track: which of its video tracks, counted from 0; None for the largest.

    Returns:
        The open container and its video stream; the caller closes the container.

    Raises:
        VideoOpenError: the file is missing, unreadable, empty, not a video, or holds only audio or no such
            track; nothing answers at the URL.
    """
    container = open_container(path)
    try:
        return container, video_stream(container, path, track)
    except BaseException:
        container.close()
        raise


def open_container(path: str | os.PathLike[str]) -> InputContainer:
    """Open any media file or URL, whatever its tracks.

    Raises:
        VideoOpenError: the file is missing, unreadable, empty or not a media file; nothing answers at the URL.
    """
    if is_url(path):
        from graphkit.video._network import open_url

        return open_url(path)
    file = Path(path).absolute()
    _check_file(file, path)
    return _open(file, path)


def _check_file(file: Path, path: object) -> None:
    if not file.exists():
        beside = "" if file.parent.is_dir() else f" The folder {file.parent} does not exist either."
        raise VideoOpenError(
            f"no such file.{beside} Check the path of the input video.", path=path, status=StatusCode.NOT_FOUND
        )
    if file.is_dir():
        raise VideoOpenError("is a folder. Name a video file.", path=path)
    if not os.access(file, os.R_OK):
        raise VideoOpenError(
            "permission denied. Make the file readable.", path=path, status=StatusCode.PERMISSION_DENIED
        )
    if file.is_file() and not file.stat().st_size:
        raise VideoOpenError("the file is empty (0 bytes). Was the copy or download cut off?", path=path)


def _open(file: Path, path: object) -> InputContainer:
    import av
    from av.error import FFmpegError

    try:
        # An absolute path: FFmpeg would take "clip:1.mp4" for a network protocol.
        with awaited(file):
            container = av.open(str(file), "r")
    except (FFmpegError, OSError, ValueError) as error:
        raise VideoOpenError(_why(file, error), path=path) from error
    if container.format.name in _TEXT_DEMUXERS:
        container.close()
        raise VideoOpenError(_NOT_A_VIDEO, path=path)
    return container


_NOT_A_VIDEO = "not a video file, or damaged beyond recognition. Expected a clip such as .mp4, .mov, .mkv or .avi."


def _why(file: Path, error: Exception) -> str:
    if _lacks_index(file):
        return (
            "an mp4 or mov file without its index (the moov box). The recording or copy was cut off "
            "before it was finished; record or copy it again, or repair it with a recovery tool."
        )
    if isinstance(error, EOFError):
        return "it ends before its first picture. Was the recording stopped before it began?"
    strerror = getattr(error, "strerror", None) or str(error)
    if "invalid data" in strerror.lower():
        return _NOT_A_VIDEO
    return f"cannot be opened: {strerror}"


def _lacks_index(file: Path) -> bool:
    """Walk the top-level boxes of an ISO media file; False for anything else, a pipe included."""
    if not file.is_file():
        return False
    size, offset = file.stat().st_size, 0
    names: list[bytes] = []
    with file.open("rb") as stream:
        while offset + 8 <= size and len(names) < 1000:
            stream.seek(offset)
            header = stream.read(16)
            length = int.from_bytes(header[:4], "big")
            names.append(header[4:8])
            if length == 1:
                length = int.from_bytes(header[8:16], "big")
            if length < 8:
                break
            offset += length
    return names[:1] == [b"ftyp"] and b"moov" not in names
