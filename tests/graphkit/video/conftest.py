"""Clips made on the fly: small, and each with one thing that real clips have."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

TICK = Fraction(1, 90_000)
SECOND = 90_000


@dataclass(frozen=True)
class Clip:
    """What a test clip shall be like; pts are ticks of 1/90000 s."""

    pictures: Sequence[NDArray[np.uint8]]
    pts: Sequence[int] = ()
    rate: int = 30
    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    rotation: int = 0
    audio_codec: str = ""
    audio_seconds: float = 0.0
    faststart: bool = False
    packet_pts: Callable[[int], int] | None = None


def pattern(width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """Quarters in red, green, blue and white, clockwise from the top left: shows any turn or flip."""
    picture = np.zeros((height, width, 3), np.uint8)
    middle_y, middle_x = height // 2, width // 2
    picture[:middle_y, :middle_x] = 255, 0, 0
    picture[:middle_y, middle_x:] = 0, 255, 0
    picture[middle_y:, middle_x:] = 0, 0, 255
    picture[middle_y:, :middle_x] = 255, 255, 255
    return picture


def _write(path: Path, clip: Clip) -> Path:
    container_options = {"movflags": "faststart"} if clip.faststart else {"avoid_negative_ts": "disabled"}
    with av.open(str(path), "w", container_options=container_options) as output:
        height, width = clip.pictures[0].shape[:2]
        stream = output.add_stream(clip.codec, rate=clip.rate)
        if clip.codec == "libx264":
            stream.options = {"preset": "ultrafast", "qp": "0"}
        else:
            stream.bit_rate = 4_000_000
        stream.width, stream.height, stream.pix_fmt = width, height, clip.pixel_format
        tick = TICK if clip.codec == "libx264" else Fraction(1, clip.rate)
        stream.codec_context.time_base = stream.time_base = tick
        if clip.rotation:
            stream.set_display_rotation(clip.rotation)
        sound = output.add_stream(clip.audio_codec, rate=48_000) if clip.audio_codec else None
        if sound is not None:
            output.mux(list(_sound(sound, clip.audio_seconds)))
        packets = []
        for index, picture in enumerate(clip.pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            pts = clip.pts[index] if clip.pts else index * SECOND // clip.rate
            frame.pts, frame.time_base = round(pts * TICK / tick), tick
            packets += stream.encode(frame)
        for index, packet in enumerate(packets + stream.encode(None)):
            if clip.packet_pts is not None:
                packet.dts = index * SECOND // clip.rate
                packet.pts = clip.packet_pts(index) * SECOND // clip.rate
            output.mux(packet)
    return path


def _sound(stream: av.AudioStream, seconds: float) -> list[av.Packet]:
    stream.layout = "mono"
    packets = []
    wave = (8000 * np.sin(np.arange(int(seconds * 48_000)) * 440 * 2 * np.pi / 48_000)).astype(np.int16)
    for start in range(0, len(wave), 1024):
        frame = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48_000, start
        for ready in av.AudioResampler(stream.format, "mono", 48_000).resample(frame):
            packets += stream.encode(ready)
    return packets + stream.encode(None)


def _set_matrix(path: Path, a: float, b: float, c: float, d: float) -> None:
    """Make the display matrix of the first track x' = a x + c y, y' = b x + d y."""
    data = bytearray(path.read_bytes())
    body = next(_found(data, (b"moov", b"trak", b"tkhd"), 0, len(data)))
    matrix = body + (52 if data[body] == 1 else 40)  # version 1 has longer times
    fixed = [round(value * (1 << 16)) for value in (a, b, 0, c, d, 0, 0, 0)]
    struct.pack_into(">9i", data, matrix, *fixed, 1 << 30)
    path.write_bytes(data)


def _found(data: bytearray, names: tuple[bytes, ...], start: int, end: int) -> Iterator[int]:
    """Yield where the contents of the boxes at a path of names begin."""
    while start + 8 <= end:
        size, name = struct.unpack_from(">I4s", data, start)
        if name == names[0]:
            if len(names) == 1:
                yield start + 8
            else:
                yield from _found(data, names[1:], start + 8, start + size)
        start += max(8, size)


@pytest.fixture
def set_matrix() -> Callable[..., None]:
    """``set_matrix(path, a, b, c, d)``: change the display matrix of an mp4, as PyAV cannot write it."""
    return _set_matrix


@pytest.fixture
def make_clip(tmp_path: Path) -> Callable[..., Path]:
    """``make_clip(name, **fields of Clip)``: write such a clip and return its path."""

    def make(name: str = "clip.mp4", *, count: int = 6, **fields: object) -> Path:
        fields.setdefault("pictures", [np.full((48, 64, 3), 20 + 10 * i % 200, np.uint8) for i in range(count)])
        return _write(tmp_path / name, Clip(**fields))  # type: ignore[arg-type]

    return make


@pytest.fixture
def quarters() -> Callable[..., NDArray[np.uint8]]:
    """The four-colour picture."""
    return pattern
