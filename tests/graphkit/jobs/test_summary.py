from __future__ import annotations

from graphkit.jobs import Summary
from graphkit.video import ReadStats


def test_damage_and_breaks_of_the_input_are_noted() -> None:
    summary = Summary()
    summary.add_reading(ReadStats(9, 2, corrupt_packets=3, corrupt_frames=4, truncated=True, reason="cut"))
    assert (summary.timestamps_repaired, summary.truncated) == (2, "cut")
    assert summary.damaged
    assert summary.notes == [
        "The input is damaged: packets that could not be decoded: 3, frames from damaged data: 4. "
        "Frames lost, by the gaps between times: not known."
    ]


def test_how_the_input_was_read_is_noted() -> None:
    summary = Summary()
    summary.add_reading(ReadStats(9, interlaced=9, remarks=["Its pictures are HDR."]))
    assert summary.notes == [
        "Input: Its pictures are HDR.",
        "Input: 9 of its pictures were interlaced and were deinterlaced.",
    ]
    assert not summary.damaged


def test_a_sound_input_is_not_noted() -> None:
    summary = Summary()
    summary.add_reading(ReadStats(9, reason="not yet read to its end"))
    assert summary == Summary()
