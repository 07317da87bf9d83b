"""Frames that are missing in the middle: counted where times tell, said in every container."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from graphkit.video import ReadStats, VideoReader
from graphkit.video._losses import Gaps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    MakeClip = Callable[..., Path]

STEP = 40_000


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        pytest.param(set(), 0, id="none"),
        pytest.param({5}, 1, id="one"),
        pytest.param({5, 6, 7, 20}, 4, id="two-gaps"),
        pytest.param(set(range(10, 80)), 70, id="most"),
    ],
)
def test_gaps_of_a_steady_clip(missing: set[int], expected: int) -> None:
    gaps = Gaps()
    for number in range(100):
        if number not in missing:
            gaps.saw(number * STEP + number % 2 * 1000)  # as in containers that count milliseconds
    assert gaps.missing() == expected


@pytest.mark.parametrize(
    "times",
    [
        pytest.param([0, 40, 80], id="too-short"),
        pytest.param([n * n for n in range(40)], id="no-steady-rate"),
        pytest.param(list(range(12)), id="piled-up"),
    ],
)
def test_times_that_tell_nothing(times: list[int]) -> None:
    gaps = Gaps()
    for at in times:
        gaps.saw(at)
    assert gaps.missing() is None


def test_a_long_clip_with_odd_steps_takes_no_more_room() -> None:
    gaps, at = Gaps(), 0
    for step in range(50_000):
        at += step * 100
        gaps.saw(at)
    assert len(gaps._steps) <= 20_000
    assert gaps.missing() is None


def noise(count: int) -> list[np.ndarray]:
    return list(np.random.default_rng(1).integers(0, 255, (count, 48, 64, 3), np.uint8))


def damaged(path: Path, begin: float, end: float) -> Path:
    data = bytearray(path.read_bytes())
    first, last = int(len(data) * begin), int(len(data) * end)
    data[first:last] = bytes(last - first)
    path.write_bytes(data)
    return path


# Few pictures a second: a Matroska file goes on with the next cluster, of which there is one in 5 s.
RATE = 5


@pytest.mark.parametrize(
    "name", ["clip.mkv", "clip.webm", "clip.avi", "clip.flv", "clip.ts", "clip.mp4", "clip.mov"]
)
def test_a_hole_in_the_middle_is_counted_in_every_container(make_clip: MakeClip, name: str) -> None:
    codec = "libvpx" if name.endswith("webm") else "mpeg4" if name.endswith("avi") else "libx264"
    path = make_clip(name, pictures=noise(60), codec=codec, rate=RATE)
    with VideoReader(path) as reader:
        whole = len(list(reader))
        assert (whole, reader.stats.damaged, reader.stats.damage) == (60, False, "")
    damaged(path, 0.4, 0.6)
    with VideoReader(path) as reader:
        read = len(list(reader))
        stats = reader.stats
    assert 20 < read < 60
    assert stats.damaged
    assert stats.frames_lost == 60 - read
    assert f"Frames lost, by the gaps between times: {60 - read}." in stats.damage
    assert not stats.truncated


def test_bytes_that_were_skipped_are_told(make_clip: MakeClip) -> None:
    path = damaged(make_clip("clip.mkv", pictures=noise(60), rate=RATE), 0.4, 0.6)
    with VideoReader(path) as reader:
        list(reader)
        stats = reader.stats
    assert stats.damaged_places == 1
    assert stats.skipped_bytes > 0.15 * path.stat().st_size
    assert f"unreadable places: 1 ({stats.skipped_bytes} bytes)" in stats.damage


def test_a_hole_at_the_end_is_told_however_short(make_clip: MakeClip) -> None:
    path = make_clip("clip.mkv", pictures=noise(60), rate=25)
    data = path.read_bytes()
    cues = data.rindex(b"\x1c\x53\xbb\x6b")
    path.write_bytes(data[: cues - 20_000] + bytes(20_000) + data[cues:])
    with VideoReader(path) as reader:
        read = len(list(reader))
        stats = reader.stats
    assert 50 < read < 60
    assert stats.damaged


def test_what_was_appended_to_a_sound_clip_is_no_damage(make_clip: MakeClip) -> None:
    path = make_clip("clip.mkv", pictures=noise(60), rate=25)
    path.write_bytes(path.read_bytes() + b"something else" * 1000)
    with VideoReader(path) as reader:
        assert len(list(reader)) == 60
        assert not reader.stats.damaged


def test_pictures_behind_damage_that_ends_the_reading_are_told(make_clip: MakeClip) -> None:
    """The last packet that is read shows last, so times do not tell that two before it never came."""
    path = make_clip("clip.mkv", pictures=noise(60), rate=25)
    data = path.read_bytes()
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    place, size = places[-3]
    path.write_bytes(data[: place + size] + b"\0" + data[place + size :])
    with VideoReader(path) as reader:
        read = len(list(reader))
        assert read == 60 or reader.stats.damaged


def test_gaps_in_a_sound_clip_are_no_loss(make_clip: MakeClip) -> None:
    """A recorder that leaves out pictures loses none."""
    times = [n * 3600 for n in range(60) if not 20 <= n < 30]
    with VideoReader(make_clip("clip.mkv", count=50, rate=25, pts=times)) as reader:
        list(reader)
        assert (reader.stats.damaged, reader.stats.frames_lost) == (False, None)


@pytest.mark.parametrize(
    ("stats", "damaged", "damage"),
    [
        pytest.param(ReadStats(), False, "", id="sound"),
        pytest.param(ReadStats(truncated=True, reason="short"), True, "", id="truncated-only"),
        pytest.param(
            ReadStats(corrupt_packets=3, corrupt_frames=1),
            True,
            "The input is damaged: packets that could not be decoded: 3, frames from damaged data: 1. "
            "Frames lost, by the gaps between times: not known.",
            id="uncounted",
        ),
        pytest.param(
            ReadStats(damaged_places=2, skipped_bytes=900, frames_lost=7),
            True,
            "The input is damaged: packets that could not be decoded: 0, frames from damaged data: 0, "
            "unreadable places: 2 (900 bytes). Frames lost, by the gaps between times: 7.",
            id="skipped",
        ),
    ],
)
def test_words_for_damage(stats: ReadStats, damaged: bool, damage: str) -> None:
    assert (stats.damaged, stats.damage) == (damaged, damage)
