"""Runs that are over, and graphs that the program dropped, leave nothing behind."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import CalculatorGraph
from graphkit.errors import CancelledError
from graphkit.framework import ApplicationThreadExecutor, Executor, ThreadPoolExecutor

if TYPE_CHECKING:
    from collections.abc import Callable

ON_EXECUTOR = """
    input_stream: "a" executor { name: "x" type: "%s" }
    node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b" executor: "x" }
"""
TYPES = ["ThreadPoolExecutor", "ApplicationThreadExecutor", "WaitingThreadExecutor"]


class Payload:
    """What may not live longer than the run."""


def alive(references: list[weakref.ref[Any]]) -> int:
    gc.collect()
    return sum(reference() is not None for reference in references)


@pytest.mark.parametrize("kind", TYPES)
def test_runs_that_ended_are_let_go(kind: str) -> None:
    graph = CalculatorGraph(ON_EXECUTOR % kind)
    runs: list[weakref.ref[Any]] = []
    payloads: list[weakref.ref[Any]] = []
    for _ in range(5):
        with graph:
            payload = Payload()
            payloads.append(weakref.ref(payload))
            graph.add_packet_to_input_stream("a", payload, 0)
            runs.append(weakref.ref(graph._current.run._scheduler))
            del payload
    assert alive(runs) == 0
    assert alive(payloads) == 0


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("pushed", [pytest.param(0, id="idle"), pytest.param(3, id="with work left")])
def test_graphs_that_are_dropped_are_let_go(kind: str, pushed: int) -> None:
    before = threading.active_count()
    runs: list[weakref.ref[Any]] = []
    for _ in range(3):
        graph = CalculatorGraph(ON_EXECUTOR % kind)
        graph.start_run()
        for stamp in range(pushed):
            graph.add_packet_to_input_stream("a", Payload(), stamp)
        if kind == "ThreadPoolExecutor":
            graph.wait_until_idle(timeout=60)
        runs.append(weakref.ref(graph._current.run._scheduler))
        del graph
    assert alive(runs) == 0
    for thread in threading.enumerate():
        if thread.name.startswith("graphkit"):
            thread.join(60)
    assert threading.active_count() == before


@pytest.mark.parametrize("kind", [ApplicationThreadExecutor, ThreadPoolExecutor])
def test_an_executor_of_the_program_keeps_no_run(kind: type[Executor]) -> None:
    executor = kind()
    graph = CalculatorGraph(ON_EXECUTOR % "")
    graph.set_executor("x", executor)
    runs: list[weakref.ref[Any]] = []
    for _ in range(3):
        with graph:
            graph.add_packet_to_input_stream("a", 1, 1)
            runs.append(weakref.ref(graph._current.run._scheduler))
    executor.shutdown()
    assert alive(runs) == 0


def test_graphs_that_share_an_application_thread_are_all_told_of_work() -> None:
    """A thread that waits for one graph wakes up for its work, though another graph came to the executor later."""
    shared = ApplicationThreadExecutor()
    text = """
        input_stream: "a"
        node { calculator: "ConfPass" input_stream: "a" output_stream: "b" executor: "x" }
        executor { name: "x" }
    """
    graphs = [CalculatorGraph(text) for _ in range(2)]
    seen: list[int] = []
    for graph in graphs:
        graph.set_executor("x", shared)
        graph.observe_output_stream("b", lambda packet: seen.append(packet.payload))
        graph.start_run()
    waits = threading.Thread(target=graphs[0].wait_until_done, kwargs={"timeout": 10})
    waits.start()
    for number in range(3):
        graphs[0].add_packet_to_input_stream("a", number, number)
    graphs[0].close_all_input_streams()
    waits.join(60)
    assert not waits.is_alive()
    assert graphs[0].is_over()
    assert seen == [0, 1, 2]
    graphs[1].cancel_quietly()


LOOP = """
    input_stream: "a"
    node { calculator: "PreviousLoopbackCalculator" input_stream: "MAIN:a" input_stream: "LOOP:c"
           input_stream_info { tag_index: "LOOP" back_edge: true } output_stream: "PREV_LOOP:b" }
    node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "c" }
"""


def close(graph: CalculatorGraph) -> None:
    graph.close_all_input_streams()
    graph.wait_until_done()


def fail(graph: CalculatorGraph) -> None:
    graph.add_packet_to_input_stream("a", Payload(), 1)
    graph.cancel()
    with pytest.raises(CancelledError):
        graph.wait_until_done()


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(close, id="closed"),
        pytest.param(fail, id="failed"),
        pytest.param(CalculatorGraph.cancel_quietly, id="cancelled"),
        pytest.param(lambda graph: None, id="dropped at rest"),
    ],
)
def test_models_and_frames_do_not_wait_for_the_collector(end: Callable[[CalculatorGraph], None]) -> None:
    graph = CalculatorGraph(LOOP)
    gc.collect()
    gc.disable()
    try:
        graph.start_run()
        payload = Payload()
        graph.add_packet_to_input_stream("a", payload, 0)
        graph.wait_until_idle()
        kept = [weakref.ref(payload), *(weakref.ref(node.calculator) for node in graph._current.run._state.nodes)]  # type: ignore[union-attr]
        end(graph)
        del graph, payload
        assert [reference() for reference in kept] == [None] * 3
    finally:
        gc.enable()
