"""Lengths that mislead: sound that outlasts the picture, one length for all tracks, breaks of either kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from graphkit.video import VideoReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    MakeClip = Callable[..., Path]


def without_tags(path: Path) -> Path:
    """Rename the tags in which FFmpeg, and nobody else, tells the length of every track."""
    path.write_bytes(path.read_bytes().replace(b"DURATION", b"XURATION"))
    return path


def with_long_sound(make_clip: MakeClip, suffix: str) -> Path:
    """A clip of 1.2 s whose sound goes on for 4 s."""
    codec, audio = ("libvpx", "libopus") if suffix == "webm" else ("libx264", "aac")
    path = make_clip(f"clip.{suffix}", count=30, rate=25, codec=codec, audio_codec=audio, audio_seconds=4.0)
    return without_tags(path) if suffix in {"mkv", "webm"} else path


@pytest.mark.parametrize("suffix", ["flv", "mkv", "webm", "mp4", "mov", "ts", "avi"])
def test_sound_that_goes_on_is_no_truncation(make_clip: MakeClip, suffix: str) -> None:
    with VideoReader(with_long_sound(make_clip, suffix)) as reader:
        frames = len(list(reader))
        stats, info = reader.stats, reader.info
    assert frames == 30
    assert (stats.truncated, stats.reason, stats.damaged) == (False, "", False)
    assert info.frame_count == 30
    assert info.duration_us == pytest.approx(1_200_000, abs=50_000)


@pytest.mark.parametrize("suffix", ["flv", "mkv", "webm"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_break_is_told_all_the_same(make_clip: MakeClip, suffix: str, share: float) -> None:
    codec = "libvpx" if suffix == "webm" else "libx264"
    pictures = list(np.random.default_rng(1).integers(0, 255, (60, 48, 64, 3), np.uint8))
    path = make_clip(f"clip.{suffix}", pictures=pictures, rate=25, codec=codec)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with VideoReader(path) as reader:
        frames = len(list(reader))
        stats = reader.stats
    assert 60 * share - 8 < frames < 60
    assert stats.truncated
    assert "the file is truncated: it ends after" in stats.reason


def test_a_length_that_is_longer_than_the_file_is_not_believed(make_clip: MakeClip) -> None:
    """All elements of the file are there, to its last byte: what its head says is wrong."""
    path = make_clip("clip.mkv", count=30, rate=25)
    data = bytearray(without_tags(path).read_bytes())
    place = data.index(b"\x44\x89\x88") + 3  # Duration, a double of 8 bytes, in milliseconds
    data[place : place + 8] = np.float64(9000).astype(">f8").tobytes()
    path.write_bytes(data)
    with VideoReader(path) as reader:
        assert len(list(reader)) == 30
        assert not reader.stats.damaged


def test_a_file_cut_between_two_elements_is_told_by_its_head(make_clip: MakeClip) -> None:
    pictures = list(np.random.default_rng(1).integers(0, 255, (60, 48, 64, 3), np.uint8))
    path = make_clip("clip.mkv", pictures=pictures, rate=5)
    data = path.read_bytes()
    second = data.index(b"\x1f\x43\xb6\x75", data.index(b"\x1f\x43\xb6\x75") + 4)
    path.write_bytes(data[:second])
    with VideoReader(path) as reader:
        frames = len(list(reader))
        assert 10 < frames < 60
        assert reader.stats.truncated
