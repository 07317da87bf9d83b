"""A place for one thing."""

from __future__ import annotations

import threading

import pytest

from graphkit.video._latest_value import LatestValueSlot


def test_the_newest_is_taken_and_the_others_are_counted() -> None:
    place: LatestValueSlot[int] = LatestValueSlot()
    place.put(0)
    assert place.take() == 0
    for item in (1, 2, 3):
        place.put(item)
    assert place.take() == 3
    assert place.replaced == 2


def test_what_came_before_anybody_asked_is_not_counted() -> None:
    place: LatestValueSlot[int] = LatestValueSlot()
    for item in range(5):
        place.put(item)
    assert place.take() == 4
    assert place.replaced == 0


def test_what_is_left_can_be_taken_after_the_end() -> None:
    place: LatestValueSlot[str] = LatestValueSlot()
    place.put("last")
    place.end()
    assert place.take() == "last"
    assert place.take() is None


def test_an_end_wakes_who_waits() -> None:
    place: LatestValueSlot[int] = LatestValueSlot()
    got: list[int | None] = []
    waiting = threading.Thread(target=lambda: got.append(place.take()))
    waiting.start()
    place.end()
    waiting.join(60)
    assert got == [None]


def test_waiting_ends() -> None:
    with pytest.raises(TimeoutError):
        LatestValueSlot[int]().take(0)
