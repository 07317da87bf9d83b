"""Cycles through back edges: loops that feed results back, limiters that count what is in flight."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conformance.harness import MakeHarness, Script
    from graphkit import CalculatorContext

LOOP = """
    input_stream: "a"
    node {
      calculator: "PreviousLoopbackCalculator"
      input_stream: "MAIN:a" input_stream: "LOOP:sum"
      input_stream_info { tag_index: "LOOP" back_edge: true }
      output_stream: "PREV_LOOP:before"
    }
    node { calculator: "%s" input_stream: "a" input_stream: "before" output_stream: "sum"
           input_side_packet: "SCRIPT:s" }
"""
LIMITED = """
    input_stream: "a"
    node {
      calculator: "FlowLimiterCalculator"
      input_stream: "a" input_stream: "FINISHED:done"
      input_stream_info { tag_index: "FINISHED" back_edge: true }
      output_stream: "passed"
    }
    node { calculator: "ConfBlocking" input_stream: "passed" output_stream: "done" input_side_packet: "SCRIPT:s" }
"""


def add(cc: CalculatorContext) -> None:
    cc.outputs[0].send(cc.inputs[0].payload + cc.inputs[1].get_or(0), cc.input_timestamp)


@pytest.mark.parametrize("name", ["ConfScripted", "ConfBlocking"])
def test_a_loop_sees_the_result_of_the_packet_before(
    harness: MakeHarness, script: type[Script], name: str
) -> None:
    """S20."""
    h = harness(LOOP % name, s=script(process=add)).watch("sum").start()
    h.push("a", *[(1, n) for n in range(100)]).finish()
    assert h.seen("sum") == [(n + 1, n) for n in range(100)]


def test_a_loop_whose_result_is_missing_once_goes_on(harness: MakeHarness, script: type[Script]) -> None:
    def skip_three(cc: CalculatorContext) -> None:
        if cc.input_timestamp != 3:
            add(cc)

    h = harness(LOOP % "ConfScripted", s=script(process=skip_three)).watch("sum").start()
    h.push("a", *[(1, n) for n in range(6)]).finish()
    assert h.seen("sum") == [(1, 0), (2, 1), (3, 2), (1, 4), (2, 5)]


def test_a_limiter_drops_while_a_frame_is_in_flight(harness: MakeHarness, script: type[Script]) -> None:
    entered, go_on = threading.Semaphore(0), threading.Semaphore(0)

    def slow(cc: CalculatorContext) -> None:
        entered.release()
        assert go_on.acquire(timeout=60)
        cc.outputs[0].add(cc.inputs[0])

    h = harness(LIMITED, s=script(process=slow)).watch("done").start()
    h.push("a", (0, 0))
    assert entered.acquire(timeout=60)
    h.push("a", *[(n, n) for n in range(1, 10)])
    go_on.release()
    h.graph.wait_until_idle(timeout=60)
    h.push("a", (10, 10))
    go_on.release()
    h.finish()
    assert h.times("done") == [0, 10]


def test_a_cycle_without_a_back_edge_is_refused(harness: MakeHarness) -> None:
    """S19."""
    from graphkit.errors import GraphValidationError

    with pytest.raises(GraphValidationError, match="back_edge"):
        harness(LOOP.replace("input_stream_info", "# input_stream_info") % "ConfScripted")


def test_a_cycle_ends_with_the_run(harness: MakeHarness, script: type[Script]) -> None:
    """Nodes in a plain cycle wait for each other for ever; the end of the inputs closes them all the same."""
    text = """
        input_stream: "a"
        node { calculator: "ConfScripted" input_stream: "a" input_stream: "back" output_stream: "b"
               input_stream_info { tag_index: ":1" back_edge: true } input_side_packet: "SCRIPT:s" }
        node { calculator: "ConfPass" input_stream: "b" output_stream: "back" }
    """
    s = script()
    harness(text, s=s).start().push("a", (1, 1)).finish()
    assert s.calls == ["open", "close"]
