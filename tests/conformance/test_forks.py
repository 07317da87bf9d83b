"""Processes that are forked while graphs run: graphs of the parent are refused there, others run."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from forking import in_child
from graphkit import Status
from graphkit.errors import ForkedGraphError
from graphkit.framework import ThreadPoolExecutor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.harness import MakeHarness, Script
    from graphkit import CalculatorContext

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    # Python 3.12 and later warn of what is tested here.
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]

BLOCKING = """
    input_stream: "a"
    node { calculator: "ConfBlocking" input_stream: "a" output_stream: "out" input_side_packet: "SCRIPT:s" }
"""


def emit_input(cc: CalculatorContext) -> None:
    cc.outputs[0].add(cc.inputs[0])


@pytest.fixture
def busy(harness: MakeHarness, script: type[Script]) -> Iterator[Any]:
    """A graph with a packet that a worker thread holds until the test is over."""
    entered, go_on = threading.Event(), threading.Event()

    def process(cc: CalculatorContext) -> None:
        entered.set()
        assert go_on.wait(60)
        emit_input(cc)

    h = harness(BLOCKING, s=script(process=process)).watch("out")
    h.poller = h.graph.add_output_stream_poller("out")
    h.start().push("a", (1, 10))
    assert entered.wait(60)
    yield h
    go_on.set()
    h.finish()
    assert h.seen("out") == [(1, 10)], "the parent's run goes on"


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda h: h.push("a", (2, 20)), id="push"),
        pytest.param(lambda h: h.graph.set_input_stream_timestamp_bound("a", 20), id="bound"),
        pytest.param(lambda h: h.graph.close_all_packet_sources(), id="close"),
        pytest.param(lambda h: h.graph.cancel(), id="cancel"),
        pytest.param(lambda h: h.graph.wait_until_idle(), id="idle"),
        pytest.param(lambda h: h.graph.wait_until_done(), id="done"),
        pytest.param(lambda h: h.graph.wait_for_observed_output(), id="observed"),
        pytest.param(lambda h: h.poller.next(), id="poll"),
        pytest.param(lambda h: h.start(), id="start"),
        pytest.param(lambda h: h.watch("out"), id="observe"),
    ],
)
def test_the_graph_that_runs_is_refused_in_the_child(busy: Any, call: Callable[[Any], Any]) -> None:
    """S52."""
    assert in_child(lambda: call(busy)) == (
        ForkedGraphError,
        f"the graph was running in process {os.getpid()} when this one was forked from it, and its threads are "
        'not here. Make a CalculatorGraph in the child, or start it with multiprocessing.get_context("spawn").',
    )


def test_a_with_block_ends_quietly_in_the_child(busy: Any) -> None:
    """S52."""

    def leave() -> str:
        busy.graph.__exit__(None, None, None)
        busy.graph.cancel_quietly()
        return "left"

    assert in_child(leave) == "left"


def test_other_graphs_run_in_the_child(busy: Any, harness: MakeHarness, script: type[Script]) -> None:
    unstarted = harness(BLOCKING, s=script(process=emit_input)).watch("out")

    def run() -> list[Any]:
        made = harness(BLOCKING, s=script(process=emit_input)).watch("out")
        for h in (made, unstarted):
            h.start().push("a", (1, 10)).finish()
        return [*made.seen("out"), *unstarted.seen("out")]

    assert in_child(run) == [(1, 10), (1, 10)]


def test_an_executor_of_the_program_has_threads_in_the_child_too(
    harness: MakeHarness, script: type[Script]
) -> None:
    executor = ThreadPoolExecutor(1)
    h = harness(BLOCKING, s=script(process=emit_input)).watch("out")
    h.graph.set_executor("", executor)
    h.start().push("a", (1, 10)).finish()  # its thread has begun, and waits

    def again() -> Any:
        h.start().push("a", (2, 20)).finish()
        return h.seen("out")

    assert in_child(again) == [(1, 10), (2, 20)]
    executor.shutdown()


@pytest.mark.parametrize("kind", ["ApplicationThreadExecutor", "WaitingThreadExecutor"])
def test_tasks_for_the_thread_of_the_program_are_not_run_in_the_child(
    harness: MakeHarness, script: type[Script], kind: str
) -> None:
    text = f'executor {{ name: "" type: "{kind}" }}' + BLOCKING
    h = harness(text, s=script(process=emit_input)).watch("out").start().push("a", (1, 10))
    refused, _ = in_child(h.graph.wait_until_idle)
    assert refused is ForkedGraphError
    h.finish()
    assert h.seen("out") == [(1, 10)]


def test_the_switch_interval_is_the_programs_own_in_the_child(
    busy: Any, harness: MakeHarness, script: type[Script]
) -> None:
    """S35."""
    before = in_child(sys.getswitchinterval)
    assert before > sys.getswitchinterval()

    def run() -> tuple[float, float]:
        h = harness(BLOCKING, s=script(process=emit_input)).start()
        during = sys.getswitchinterval()
        h.finish()
        return during, sys.getswitchinterval()

    assert in_child(run) == (sys.getswitchinterval(), before)


def test_a_node_may_fork(harness: MakeHarness, script: type[Script]) -> None:
    """The thread that goes on in the child is one of the graph's own."""
    seen: list[Any] = []

    def process(cc: CalculatorContext) -> Status:
        seen.append(in_child(h.graph.cancel))
        return Status.STOP

    h = harness(BLOCKING, s=script(process=process)).start()
    h.push("a", (1, 10)).finish()
    assert [error for error, _ in seen] == [ForkedGraphError]
