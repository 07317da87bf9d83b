"""Threads that wait for a change, and exceptions that come while they do (S51)."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import graphkit
from graphkit._process.sleepers import Sleepers

if TYPE_CHECKING:
    from types import FrameType

SECONDS = 60.0


class Interrupt(BaseException):
    """What a handler of the program raises."""


def test_who_need_not_wait_does_not() -> None:
    sleepers = Sleepers(threading.Lock())
    assert sleepers.wait_for(lambda: True)
    assert sleepers.wakers == []


def test_a_sleeper_gives_up_after_its_timeout() -> None:
    sleepers = Sleepers(threading.Lock())
    assert not sleepers.wait_for(lambda: False, 0.01)
    assert not sleepers.wait_for(lambda: False, -1)
    assert sleepers.wakers == []


def test_all_are_woken_and_look_again() -> None:
    lock = threading.Lock()
    sleepers, done, woken = Sleepers(lock), threading.Event(), []

    def wait(number: int) -> None:
        assert sleepers.wait_for(done.is_set, SECONDS)
        woken.append(number)

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    while len(sleepers.wakers) < 4:
        continue
    with lock:
        sleepers.wake()  # for nothing: they go back to sleep
    done.set()
    with lock:
        sleepers.wake()
        sleepers.wake()
    for thread in threads:
        thread.join(SECONDS)
    assert sorted(woken) == [0, 1, 2, 3]
    assert not lock.locked()


def test_a_question_that_raises_leaves_nothing_behind() -> None:
    lock = threading.Lock()
    sleepers = Sleepers(lock)

    def ask() -> bool:
        raise LookupError("no idea")

    with pytest.raises(LookupError, match="no idea"):
        sleepers.wait_for(ask)
    assert sleepers.wakers == []
    assert not lock.locked()


def test_an_exception_at_any_point_of_a_wait_leaves_the_lock_alone() -> None:
    """The lock is free afterwards, and was released by nobody but its owner."""
    lock, place = threading.Lock(), 1
    while interrupted_at(place, Sleepers(lock)):
        assert not lock.locked()
        place += 1
    assert place > 8


def interrupted_at(place: int, sleepers: Sleepers) -> bool:
    """Raise at the *place*-th look for signals in a wait; return whether there was one."""
    seen = 0

    def profile(frame: FrameType, event: str, _: Any) -> None:
        nonlocal seen
        if frame.f_code.co_name == "wait_for" and event in {"call", "c_return"}:
            seen += 1
            if seen == place:
                raise Interrupt

    sys.setprofile(profile)
    try:
        sleepers.wait_for(lambda: False, 0.001)
    except Interrupt:
        return True
    finally:
        sys.setprofile(None)
    return False


def test_nobody_waits_otherwise() -> None:
    """Where a signal raises inside of a Condition, the caller lets go of a lock that another thread holds."""
    package = Path(graphkit.__file__).parent
    waiting = {path.name for path in package.rglob("*.py") if "threading.Condition(" in path.read_text()}
    assert waiting == set()
