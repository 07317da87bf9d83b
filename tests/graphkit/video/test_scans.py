"""Containers whose demuxers swallow damage: GIF and ASF are gone through once they were read."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from graphkit.video import VideoReader
from graphkit.video._asf import scan_asf

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, codec: str, pixel_format: str) -> Path:
    pictures = np.random.default_rng(1).integers(0, 255, (30, 48, 64, 3), np.uint8)
    with av.open(str(path), "w", format="asf" if path.suffix == ".wmv" else None) as output:
        stream = output.add_stream(codec, rate=20)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixel_format
        stream.bit_rate = 2_000_000
        for picture in pictures:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    return path


@pytest.fixture(params=[("clip.gif", "gif", "rgb8"), ("clip.wmv", "wmv2", "yuv420p")], ids=["gif", "asf"])
def clip(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A sound clip of thirty pictures."""
    name, codec, pixel_format = request.param
    return write(tmp_path / name, codec, pixel_format)


def test_a_sound_clip_is_sound(clip: Path) -> None:
    with VideoReader(clip) as reader:
        assert len(list(reader)) == 30
        assert not reader.stats.damaged


@pytest.mark.parametrize("begin", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("length", [40, 3000])
def test_zeros_in_the_middle_are_told(clip: Path, begin: float, length: int) -> None:
    data = bytearray(clip.read_bytes())
    place = int(len(data) * begin)
    data[place : place + length] = bytes(length)
    clip.write_bytes(data)
    with VideoReader(clip) as reader:
        read = len(list(reader))
        stats = reader.stats
    assert read == 30 or stats.damaged


@pytest.mark.parametrize("share", [0.4, 0.8])
def test_a_missing_end_is_told(clip: Path, share: float) -> None:
    clip.write_bytes(clip.read_bytes()[: int(clip.stat().st_size * share)])
    with VideoReader(clip) as reader:
        assert len(list(reader)) < 30
        assert reader.stats.truncated


def test_a_piece_that_is_taken_out_is_told(clip: Path) -> None:
    data = clip.read_bytes()
    middle = len(data) // 2
    clip.write_bytes(data[:middle] + data[middle + 5000 :])
    with VideoReader(clip) as reader:
        assert len(list(reader)) < 30
        assert reader.stats.damaged


def test_pieces_of_a_sample_that_tell_different_sizes_are_told() -> None:
    """FFmpeg drops such a sample without a word."""
    whole = _asf_packet(piece_of=5000, begin=0), _asf_packet(piece_of=5000, begin=1000)
    changed = whole[0], _asf_packet(piece_of=5064, begin=1000)
    assert scan_asf(_asf_file(*whole)) == (0, False)
    assert scan_asf(_asf_file(*changed)) == (_ASF_PACKET, False)


_ASF_PACKET = 1000 + 26


def _asf_packet(*, piece_of: int, begin: int) -> bytes:
    """A packet with one piece of 1000 bytes."""
    head = (
        b"\x82\0\0" + bytes([0, 0x5D]) + bytes(6)
    )  # one piece, no lengths; then when to send it, and for how long
    piece = b"\x81\x01" + struct.pack("<IB", begin, 8) + struct.pack("<II", piece_of, 0)
    return (head + piece + bytes(1000)).ljust(_ASF_PACKET, b"\0")


def _asf_file(*packets: bytes) -> bytes:
    properties = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365") + bytes(76) + struct.pack("<I", _ASF_PACKET)
    data = (
        bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c") + bytes(24) + struct.pack("<Q", len(packets)) + bytes(2)
    )
    return properties + data + b"".join(packets)
