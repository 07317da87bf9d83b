"""A place for one thing."""

from __future__ import annotations

import threading

import pytest

from graphkit.video._newest import Newest


def test_the_newest_is_taken_and_the_others_are_counted() -> None:
    place: Newest[int] = Newest()
    place.put(0)
    assert place.take() == 0
    for item in (1, 2, 3):
        place.put(item)
    assert place.take() == 3
    assert place.replaced == 2


def test_what_came_before_anybody_asked_is_not_counted() -> None:
    place: Newest[int] = Newest()
    for item in range(5):
        place.put(item)
    assert place.take() == 4
    assert place.replaced == 0


def test_what_is_left_can_be_taken_after_the_end() -> None:
    place: Newest[str] = Newest()
    place.put("last")
    place.end()
    assert place.take() == "last"
    assert place.take() is None


def test_an_end_wakes_who_waits() -> None:
    place: Newest[int] = Newest()
    got: list[int | None] = []
    waiting = threading.Thread(target=lambda: got.append(place.take()))
    waiting.start()
    place.end()
    waiting.join(10)
    assert got == [None]


def test_patience_ends() -> None:
    with pytest.raises(TimeoutError):
        Newest[int]().take(0)
