"""Open, process and close: when they are called, with what, and how often."""

from __future__ import annotations

import gc
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import Calculator, CalculatorGraph, Output, Packet, Status, Timestamp, calculator
from graphkit.errors import ArgumentError, CalculatorError, CancelledError, GraphStateError

if TYPE_CHECKING:
    from conformance.harness import MakeHarness, Script
    from graphkit import CalculatorContext

ONE = """
    input_stream: "a"
    node { calculator: "ConfScripted" input_stream: "a" output_stream: "out" input_side_packet: "SCRIPT:s" }
"""
TWO = """
    input_stream: "a"
    node { name: "up" calculator: "ConfScripted" input_stream: "a" output_stream: "mid"
           input_side_packet: "SCRIPT:s" }
    node { name: "down" calculator: "ConfScripted" input_stream: "mid" output_stream: "out"
           input_side_packet: "SCRIPT:t" }
"""


def emit_input(cc: CalculatorContext) -> None:
    cc.outputs[0].add(cc.inputs[0])


def boom(cc: CalculatorContext) -> None:
    raise ValueError("boom")


def test_order_of_calls_in_a_good_run(harness: MakeHarness, script: type[Script]) -> None:
    """S22, S25, S27."""
    s = script(process=emit_input)
    harness(ONE, s=s).start().push("a", (1, 10), (2, 20)).finish()
    assert s.calls == ["open", "process", "process", "close"]


def test_input_timestamps_of_the_phases(harness: MakeHarness, script: type[Script]) -> None:
    seen: list[Timestamp] = []
    note = lambda cc: seen.append(cc.input_timestamp)  # noqa: E731
    harness(ONE, s=script(process=note, open=note, close=note)).start().push("a", (1, 10)).finish()
    assert seen == [Timestamp.UNSTARTED, Timestamp(10), Timestamp.DONE]


def test_context_facts(harness: MakeHarness, script: type[Script]) -> None:
    facts: list[Any] = []
    s = script(open=lambda cc: facts.extend([cc.node_name, cc.node_id, cc.calculator_type]))
    harness(TWO, s=script(), t=s).start().finish()
    assert facts == ["down", 1, "ConfScripted"]


def test_close_may_emit_in_a_good_run(harness: MakeHarness, script: type[Script]) -> None:
    """S25."""
    s = script(process=emit_input, close=lambda cc: cc.outputs[0].send("last", Timestamp(99)))
    h = harness(ONE, s=s).watch("out").start().push("a", (1, 10)).finish()
    assert h.seen("out") == [(1, 10), ("last", 99)]


def test_what_close_emits_after_an_error_is_discarded(harness: MakeHarness, script: type[Script]) -> None:
    s = script(process=boom, close=lambda cc: cc.outputs[0].send("last", Timestamp(99)))
    h = harness(ONE, s=s).watch("out").start().push("a", (1, 10))
    with pytest.raises(CalculatorError):
        h.finish()
    assert s.calls == ["open", "process", "close"]
    assert h.seen("out") == []


@pytest.mark.parametrize("end", ["error", "cancel"])
def test_close_is_told_how_the_run_ended(harness: MakeHarness, script: type[Script], end: str) -> None:
    told: list[BaseException | None] = []
    s = script(process=boom, close=lambda cc: told.append(cc.graph_error))
    h = harness(ONE, s=s).start()
    if end == "error":
        h.push("a", (1, 10))
    else:
        h.graph.cancel()
    with pytest.raises((CalculatorError, CancelledError)) as caught:
        h.graph.wait_until_done()
    assert told == [caught.value]


def test_close_of_a_good_run_sees_no_error(harness: MakeHarness, script: type[Script]) -> None:
    told: list[BaseException | None] = []
    harness(ONE, s=script(close=lambda cc: told.append(cc.graph_error))).start().finish()
    assert told == [None]


def test_failed_open_is_raised_by_start_and_not_closed(harness: MakeHarness, script: type[Script]) -> None:
    up, down = script(), script(open=boom)
    h = harness(TWO, s=up, t=down)
    with pytest.raises(CalculatorError) as caught:
        h.start()
    assert (
        str(caught.value).partition(" (at ")[0] == 'open() of node "down (ConfScripted)" failed: ValueError: boom'
    )
    assert isinstance(caught.value.__cause__, ValueError)
    assert down.calls == ["open"]
    assert up.calls == ["open", "close"]
    with pytest.raises(GraphStateError, match="the graph is not running"):
        h.push("a", (1, 10))


