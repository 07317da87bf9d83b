"""Pure nodes work ahead on a packet that waits at a gate, and side by side."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

import pytest

from graphkit import Calculator, CalculatorContext, CalculatorGraph, Input, Output, calculator
from graphkit.errors import CalculatorError

SECONDS = 60.0


class Script:
    """What the calculators of one test did, and what holds them."""

    def __init__(self) -> None:
        self.squared: list[int] = []
        self.called = {stamp: threading.Event() for stamp in range(8)}
        self.judge_may_go = threading.Semaphore(0)
        self.allow = True
        self.fail_at = -1


script = Script()


@pytest.fixture(autouse=True)
def _fresh_script() -> None:
    script.__init__()  # type: ignore[misc]


@calculator("SpeculationSquare")
class Square(Calculator):
    """Squares a number; records every call."""

    blocking = True
    pure = True
    number = Input(int)
    squared = Output(int)

    def process(self, cc: CalculatorContext) -> None:
        number = self.number(cc)
        script.squared.append(number)
        script.called[number].set()
        if number == script.fail_at:
            raise ValueError(f"no square of {number}")
        self.squared.send(cc, number * number)


@calculator("SpeculationJudge")
class Judge(Calculator):
    """Says whether the next number may pass, when the test lets it."""

    blocking = True
    number = Input(int)
    verdict = Output(bool)

    def process(self, cc: CalculatorContext) -> None:
        assert script.judge_may_go.acquire(timeout=SECONDS)
        self.verdict.send(cc, script.allow)


GRAPH = """
input_stream: "number"
output_stream: "squared"
num_threads: 2
node { calculator: "SpeculationJudge" input_stream: "number" output_stream: "verdict" }
node {
  calculator: "PreviousLoopbackCalculator"
  input_stream: "MAIN:number"
  input_stream: "LOOP:verdict"
  input_stream_info { tag_index: "LOOP" back_edge: true }
  output_stream: "PREV_LOOP:previous_verdict"
}
node {
  calculator: "GateCalculator"
  input_stream: "number"
  input_stream: "ALLOW:previous_verdict"
  output_stream: "passed"
  options { [mediapipe.GateCalculatorOptions.ext] { empty_packets_as_allow: true } }
}
node { calculator: "SpeculationSquare" input_stream: "passed" output_stream: "squared" }
"""
OWN_EXECUTOR = GRAPH.replace('"SpeculationSquare"', '"SpeculationSquare" executor: "own"') + (
    'executor { name: "own" type: "ThreadPoolExecutor" '
    "options { [mediapipe.ThreadPoolExecutorOptions.ext] { num_threads: 1 } } }"
)
on_either_executor = pytest.mark.parametrize(
    "config", [pytest.param(GRAPH, id="default-executor"), pytest.param(OWN_EXECUTOR, id="executor-of-its-own")]
)


def started(config: str = GRAPH) -> tuple[CalculatorGraph, list[tuple[int, int]]]:
    """Return the running graph and the list that its results go to."""
    graph = CalculatorGraph(config)
    results: list[tuple[int, int]] = []
    graph.observe_output_stream("squared", lambda p: results.append((int(p.timestamp), p.payload)))
    graph.start_run()
    return graph, results


def push(graph: CalculatorGraph, number: int) -> None:
    graph.add_packet_to_input_stream("number", number, number)


def finish(graph: CalculatorGraph) -> None:
    graph.close_all_packet_sources()
    graph.wait_until_done(SECONDS)


@on_either_executor
def test_a_pure_node_works_on_the_packet_that_waits_and_is_not_called_again(config: str) -> None:
    """S36."""
    graph, results = started(config)
    push(graph, 1)
    assert script.called[1].wait(SECONDS)
    push(graph, 2)  # the gate waits for the verdict on 1, which the test still holds back
    assert script.called[2].wait(SECONDS)
    assert results == [(1, 1)]
    script.judge_may_go.release(2)
    finish(graph)
    assert results == [(1, 1), (2, 4)]
    assert script.squared == [1, 2]


@on_either_executor
def test_what_was_made_ahead_is_forgotten_where_the_gate_closes(config: str) -> None:
    """S36."""
    graph, results = started(config)
    push(graph, 1)
    assert script.called[1].wait(SECONDS)
    push(graph, 2)
    assert script.called[2].wait(SECONDS)
    script.allow = False
    script.judge_may_go.release(2)
    graph.wait_until_idle(SECONDS)
    script.allow = True
    push(graph, 3)  # held back by the verdict on 2
    script.judge_may_go.release(1)
    graph.wait_until_idle(SECONDS)
    push(graph, 4)
    script.judge_may_go.release(1)
    finish(graph)
    assert results == [(1, 1), (4, 16)]


def test_nothing_runs_ahead_of_a_gate_that_let_nothing_pass() -> None:
    graph, _ = started()
    script.allow = False
    push(graph, 1)
    script.judge_may_go.release(1)
    graph.wait_until_idle(SECONDS)
    push(graph, 2)
    script.judge_may_go.release(1)
    graph.wait_until_idle(SECONDS)
    push(graph, 3)  # waits for the judge; the gate dropped 2
    script.judge_may_go.release(1)
    finish(graph)
    assert script.squared == [1]


def test_an_error_made_ahead_shows_when_the_packet_passes() -> None:
    graph, results = started()
    script.fail_at = 2
    push(graph, 1)
    assert script.called[1].wait(SECONDS)
    push(graph, 2)
    assert script.called[2].wait(SECONDS)
    assert not graph.has_error()
    script.judge_may_go.release(2)
    graph.close_all_packet_sources()
    with pytest.raises(
        CalculatorError, match=r'process\(\) of node "SpeculationSquare" failed at timestamp 2: ValueError'
    ):
        graph.wait_until_done(SECONDS)
    assert results == [(1, 1)]


@calculator("SpeculationPair")
class Pair(Calculator):
    """Pure; every two calls must meet before they return."""

    blocking = True
    pure = True
    number = Input(int)
    doubled = Output(int)
    meeting = threading.Barrier(2)

    def process(self, cc: CalculatorContext) -> None:
        number = self.number(cc)
        self.meeting.wait(SECONDS)
        self.doubled.send(cc, 2 * number)


def test_pure_nodes_run_side_by_side_and_emit_in_order() -> None:
    graph = CalculatorGraph("""
        input_stream: "number" output_stream: "doubled" num_threads: 2
        node { calculator: "SpeculationPair" input_stream: "number" output_stream: "doubled" }
    """)
    results: list[Any] = []
    graph.observe_output_stream("doubled", lambda p: results.append(p.payload))
    with graph:
        for number in range(40):
            push(graph, number)
    assert results == [2 * number for number in range(40)]


@calculator("SpeculationOnlyOne")
class OnlyOne(Calculator):
    """Pure, but not in the runs of this test: no call may meet another."""

    blocking = True
    pure = True
    number = Input(int)
    doubled = Output(int)
    meeting: threading.Barrier

    def open(self, cc: CalculatorContext) -> None:
        self.pure = False
        self.meeting = threading.Barrier(2)

    def process(self, cc: CalculatorContext) -> None:
        with pytest.raises(threading.BrokenBarrierError):
            self.meeting.wait(0.05)
        self.doubled.send(cc, 2 * self.number(cc))


@pytest.mark.parametrize("more", ["", "max_in_flight: 2"])
def test_an_object_that_is_not_pure_after_all_handles_one_time_at_a_time(more: str) -> None:
    """S18."""
    graph = CalculatorGraph(f"""
        input_stream: "number" output_stream: "doubled" num_threads: 2
        node {{ calculator: "SpeculationOnlyOne" input_stream: "number" output_stream: "doubled" {more} }}
    """)
    results: list[Any] = []
    graph.observe_output_stream("doubled", lambda p: results.append(p.payload))
    with graph:
        for number in range(3):
            push(graph, number)
    assert results == [0, 2, 4]


@on_either_executor
def test_nor_is_it_called_ahead_of_time(config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """S18, S36."""
    monkeypatch.setattr(Square, "open", lambda self, cc: setattr(self, "pure", False))
    graph, results = started(config)
    push(graph, 1)
    assert script.called[1].wait(SECONDS)
    push(graph, 2)
    assert not script.called[2].wait(0.05)
    script.allow = False
    script.judge_may_go.release(2)
    finish(graph)
    assert results == [(1, 1)]
    assert script.squared == [1]


@calculator("SpeculationChoice")
class Choice(Calculator):
    """Sends the number that waited, or else its own, when it gets the verdict."""

    passes_on: ClassVar[dict[str, str]] = {"WAITING": "CHOSEN"}

    waiting = Input(int, "WAITING")
    verdict = Input(bool, "VERDICT")
    chosen = Output(int, "CHOSEN")

    def process(self, cc: CalculatorContext) -> None:
        self.chosen.send(cc, self.waiting(cc) if self.verdict(cc) else -1)


@calculator("SpeculationSum")
class Sum(Calculator):
    """Pure, of two inputs; records every call."""

    blocking = True
    pure = True
    left = Input(int, "LEFT")
    right = Input(int, "RIGHT", optional=True)
    total = Output(int)

    def process(self, cc: CalculatorContext) -> None:
        left, right = self.left.get(cc), self.right.get(cc)
        if left is None or right is None:
            return
        script.squared.append(right)
        if right > 0:
            script.called[right].set()
        self.total.send(cc, 10 * left + right)


CHOICE = """
input_stream: "number"
input_stream: "frame"
output_stream: "total"
num_threads: 2
node { calculator: "SpeculationJudge" input_stream: "number" output_stream: "verdict" }
node {
  calculator: "SpeculationChoice"
  input_stream: "WAITING:number"
  input_stream: "VERDICT:verdict"
  output_stream: "CHOSEN:chosen"
}
node {
  calculator: "SpeculationSum"
  input_stream: "LEFT:frame"
  input_stream: "RIGHT:chosen"
  output_stream: "total"
}
"""


def started_choice() -> tuple[CalculatorGraph, list[int]]:
    """Return the running graph with a choice, after one number that it passed on, and its results."""
    graph = CalculatorGraph(CHOICE)
    totals: list[int] = []
    graph.observe_output_stream("total", lambda p: totals.append(p.payload))
    graph.start_run()
    push_both(graph, 1)
    script.judge_may_go.release(1)
    graph.wait_until_idle(SECONDS)
    return graph, totals


def push_both(graph: CalculatorGraph, number: int) -> None:
    graph.add_packet_to_input_stream("frame", number, number)
    push(graph, number)


def test_behind_a_choice_a_pure_node_works_ahead_on_what_is_usually_chosen() -> None:
    """S36."""
    graph, totals = started_choice()
    push_both(graph, 2)
    assert script.called[2].wait(SECONDS)  # the verdict on 2 is still held back
    assert totals == [11]
    script.judge_may_go.release(1)
    finish(graph)
    assert totals == [11, 22]
    assert script.squared == [1, 2]


def test_behind_a_choice_what_was_made_ahead_of_another_one_is_forgotten() -> None:
    """S36."""
    graph, totals = started_choice()
    push_both(graph, 2)
    assert script.called[2].wait(SECONDS)
    script.allow = False
    script.judge_may_go.release(1)
    graph.wait_until_idle(SECONDS)
    push_both(graph, 3)  # nothing works ahead: 2 was not chosen
    script.judge_may_go.release(1)
    finish(graph)
    assert totals == [11, 19, 29]
    assert script.squared == [1, 2, -1, -1]


def test_a_node_with_two_inputs_works_ahead_only_if_the_other_packet_is_there() -> None:
    graph, totals = started_choice()
    push(graph, 2)
    script.judge_may_go.release(1)
    graph.set_input_stream_timestamp_bound("frame", 3)
    graph.wait_until_idle(SECONDS)
    assert totals == [11]
    assert script.squared == [1]
    finish(graph)
