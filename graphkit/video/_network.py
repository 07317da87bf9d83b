"""Videos at URLs: opening them, and whether they are clips or live."""

from __future__ import annotations

import errno
import re
from typing import TYPE_CHECKING, Final

from graphkit.errors import VideoOpenError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Their senders set the pace, even if they tell a length.
_PUSHED: Final = frozenset({"rtsp", "rtsps", "rtmp", "rtmps", "rtmpt", "udp", "rtp", "srtp", "srt", "rist", "tcp"})
_OPTIONS: Final = {
    # Lost datagrams smear pictures; most servers speak TCP too.
    "rtsp": {"rtsp_flags": "prefer_tcp"},
    "rtsps": {"rtsp_flags": "prefer_tcp"},
    "udp": {"overrun_nonfatal": "1"},
}
# Seconds until a connection stands and the format is known; seconds without a byte later on.
OPEN_TIMEOUT: Final = 20.0
READ_TIMEOUT: Final = 10.0
_PASSWORD: Final = re.compile(r"(://[^/@:]*:)[^/@]*@")


def open_url(url: str) -> InputContainer:
    """Open what a URL leads to.

    Args:
        url: of any protocol that this FFmpeg speaks.

    Raises:
        VideoOpenError: no server answers, or what comes is no video.
    """
    import av
    from av.error import FFmpegError

    scheme = _scheme(url)
    try:
        return av.open(url, "r", container_options=_OPTIONS.get(scheme, {}), timeout=(OPEN_TIMEOUT, READ_TIMEOUT))
    except (FFmpegError, OSError, ValueError) as error:
        raise VideoOpenError(_why(scheme, error), path=without_password(url)) from error


def is_endless(url: str, container: InputContainer, stream: VideoStream) -> bool:
    """Return whether an open URL is live: it is pushed by its sender, or tells no length.

    A clip at an http URL tells its length and is read like a file. What a camera serves over http, and an
    HLS playlist without an end, do not.
    """
    return _scheme(url) in _PUSHED or not (container.duration or stream.duration or stream.frames)


def without_password(url: str) -> str:
    """Return a URL as messages show it."""
    return _PASSWORD.sub(r"\1***@", url)


def lost_reason(error: Exception) -> str:
    """Return in words why a stream broke off."""
    from av.error import ExitError

    if isinstance(error, ExitError):
        return f"nothing came for {READ_TIMEOUT:.0f} s"
    text = getattr(error, "strerror", None) or str(error)
    # What FFmpeg says when a sender hangs up in the middle of a picture.
    return "the connection broke off" if getattr(error, "errno", None) == errno.EIO else text


def _scheme(url: str) -> str:
    return url.partition("://")[0].lower()


def _why(scheme: str, error: Exception) -> str:
    from av.error import ExitError, InvalidDataError, ProtocolNotFoundError

    if isinstance(error, ProtocolNotFoundError):
        return (
            f'this FFmpeg does not speak the protocol "{scheme}". Expected one such as rtsp, http, https or udp.'
        )
    if isinstance(error, ExitError):
        return f"no video within {OPEN_TIMEOUT:.0f} s. Is the sender running?"
    if isinstance(error, InvalidDataError):
        return "what comes from there is no video."
    text = getattr(error, "strerror", None) or str(error)
    return f"cannot be opened: {text}. Check the address, and that this machine reaches it."