def test_failing_close_fails_the_run(harness: MakeHarness, script: type[Script]) -> None:
    h = harness(ONE, s=script(close=boom)).start()
    with pytest.raises(CalculatorError) as caught:
        h.finish()
    assert str(caught.value).partition(" (at ")[0] == 'close() of node "ConfScripted" failed: ValueError: boom'


def test_open_runs_in_the_order_of_the_streams(harness: MakeHarness, script: type[Script]) -> None:
    """S22."""
    order: list[str] = []
    note = lambda cc: order.append(cc.node_name)  # noqa: E731
    harness(TWO, s=script(open=note), t=script(open=note)).start().finish()
    assert order == ["up", "down"]


def test_a_run_has_calculators_of_its_own(harness: MakeHarness) -> None:
    """S21."""
    made: list[Calculator] = []

    @calculator("ConfRemembering")
    class ConfRemembering(Calculator):
        number = Output(int)

        def __init__(self) -> None:
            made.append(self)

        def process(self, cc: CalculatorContext) -> Status:
            self.number.send(cc, 1, timestamp=Timestamp(0))
            return Status.STOP

    h = harness('node { calculator: "ConfRemembering" output_stream: "n" }').watch("n")
    h.graph.run()
    h.graph.run()
    assert len({id(one) for one in made}) == 2
    assert h.seen("n") == [(1, 0), (1, 0)]


def test_constructor_that_raises(harness: MakeHarness) -> None:
    @calculator("ConfUnmakeable")
    class ConfUnmakeable(Calculator):
        number = Output(int)

        def __init__(self) -> None:
            raise RuntimeError("no licence")

    h = harness('node { calculator: "ConfUnmakeable" output_stream: "n" }')
    with pytest.raises(CalculatorError) as caught:
        h.start()
    assert (
        str(caught.value).partition(" (at ")[0]
        == 'construction of node "ConfUnmakeable" failed: RuntimeError: no licence'
    )


@pytest.mark.parametrize(
    ("phase", "returned"),
    [
        pytest.param("open", Status.STOP, id="stop in open"),
        pytest.param("close", Status.STOP, id="stop in close"),
        pytest.param("process", True, id="a bool"),
    ],
)
def test_returning_anything_else_is_an_error(
    harness: MakeHarness, script: type[Script], phase: str, returned: Any
) -> None:
    h = harness(ONE, s=script(**{phase: lambda cc: returned}))
    with pytest.raises(CalculatorError) as caught:
        h.start().push("a", (1, 10)).finish()
    assert caught.value.phase == phase
    assert str(caught.value.cause) == f"returned {returned!r}; return None, or Status.STOP from process()"


def test_stop_of_a_node_with_inputs_leaves_graph_inputs_open(harness: MakeHarness, script: type[Script]) -> None:
    """S23."""

    def stop_at_10(cc: CalculatorContext) -> Status | None:
        emit_input(cc)
        return Status.STOP if cc.input_timestamp == 10 else None

    h = harness(ONE, s=script(process=stop_at_10)).watch("out").start()
    h.push("a", (1, 10), (2, 20)).finish()
    assert h.times("out") == [10, 20]


def test_nodes_without_streams_only_open_and_close(harness: MakeHarness, script: type[Script]) -> None:
    s = script(open=lambda cc: cc.output_side_packets.set("MADE", 5))
    text = 'node { calculator: "ConfScripted" input_side_packet: "SCRIPT:s" output_side_packet: "MADE:m" }'
    h = harness(text, s=s)
    h.start().finish()
    assert s.calls == ["open", "close"]
    assert h.graph.output_side_packet("m") == 5


def test_headers_reach_consumers_before_they_open(harness: MakeHarness, script: type[Script]) -> None:
    seen: list[Any] = []
    up = script(open=lambda cc: cc.outputs[0].set_header(Packet("30 fps")))
    down = script(open=lambda cc: seen.append(cc.inputs.header(0).payload))
    harness(TWO, s=up, t=down).start().finish()
    assert seen == ["30 fps"]


def test_headers_of_graph_inputs(harness: MakeHarness, script: type[Script]) -> None:
    seen: list[Any] = []
    s = script(process=lambda cc: seen.append(cc.inputs.header(0).payload))
    h = harness(ONE, s=s)
    h.graph.start_run(h.scripts, headers={"a": "1920x1080"})
    h.push("a", (1, 10)).finish()
    assert seen == ["1920x1080"]


