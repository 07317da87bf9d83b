"""What is known about a video before its first frame."""

from __future__ import annotations

from dataclasses import dataclass

from graphkit.formats._image_frame import ImageFormat


@dataclass(frozen=True, slots=True)
class VideoHeader:
    """The header of a stream of frames.

    Attributes:
        format: of the frames.
        width: pixels.
        height: pixels.
        duration: seconds; 0 if unknown.
        frame_rate: frames a second; 0 if unknown.
    """

    format: ImageFormat = ImageFormat.UNKNOWN
    width: int = 0
    height: int = 0
    duration: float = 0.0
    frame_rate: float = 0.0
