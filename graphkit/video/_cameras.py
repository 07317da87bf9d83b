"""Cameras: listing the devices, and opening one."""

from __future__ import annotations

import errno
import logging
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphkit._process import system
from graphkit.errors import CameraError, VideoOpenError
from graphkit.video._tracks import video_stream

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from fractions import Fraction

    from av.container import InputContainer
    from av.video.stream import VideoStream

log = logging.getLogger("graphkit.video")

DEVICES: Final = Path("/dev")
_CONNECT: Final = "connect a camera; in a container run it with --device /dev/video0."
_ELSEWHERE: Final = "A clip or a URL can be given instead ({input_video})."
_REASONS: Final = {
    errno.EACCES: "permission denied; run: sudo usermod -aG video $USER, then log in again",
    errno.EBUSY: "in use by another program; close that one (fuser -v {device} names it)",
    errno.ENOENT: "no such device",
    errno.ENOTTY: "not a capture device",
    errno.EINVAL: "not a capture device, or not one with these settings",
    errno.ENODEV: "gives no pictures: another node of a camera, or one that was unplugged",
    errno.ENXIO: "there is no camera behind it any more",
}


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """What a camera is asked for; it takes the nearest that it supports.

    Attributes:
        size: width and height in pixels; None keeps the camera's setting.
        rate: pictures a second; None likewise.
    """

    size: tuple[int, int] | None = None
    rate: Fraction | None = None

    def attempts(self) -> Iterator[dict[str, str]]:
        """Yield the options of the V4L2 demuxer to try, the best first."""
        wanted = {}
        if self.size is not None:
            wanted["video_size"] = f"{self.size[0]}x{self.size[1]}"
        if self.rate is not None:
            wanted["framerate"] = str(self.rate)
        if wanted:
            # Uncompressed pictures of these sizes and rates do not fit through USB 2.
            yield {"input_format": "mjpeg", **wanted}
        yield wanted


def find_devices(folder: Path = DEVICES) -> list[Path]:
    """Return the video devices, in the order of their numbers. Not all of them are cameras."""
    found = folder.glob("video[0-9]*")
    return sorted(found, key=lambda path: int(re.sub(r"\D", "", path.name)))


def is_camera(path: str | os.PathLike[str]) -> bool:
    """Return whether a path names a device rather than a file; one under /dev does even if it is missing."""
    file = Path(path)
    try:
        return stat.S_ISCHR(file.stat().st_mode)
    except OSError:
        return file.parent == DEVICES and file.name.startswith("video")


def open_camera(
    device: str | os.PathLike[str] | None = None,
    settings: CameraSettings | None = None,
    *,
    folder: Path = DEVICES,
) -> tuple[InputContainer, VideoStream]:
    """Open a camera.

    Args:
        device: its path; None for the first that can be opened.
        settings: size and rate to ask for.
        folder: where devices are looked for.

    Returns:
        The open container, named like the device, and its video stream; the caller closes the container.

    Raises:
        CameraError: there is none, or none that can be opened; says why for each.
    """
    if not system.LINUX:
        raise CameraError(
            f"cameras are opened on Linux only, not on {system.NAME}. {_ELSEWHERE}", remedies=("input_video",)
        )
    devices = find_devices(folder) if device is None else [Path(device)]
    tried: dict[str, str] = {}
    for path in devices:
        try:
            return _open(path, settings or CameraSettings())
        except VideoOpenError as error:
            log.debug("%s: %s", path, error)
            tried[str(path)] = str(error)
    raise CameraError(
        _no_camera(device, tried, folder), tried, remedies=("input_video",), fix="" if tried else _CONNECT
    )


def _open(device: Path, settings: CameraSettings) -> tuple[InputContainer, VideoStream]:
    import av
    from av.error import FFmpegError

    failure: Exception | None = None
    for options in settings.attempts():
        try:
            container = av.open(str(device), "r", format="v4l2", options=options)
        except (FFmpegError, OSError, ValueError) as error:
            failure = error
            continue
        try:
            return container, video_stream(container, device)
        except BaseException:
            container.close()
            raise
    assert failure is not None
    raise VideoOpenError(reason(device, failure)) from failure


def reason(device: object, error: Exception) -> str:
    """Return in words why a device could not be opened or read."""
    known = _REASONS.get(getattr(error, "errno", None) or 0)
    return known.format(device=device) if known else getattr(error, "strerror", None) or str(error)


def _no_camera(device: object, tried: dict[str, str], folder: Path) -> str:
    if not tried:
        return f"no camera: there is no {folder}/video*. {_ELSEWHERE}"
    why = "".join(f"\n  {path}: {reason}" for path, reason in tried.items())
    if device is None:
        return f"no camera that can be opened. Tried:{why}\n{_ELSEWHERE}"
    others = [str(path) for path in find_devices(folder) if path != Path(str(device))]
    hint = f" Other devices: {', '.join(others)}." if others else f" {_ELSEWHERE}"
    return f"{device}: cannot be opened as a camera: {tried[str(device)]}.{hint}"
