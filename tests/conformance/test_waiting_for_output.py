"""Waiting for the next observed output, and the queue size of one graph input."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from graphkit import CalculatorGraph
from graphkit.errors import ArgumentError, ThrottledError

if TYPE_CHECKING:
    from conformance.harness import Script
    from graphkit import CalculatorContext

SECONDS = 60.0
CHAIN = """
input_stream: "in"
output_stream: "out"
node { calculator: "PassThroughCalculator" input_stream: "in" output_stream: "out" }
"""
BUSY = """
input_stream: "other" input_side_packet: "s"
node { calculator: "ConfBlocking" input_stream: "other" input_side_packet: "SCRIPT:s" }
"""
JOIN = """
input_stream: "left"
input_stream: "right"
node {
  calculator: "PassThroughCalculator"
  input_stream: "A:left" input_stream: "B:right"
  output_stream: "A:out_left" output_stream: "B:out_right"
}
"""


def test_returns_once_an_observer_was_called() -> None:
    graph = CalculatorGraph(CHAIN)
    graph.observe_output_stream("out", lambda packet: None)
    with graph:
        graph.add_packet_to_input_stream("in", 1, 1)
        graph.add_packet_to_input_stream("in", 2, 2)
        assert graph.wait_for_observed_output(SECONDS)
        with pytest.raises(TimeoutError, match=r"no observer was called within 0\.01 s"):
            graph.wait_for_observed_output(0.01)
        graph.add_packet_to_input_stream("in", 3, 3)
        assert graph.wait_for_observed_output(SECONDS)


def test_wakes_a_thread_that_waits_and_tells_it_of_the_end() -> None:
    graph = CalculatorGraph(CHAIN)
    graph.observe_output_stream("out", lambda packet: None)
    graph.start_run()
    answers: list[bool] = []

    def wait_until_the_end() -> None:
        while graph.wait_for_observed_output(SECONDS):
            answers.append(True)
        answers.append(False)

    thread = threading.Thread(target=wait_until_the_end)
    thread.start()
    graph.add_packet_to_input_stream("in", 1, 1)
    graph.close_all_input_streams()
    thread.join(SECONDS)
    assert not thread.is_alive()
    assert answers[-1] is False
    graph.wait_until_done(SECONDS)


@pytest.mark.parametrize(("size", "taken"), [pytest.param(1, 1, id="one"), pytest.param(3, 3, id="three")])
def test_queue_size_of_one_input(script: type[Script], size: int, taken: int) -> None:
    graph = CalculatorGraph(JOIN + BUSY)
    graph.set_input_stream_max_queue_size("left", size)
    graph.add_mode_blocks = False
    began, go_on = threading.Event(), threading.Event()

    def be_busy(cc: CalculatorContext) -> None:
        began.set()
        assert go_on.wait(SECONDS)

    graph.start_run({"s": script(process=be_busy)})
    graph.add_packet_to_input_stream("other", 0, 0)
    assert began.wait(SECONDS)  # a graph that has something to do is not stuck, and its queues do not grow
    for stamp in range(taken):
        graph.add_packet_to_input_stream("left", stamp, stamp)
    with pytest.raises(ThrottledError):
        graph.add_packet_to_input_stream("left", taken, taken)
    go_on.set()
    graph.cancel_quietly()


def test_no_limit() -> None:
    graph = CalculatorGraph(JOIN)
    graph.set_input_stream_max_queue_size("left", -1)
    graph.add_mode_blocks = False
    graph.start_run()
    for stamp in range(500):
        graph.add_packet_to_input_stream("left", stamp, stamp)
    graph.cancel_quietly()


def test_a_size_of_zero_is_refused() -> None:
    message = '^max_queue_size: a queue of "left" cannot hold 0 packets; use -1 for no limit, or 1 and more$'
    with pytest.raises(ArgumentError, match=message):
        CalculatorGraph(JOIN).set_input_stream_max_queue_size("left", 0)


def test_an_unknown_input_is_refused() -> None:
    with pytest.raises(ArgumentError, match="Did you mean 'left'"):
        CalculatorGraph(JOIN).set_input_stream_max_queue_size("lefd", 5)
