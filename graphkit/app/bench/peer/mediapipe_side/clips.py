"""Clips as frames and frames as clips, through PyAV, with the settings that graphkit uses."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

_DECODER_THREADS = 2
_ENCODER = ("libx264", {"preset": "ultrafast", "crf": "23"})
_TICKS = 90_000


def read_frames(clip: str, limit: int | None) -> Iterator[tuple[int, np.ndarray[Any, Any]]]:
    """Yield (timestamp in microseconds, RGB frame, uint8 (height, width, 3)).

    Timestamps are the clip's own; one that is not later than the one before becomes a microsecond later.

    Args:
        clip: a video.
        limit: the most frames to yield; None for all.
    """
    last = None
    with av.open(clip) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = _DECODER_THREADS
        for count, frame in enumerate(container.decode(stream)):
            if count == limit:
                return
            stamp = round(Fraction(frame.pts or 0) * Fraction(frame.time_base or 1) * 1_000_000)
            last = stamp if last is None else max(stamp, last + 1)
            yield last, frame.to_ndarray(format="rgb24")


def frame_rate(clip: str) -> Fraction:
    """Return the average frame rate of a video."""
    with av.open(clip) as container:
        return Fraction(container.streams.video[0].average_rate or 30)


class Writer:
    """An mp4 whose frames keep their timestamps: H.264, one encoder thread."""

    def __init__(self, path: str, rate: Fraction, size: tuple[int, int]) -> None:
        codec, options = _ENCODER
        self._container = av.open(path, "w")
        stream: Any = self._container.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height = size[0] + size[0] % 2, size[1] + size[1] % 2
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = Fraction(1, _TICKS)
        self._stream = stream

    def write(self, timestamp: int, frame: np.ndarray[Any, Any]) -> None:
        """Encode an RGB frame."""
        picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
        picture.pts = round(timestamp * _TICKS / 1_000_000)
        picture.time_base = Fraction(1, _TICKS)
        self._container.mux(self._stream.encode(picture))

    def close(self) -> None:
        """Flush the encoder and complete the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
