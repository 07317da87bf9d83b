"""Stamps of a container to microseconds that strictly increase."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest

from graphkit.video._timestamps import Stamps, TimestampClock, to_fraction, to_microseconds, to_ticks

MS = Fraction(1, 1000)
RATE = Fraction(25)


class LibraryRatio:
    """A ratio that is no Fraction, as some versions of PyAV have."""

    numerator, denominator = 1, 26777


def test_a_ratio_of_another_type_becomes_a_fraction() -> None:
    made = to_fraction(LibraryRatio())
    assert (type(made), made) == (Fraction, Fraction(1, 26777))


@pytest.mark.parametrize(
    ("ticks", "time_base", "expected"),
    [
        pytest.param(1000, Fraction(1, 26777), 37345, id="rounds-down"),
        pytest.param(2, Fraction(1, 30), 66667, id="rounds-up"),
        pytest.param(-1001, Fraction(1, 30000), -33367, id="negative"),
        pytest.param(10**12, Fraction(1, 90000), 11111111111111, id="large-stays-exact"),
        pytest.param(3, Fraction(1001, 30000), 100100, id="numerator"),
    ],
)
def test_ticks_to_microseconds_and_back(ticks: int, time_base: Fraction, expected: int) -> None:
    assert to_microseconds(ticks, time_base) == expected
    assert to_ticks(expected, time_base) == ticks


@pytest.mark.parametrize(
    ("pts", "expected_us", "repaired"),
    [
        pytest.param([0, 40, 80], [0, 40_000, 80_000], 0, id="regular"),
        pytest.param([-40, 0, 40], [-40_000, 0, 40_000], 0, id="negative-start-is-kept"),
        pytest.param([500, 540], [500_000, 540_000], 0, id="late-start-is-kept"),
        pytest.param([0, 7, 100, 101], [0, 7_000, 100_000, 101_000], 0, id="variable-rate"),
        pytest.param([0, 40, 40, 80], [0, 40_000, 40_001, 80_000], 1, id="equal"),
        pytest.param([0, 40, 40, 40, 80], [0, 40_000, 40_001, 40_002, 80_000], 2, id="equal-twice"),
        pytest.param([0, 80, 40, 120], [0, 80_000, 80_001, 120_000], 1, id="backward"),
        pytest.param([None, None], [0, 40_000], 2, id="missing-from-the-start"),
        pytest.param([0, None, 80], [0, 40_000, 80_000], 1, id="missing-between"),
    ],
)
def test_stamps_without_decoding_stamps(pts: list[int | None], expected_us: list[int], repaired: int) -> None:
    clock = TimestampClock(MS, RATE)
    assert [clock.stamp(p, None) for p in pts] == expected_us
    assert clock.repaired == repaired


def test_missing_stamps_come_from_the_decoding_stamps() -> None:
    clock = TimestampClock(MS, RATE)
    assert [clock.stamp(None, dts) for dts in (10, 50, 95)] == [10_000, 50_000, 95_000]


def test_shuffled_stamps_give_way_to_sound_decoding_stamps() -> None:
    """Half of the pictures run backward; they must not all sit one microsecond after their neighbour."""
    count = 40
    order = [index + 1 - 2 * (index % 2 == 0) for index in range(count)]
    clock = TimestampClock(MS, RATE)
    stamps = [clock.stamp(40 * (1 + order[i]), 40 * (i - 1)) for i in range(count)]
    steps = [b - a for a, b in itertools.pairwise(stamps)]
    assert stamps[0] == 0
    assert min(steps) > 0
    assert set(steps[8:]) == {40_000}


def test_few_faults_do_not_give_up_the_presentation_stamps() -> None:
    clock = TimestampClock(MS, RATE)
    pts = [40 * i for i in range(60)]
    pts[20] = pts[40] = pts[50] = 0
    stamps = [clock.stamp(p, 40 * i - 80) for i, p in enumerate(pts)]
    assert clock.repaired == 3
    assert stamps[-1] == 59 * 40_000
    assert stamps[20] == 19 * 40_000 + 1


@pytest.mark.parametrize(
    "late", [pytest.param(0, id="at once"), pytest.param(2, id="decoding stamps from behind the joint")]
)
def test_recordings_joined_end_to_end(late: int) -> None:
    clock = TimestampClock(MS, RATE)
    pts = [1000 + 40 * (i % 10) for i in range(30)]
    dts = pts[late:] + [1400 + 40 * i for i in range(late)]
    stamps = [clock.stamp(*both) for both in zip(pts, dts, strict=True)]
    assert stamps == [1_000_000 + 40_000 * i for i in range(30)]
    assert clock.repaired == 20


def test_stamps_that_go_back_alone_are_no_other_recording() -> None:
    clock = TimestampClock(MS, RATE)
    pts = [40 * i for i in range(20)]
    pts[10] = 0
    stamps = [clock.stamp(p, 40 * i) for i, p in enumerate(pts)]
    assert stamps[10:12] == [9 * 40_000 + 1, 11 * 40_000]


def test_decoding_stamps_that_repeat_are_not_trusted() -> None:
    clock = TimestampClock(MS, RATE)
    stamps = [clock.stamp(0, 0) for _ in range(6)]
    assert stamps == [0, 1, 2, 3, 4, 5]
    assert clock.repaired == 5


def opening(pts: list[int | None], dts: list[int | None]) -> list[Stamps]:
    return [Stamps(*both) for both in zip(pts, dts, strict=True)]


SHUFFLED = [0, 120, 80, 40, 200, 160, 280, 240]


@pytest.mark.parametrize(
    ("pts", "dts", "guessed", "expected"),
    [
        pytest.param(SHUFFLED, [40 * i for i in range(8)], False, [40 * i for i in range(8)], id="shuffled"),
        pytest.param(
            SHUFFLED,
            [None, *[40 * i for i in range(1, 6)], None, None],
            False,
            [40 * i for i in range(8)],
            id="decoding-stamps-missing-at-the-ends",
        ),
        pytest.param(
            [40, 80, 160, 200], [80, 120, 160, 200], True, [40, 80, 120, 160], id="guessed-gives-way-at-once"
        ),
        pytest.param([40, 80, 160, 200], [80, 120, 160, 200], False, [40, 80, 160, 200], id="increasing-is-kept"),
        pytest.param([0, 80, 160], [0, 0, 0], True, [0, 80, 160], id="guessed-but-nothing-better"),
        pytest.param([0, 40], [0, 40], True, [0, 40], id="too-short-to-tell"),
        pytest.param([10, 20, 20, 30, 40, 50], [9, 19, 29, 39, 49, 59], False, None, id="one-fault-is-repaired"),
    ],
)
def test_the_opening_decides_before_the_first_picture_is_out(
    pts: list[int | None], dts: list[int | None], guessed: bool, expected: list[int] | None
) -> None:
    clock = TimestampClock(MS, RATE, opening(pts, dts), guessed=guessed)
    stamps = [clock.stamp(*both) for both in zip(pts, dts, strict=True)]
    expected_us = [10_000, 20_000, 20_001, 30_000, 40_000, 50_000]
    assert stamps == ([at * 1000 for at in expected] if expected is not None else expected_us)


def test_stamps_that_a_file_does_not_store_are_not_repaired() -> None:
    pts, dts = [40, 160, 120, 80], [80, 120, 160, 200]
    clock = TimestampClock(MS, RATE, opening(pts, dts), guessed=True)
    assert [clock.stamp(*both) for both in zip(pts, dts, strict=True)] == [40_000, 80_000, 120_000, 160_000]
    assert clock.repaired == 0


def test_made_up_stamps_count_for_nothing() -> None:
    clock = TimestampClock(MS, Fraction(30), made_up=True)
    assert [clock.stamp(40 * i, None) for i in range(4)] == [0, 33_333, 66_667, 100_000]
    assert clock.repaired == 0
