from __future__ import annotations

import threading

import pytest

from graphkit.jobs._window import InFlightWindow


class Graph:
    """Counts how often somebody asks whether it is idle, and says what it is told to say."""

    def __init__(self, idle: bool = False) -> None:
        self.idle = idle
        self.asked: list[float | None] = []

    def is_idle(self, timeout: float | None) -> bool:
        self.asked.append(timeout)
        return self.idle


def test_room_is_there_until_the_limit() -> None:
    graph, out = Graph(), []
    window = InFlightWindow(3, 1, graph.is_idle, out.append)
    for at in range(3):
        window.wait_for_room()
        window.enter(at)
    window.settle(0, 1)
    window.wait_for_room()
    assert out == [2]
    assert graph.asked == []


def test_waiting_ends_when_a_frame_is_out() -> None:
    graph = Graph()
    window = InFlightWindow(1, 1, graph.is_idle, lambda frames: None)
    window.enter(0)
    waiter = threading.Thread(target=window.wait_for_room)
    waiter.start()
    window.settle(0, 0)
    waiter.join(60)
    assert not waiter.is_alive()
    assert window.out == 1


def test_a_frame_is_out_when_all_streams_have_settled_it() -> None:
    """S41."""
    window = InFlightWindow(9, 2, Graph().is_idle, lambda frames: None)
    for at in (10, 20, 30):
        window.enter(at)
    window.settle(0, 30)
    assert window.out == 0
    window.settle(1, 20)
    assert window.out == 2


@pytest.mark.parametrize(
    "streams", [pytest.param(1, id="a stream that never settles"), pytest.param(0, id="nothing to watch")]
)
def test_an_idle_graph_is_fed_on(streams: int) -> None:
    """S41."""
    graph, out = Graph(idle=True), []
    window = InFlightWindow(2, streams, graph.is_idle, out.append)
    for at in range(6):
        window.wait_for_room()
        window.enter(at)
    assert out == [2, 4]
    assert graph.asked[-1] is None, "once it is known, idleness is waited for rather than polled"


def test_a_busy_graph_is_not_taken_for_a_stalled_one() -> None:
    graph = Graph(idle=False)
    window = InFlightWindow(1, 1, graph.is_idle, lambda frames: None)

    def busy_then_done(timeout: float | None) -> bool:
        if len(graph.asked) == 2:
            window.settle(0, 0)
        return graph.is_idle(timeout)

    window = InFlightWindow(1, 1, busy_then_done, lambda frames: None)
    window.enter(0)
    window.wait_for_room()
    assert window.out == 1
    assert graph.asked == [0, 0, 0]


def test_an_opened_window_lets_everybody_pass() -> None:
    graph = Graph()
    window = InFlightWindow(1, 1, graph.is_idle, lambda frames: None)
    window.open_for_good()
    for at in range(10):
        window.enter(at)
        window.wait_for_room()
    assert graph.asked == []
