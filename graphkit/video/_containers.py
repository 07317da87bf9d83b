"""The container that the name of a video file asks for, and whether the file can be created."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphkit.errors import StatusCode, VideoWriteError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Fragments every half second until the file is closed, an ordinary file after: what was written
# before a kill plays. delay_moov keeps the first timestamp, which the header alone cannot hold.
_FRAGMENTED = {
    "movflags": "hybrid_fragmented+empty_moov+default_base_moof+delay_moov",
    "frag_duration": "500000",
}
# Without this limit a short audio track would hold the rest of the video in memory.
_COMMON = {"flush_packets": "1", "max_interleave_delta": "200000"}


@dataclass(frozen=True, slots=True)
class ContainerFormat:
    """A kind of file that can be written.

    Attributes:
        name: FFmpeg's name of the muxer.
        options: muxer options.
        streamed: those that differ if the output is a pipe, which cannot be rewritten.
        constant_rate: whether the container can only hold pictures at a constant rate.
        negative_times: whether sound may begin before zero, as the lead-in of AAC does.
    """

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    streamed: Mapping[str, str] = field(default_factory=dict)
    constant_rate: bool = False
    negative_times: bool = False


_STREAMED = {"movflags": "empty_moov+default_base_moof+delay_moov"}

_FORMATS = {
    ".mp4": ContainerFormat("mp4", _COMMON | _FRAGMENTED, _STREAMED, negative_times=True),
    ".m4v": ContainerFormat("mp4", _COMMON | _FRAGMENTED, _STREAMED, negative_times=True),
    ".mov": ContainerFormat("mov", _COMMON | _FRAGMENTED, _STREAMED, negative_times=True),
    ".mkv": ContainerFormat("matroska", _COMMON | {"cluster_time_limit": "1000"}),
    ".avi": ContainerFormat("avi", _COMMON, constant_rate=True),
}
_PICTURES: Final = frozenset({".jpg", ".jpeg", ".png"})


def container_format(path: str | os.PathLike[str]) -> ContainerFormat:
    """Return the container that the file name's extension stands for.

    Raises:
        VideoWriteError: the extension is missing or unknown.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _FORMATS:
        found = f'unknown video extension "{suffix}".' if suffix else "the file name has no extension."
        pictures = " Pictures go into a folder, whose name ends in /: {dumps}." if suffix in _PICTURES else ""
        raise VideoWriteError(
            f"{found}{did_you_mean(suffix, _FORMATS)} Known: {', '.join(_FORMATS)}.{pictures}",
            path=path,
            remedies=("dumps",),
            status=StatusCode.INVALID_ARGUMENT,
        )
    return _FORMATS[suffix]


def check_writable(path: str | os.PathLike[str], inputs: Iterable[str | os.PathLike[str]] = ()) -> None:
    """Make sure that a video can be written here, without creating or changing anything.

    Args:
        path: the video to write.
        inputs: files that are being read and must not be overwritten.

    Raises:
        VideoWriteError: a folder, a missing or read-only folder, a read-only file, an unknown
            extension, or one of the inputs.
    """
    file = Path(path).absolute()
    if file.is_dir():
        raise VideoWriteError(f"is a folder. Name the video file to write, such as {file / 'out.mp4'}.", path=path)
    container_format(path)
    if not file.parent.is_dir():
        raise VideoWriteError(
            f"the folder {file.parent} does not exist. Create it first.", path=path, status=StatusCode.NOT_FOUND
        )
    for source in inputs:
        if file.exists() and Path(source).exists() and file.samefile(source):
            raise VideoWriteError(
                "is the input video itself. Choose another name for the output.",
                path=path,
                status=StatusCode.INVALID_ARGUMENT,
            )
    if file.exists() and not os.access(file, os.W_OK):
        raise VideoWriteError(
            "the file is read-only. Make it writable or choose another name.",
            path=path,
            status=StatusCode.PERMISSION_DENIED,
        )
    if not file.exists() and not os.access(file.parent, os.W_OK):
        raise VideoWriteError(
            f"the folder {file.parent} is read-only. Choose another folder.",
            path=path,
            status=StatusCode.PERMISSION_DENIED,
        )
