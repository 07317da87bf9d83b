"""Pace: it finds the quicker way, keeps to it, and costs little where there is nothing to find."""

from __future__ import annotations

import pytest

from graphkit.inference._pace import Pace


def calls(pace: Pace, count: int, plain: float, other: float) -> list[bool]:
    """Return the ways of so many calls that take *plain* or *other* seconds."""
    ways = []
    for _ in range(count):
        way = pace.choose()
        pace.took(other if way else plain, way)
        ways.append(way)
    return ways


def test_a_quicker_way_is_found_at_once_and_kept() -> None:
    ways = calls(Pace(), 1000, 10, 6)
    assert ways[:4] == [False] * 4, "the plain way comes first"
    assert all(ways[4:20])
    assert ways.count(False) <= 4 + 7 * 3, "the plain way is looked at again, ever more rarely"


@pytest.mark.parametrize("other", [pytest.param(9.5, id="hardly quicker"), pytest.param(10, id="the same")])
def test_a_way_that_is_not_worth_it_is_left(other: float) -> None:
    ways = calls(Pace(), 1000, 10, other)
    assert ways.count(True) <= 3 * 7


@pytest.mark.parametrize("times", [2, 3, 10])
def test_on_a_busy_machine_it_costs_little(times: int) -> None:
    ways = calls(Pace(), 3000, 10, 10 * times)
    assert ways.count(True) <= 2 * 11, "two calls a look, looks after 4, 32, 64, ... 512"


def test_it_gives_way_within_a_few_calls_when_the_machine_becomes_busy() -> None:
    pace = Pace()
    assert all(calls(pace, 100, 10, 6)[4:16])
    ways = calls(pace, 200, 10, 20)
    assert ways.count(True) <= 6 + 2 * 3, "two calls a look, looks after 32, 64, 128"
    assert ways[-50:].count(True) <= 2


def test_it_stays_when_all_becomes_slow_for_a_while() -> None:
    pace = Pace()
    calls(pace, 50, 10, 6)
    ways = calls(pace, 20, 30, 18)
    assert ways.count(False) <= 3, "the plain way is tried, and is slow as well"
    assert calls(pace, 1, 10, 6) == [True]


def test_slow_first_calls_do_not_hide_a_quicker_way() -> None:
    pace = Pace()
    calls(pace, 4, 10, 6)
    for seconds in (30, 12, 6):
        assert pace.choose() is True
        pace.took(seconds, True)
    assert pace.other is True


def test_a_way_that_was_quick_once_is_left_again() -> None:
    pace = Pace()
    calls(pace, 4, 10, 6)
    for seconds in (12, 6, 12):
        pace.took(seconds, True)
    assert pace.other is True
    assert calls(pace, 100, 10, 12).count(True) <= 12
    assert pace.other is False


def test_a_slow_moment_is_soon_forgotten() -> None:
    pace = Pace()
    calls(pace, 1000, 10, 6)
    assert not any(calls(pace, 20, 10, 30)[-8:])
    assert all(calls(pace, 60, 10, 6)[-20:])


def test_one_call_that_was_held_up_changes_nothing() -> None:
    pace = Pace()
    calls(pace, 12, 10, 6)
    assert calls(pace, 1, 10, 500) == [True]
    assert calls(pace, 3, 10, 6) == [True] * 3


def test_it_comes_back_when_the_machine_is_idle_again() -> None:
    pace = Pace()
    calls(pace, 100, 10, 6)
    calls(pace, 300, 10, 30)
    assert pace.other is False
    assert calls(pace, 600, 10, 6)[-100:].count(True) > 90


def test_trying_can_be_put_off() -> None:
    pace = Pace()
    calls(pace, 4, 10, 6)
    assert pace.is_trying
    pace.put_off()
    assert calls(pace, 16, 10, 6) == [False] * 16
    assert calls(pace, 1, 10, 6) == [True]


def test_a_call_that_another_thread_began_before_the_turn_does_not_count() -> None:
    pace = Pace()
    calls(pace, 4, 10, 6)
    assert pace.choose() is True
    for _ in range(10):
        pace.took(0.1, False)
    assert pace.choose() is True
    assert pace.is_trying
