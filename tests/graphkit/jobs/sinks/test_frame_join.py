from __future__ import annotations

import pytest

from graphkit.jobs._sinks.frame_join import FrameJoin


@pytest.fixture
def join() -> FrameJoin:
    return FrameJoin("main", ["ids"], most_waiting=3)


def test_a_frame_waits_for_all_streams(join: FrameJoin) -> None:
    assert join.frame(10) == []
    assert join.packet("main", 10, "a") == []
    assert join.packet("ids", 10, "b") == [(10, {"main": "a", "ids": "b"})]


def test_a_frame_without_packets(join: FrameJoin) -> None:
    join.frame(10)
    join.frame(20)
    assert join.packet("main", 20, None) == []
    assert join.packet("ids", 15, None) == [(10, {})]
    assert join.packet("ids", 20, None) == [(20, {})]


def test_a_packet_between_the_pictures_is_a_frame_of_its_own(join: FrameJoin) -> None:
    join.frame(10)
    join.frame(20)
    join.packet("main", 15, "a")
    join.packet("main", 20, None)
    assert join.packet("ids", 20, None) == [(10, {}), (15, {"main": "a"}), (20, {})]


def test_pictures_that_come_late_are_no_frames_twice(join: FrameJoin) -> None:
    join.packet("main", 10, "a")
    assert join.packet("ids", 10, None) == [(10, {"main": "a"})]
    assert join.frame(10) == []
    assert join.rest() == []


def test_the_others_are_not_waited_for_for_ever(join: FrameJoin) -> None:
    ready = [join.packet("main", time, time) for time in range(5)]
    assert ready == [[], [], [], [(0, {"main": 0})], [(1, {"main": 1})]]
    assert join.packet("ids", 1, "late") == []
    assert join.packet("ids", 2, "b") == [(2, {"main": 2, "ids": "b"})]


def test_the_main_stream_is_waited_for(join: FrameJoin) -> None:
    assert [join.frame(time) for time in range(9)] == [[]] * 9


def test_what_waits_at_the_end_goes(join: FrameJoin) -> None:
    join.frame(10)
    join.packet("main", 20, "a")
    assert join.rest() == [(10, {}), (20, {"main": "a"})]