def test_header_of_an_unknown_input(harness: MakeHarness, script: type[Script]) -> None:
    h = harness(ONE, s=script())
    with pytest.raises(ArgumentError, match=r'the graph has no input stream "aa" \(it has: a\)'):
        h.graph.start_run(h.scripts, headers={"aa": 1})


def test_header_outside_of_open(harness: MakeHarness, script: type[Script]) -> None:
    h = harness(ONE, s=script(process=lambda cc: cc.outputs[0].set_header(Packet(1)))).start()
    with pytest.raises(CalculatorError, match=r'output stream "out": set_header\(\) is for open\(\) only'):
        h.push("a", (1, 10)).finish()


def test_process_is_never_called_twice_at_once(harness: MakeHarness, script: type[Script]) -> None:
    inside = threading.Lock()

    def alone(cc: CalculatorContext) -> None:
        assert inside.acquire(blocking=False)
        emit_input(cc)
        inside.release()

    text = "num_threads: 4" + ONE.replace("ConfScripted", "ConfBlocking")
    h = harness(text, s=script(process=alone)).watch("out").start()
    h.push("a", *[(n, n) for n in range(300)]).finish()
    assert h.times("out") == list(range(300))


def test_with_block_runs_and_ends(harness: MakeHarness, script: type[Script]) -> None:
    """S50."""
    text = 'input_stream: "a" node { calculator: "ConfPass" input_stream: "a" output_stream: "out" }'
    h = harness(text).watch("out")
    for _ in range(2):
        with h.graph:
            h.push("a", (1, 10))
    assert h.times("out") == [10, 10]


def test_with_block_that_raises_cancels(harness: MakeHarness, script: type[Script]) -> None:
    s = script(process=emit_input)
    h = harness(ONE, s=s)
    with pytest.raises(KeyError), h.start().graph:
        raise KeyError("mine")
    assert s.calls == ["open", "close"]
    assert h.graph.is_over()


CALLS = {
    "observe a stream": lambda g: g.observe_output_stream("out", print),
    "observe streams": lambda g: g.observe_output_streams(["out"], print),
    "add a poller": lambda g: g.add_output_stream_poller("out"),
    "start a run": lambda g: g.start_run(),
    "set an executor": lambda g: g.set_executor("", None),
    "set a service": lambda g: g.set_service(None, None),
    "set the error callback": lambda g: g.set_error_callback(print),
    "add an instrument": lambda g: g.add_instrument(None),
}


@pytest.mark.parametrize("what", CALLS)
def test_calls_that_must_come_before_the_run(harness: MakeHarness, script: type[Script], what: str) -> None:
    h = harness(ONE, s=script()).start()
    with pytest.raises(GraphStateError) as caught:
        CALLS[what](h.graph)
    assert str(caught.value) == (
        f"the graph is running; {what} before start_run() or after wait_until_done(). "
        "cancel_quietly() ends a run that was left behind."
    )
    h.finish()


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda g: g.add_packet_to_input_stream("a", 1, 1), id="add"),
        pytest.param(lambda g: g.set_input_stream_timestamp_bound("a", 1), id="bound"),
        pytest.param(lambda g: g.close_input_stream("a"), id="close"),
        pytest.param(lambda g: g.close_all_input_streams(), id="close all"),
        pytest.param(lambda g: g.close_all_packet_sources(), id="close sources"),
        pytest.param(lambda g: g.wait_until_idle(), id="wait idle"),
        pytest.param(lambda g: g.wait_until_done(), id="wait done"),
        pytest.param(lambda g: g.cancel(), id="cancel"),
    ],
)
def test_calls_that_need_a_run(harness: MakeHarness, script: type[Script], call: Any) -> None:
    h = harness(ONE, s=script())
    with pytest.raises(GraphStateError, match=r"the graph is not running; call start_run\(\) first"):
        call(h.graph)


def test_a_graph_that_is_dropped_without_an_end_leaves_no_threads(script: type[Script]) -> None:
    before, interval = set(threading.enumerate()), sys.getswitchinterval()
    graph = CalculatorGraph(ONE.replace("ConfScripted", "ConfBlocking"))
    graph.start_run({"s": script()})
    graph.add_packet_to_input_stream("a", 1, 0)
    graph.wait_until_idle()
    started = set(threading.enumerate()) - before
    assert started
    del graph
    gc.collect()
    for thread in started:
        thread.join(timeout=60)
        assert not thread.is_alive()
    assert sys.getswitchinterval() == interval
