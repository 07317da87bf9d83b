"""Failing runs: the first error wins, everything closes, the graph can run again."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import Decision, Input, InputStreamHandler, Packet, Readiness, Timestamp, input_stream_handler
from graphkit.errors import (
    ArgumentError,
    CalculatorError,
    CancelledError,
    EmptyPacketError,
    GraphStateError,
    InputStreamHandlerError,
    PacketTypeError,
    StreamClosedError,
    TimestampError,
)

if TYPE_CHECKING:
    from conformance.harness import MakeHarness, Script
    from graphkit import CalculatorContext

ONE = """
    input_stream: "a"
    node { calculator: "ConfScripted" input_stream: "a" output_stream: "out" input_side_packet: "SCRIPT:s" }
"""
PASS = 'input_stream: "a" node { calculator: "ConfPass" input_stream: "a" output_stream: "out" }'
CHAIN = """
    input_stream: "a"
    node { calculator: "ConfScripted" input_stream: "a" output_stream: "b" input_side_packet: "SCRIPT:s" }
    node { calculator: "ConfBlocking" input_stream: "b" output_stream: "c" input_side_packet: "SCRIPT:t" }
    node { calculator: "ConfScripted" input_stream: "c" output_stream: "out" input_side_packet: "SCRIPT:u" }
"""


def emit_input(cc: CalculatorContext) -> None:
    cc.outputs[0].add(cc.inputs[0])


def fail_at(timestamp: int, error: BaseException) -> Any:
    def process(cc: CalculatorContext) -> None:
        if cc.input_timestamp == timestamp:
            raise error
        emit_input(cc)

    return process


def test_error_names_node_phase_timestamp_and_cause(harness: MakeHarness, script: type[Script]) -> None:
    """S47."""
    cause = ZeroDivisionError("division by zero")
    h = harness(ONE, s=script(process=fail_at(20, cause))).watch("out").start()
    h.push("a", (1, 10), (2, 20))
    with pytest.raises(CalculatorError) as caught:
        h.finish()
    error = caught.value
    assert str(error).partition(" (at ")[0] == (
        'process() of node "ConfScripted" failed at timestamp 20: ZeroDivisionError: division by zero'
    )
    assert (error.node, error.calculator, error.phase, error.timestamp) == (
        "ConfScripted", "ConfScripted", "process", 20,
    )  # fmt: skip
    assert error.__cause__ is error.cause is cause
    assert h.times("out") == [10]


def test_an_error_without_a_message(harness: MakeHarness, script: type[Script]) -> None:
    h = harness(ONE, s=script(process=fail_at(1, AssertionError()))).start().push("a", (1, 1))
    with pytest.raises(CalculatorError, match="AssertionError: no message"):
        h.finish()


def test_push_after_an_error_raises_it(harness: MakeHarness, script: type[Script]) -> None:
    h = harness(ONE, s=script(process=fail_at(10, ValueError("boom")))).start().push("a", (1, 10))
    assert h.graph.has_error()
    for call in (
        lambda: h.push("a", (2, 20)),
        lambda: h.graph.set_input_stream_timestamp_bound("a", 30),
        h.graph.wait_until_done,
    ):
        with pytest.raises(CalculatorError, match="boom"):
            call()


def test_nothing_is_processed_after_an_error(harness: MakeHarness, script: type[Script]) -> None:
    """S48."""
    scripts = {"s": script(process=fail_at(10, ValueError("boom"))), "t": script(process=emit_input)}
    h = harness(CHAIN, **scripts, u=script(process=emit_input)).watch("out").start()
    with pytest.raises(CalculatorError):
        h.push("a", (1, 10), (2, 20))
    with pytest.raises(CalculatorError):
        h.graph.wait_until_done(timeout=60)
    assert scripts["s"].calls == ["open", "process", "close"]
    assert scripts["t"].calls == ["open", "close"]


@pytest.mark.parametrize("where", ["s", "t", "u"])
@pytest.mark.parametrize("phase", ["open", "process", "close"])
def test_everything_that_opened_is_closed_and_the_graph_runs_again(
    harness: MakeHarness, script: type[Script], where: str, phase: str
) -> None:
    """S25, S48."""
    scripts = {name: script(process=emit_input) for name in "stu"}
    healthy = getattr(scripts[where], phase)
    setattr(scripts[where], phase, fail_at(10, ValueError("boom")) if phase == "process" else _raise)
    h = harness(CHAIN, **scripts).watch("out")
    with pytest.raises(CalculatorError, match="boom") as caught:
        h.start().push("a", (1, 10)).finish()
    assert caught.value.phase == phase
    for name, one in scripts.items():
        opened = "open" in one.calls and not (name == where and phase == "open")
        assert one.calls.count("close") == opened
    h.graph.cancel_quietly()
    setattr(scripts[where], phase, healthy)
    h.packets["out"].clear()
    h.start().push("a", (1, 10)).finish()
    assert h.times("out") == [10]


def _raise(cc: CalculatorContext) -> None:
    raise ValueError("boom")


def test_the_first_error_wins(harness: MakeHarness, script: type[Script]) -> None:
    """S48."""
    s = script(process=fail_at(10, ValueError("first")), close=_raise)
    with pytest.raises(CalculatorError, match="first"):
        harness(ONE, s=s).start().push("a", (1, 10)).finish()


def test_an_observer_that_raises_fails_the_run(harness: MakeHarness) -> None:
    """S47."""
    h = harness(PASS)

    def observer(packet: Packet[Any]) -> None:
        raise KeyError("mine")

    h.graph.observe_output_stream("out", observer)
    with pytest.raises(CalculatorError) as caught:
        h.start().push("a", (1, 10)).finish()
    assert str(caught.value).partition(" (at ")[0] == (
        "process() of node \"observer of out (observer)\" failed at timestamp 10: KeyError: 'mine'"
    )


def test_the_error_callback_hears_of_the_first_error_before_the_run_ends(
    harness: MakeHarness, script: type[Script]
) -> None:
    told: list[tuple[BaseException, bool]] = []
    scripts = {"s": script(process=emit_input), "t": script(process=_raise), "u": script()}
    for _ in range(20):
        h = harness(CHAIN, **scripts)
        h.graph.set_error_callback(lambda error, h=h: told.append((error, h.graph._current.run.terminated)))
        h.start().push("a", (1, 10))
        with pytest.raises(CalculatorError) as caught:
            h.graph.wait_until_done(timeout=60)
        assert told == [(caught.value, False)]
        told.clear()


def test_the_error_callback_hears_of_cancel(harness: MakeHarness, script: type[Script]) -> None:
    told: list[BaseException] = []
    h = harness(ONE, s=script())
    h.graph.set_error_callback(told.append)
    h.start().graph.cancel()
    assert [type(error) for error in told] == [CancelledError]
    h.graph.cancel()
    assert len(told) == 1


def test_an_error_callback_that_raises_is_logged(
    harness: MakeHarness, script: type[Script], caplog: pytest.LogCaptureFixture
) -> None:
    h = harness(ONE, s=script())

    def callback(error: BaseException) -> None:
        raise RuntimeError("in the callback")

    h.graph.set_error_callback(callback)
    with caplog.at_level(logging.ERROR, "graphkit"):
        h.start().graph.cancel()
    with pytest.raises(CancelledError, match="the run was cancelled"):
        h.graph.wait_until_done(timeout=60)
    assert [record.getMessage() for record in caplog.records] == ["the error callback of the graph raised"]


def test_cancel_lets_running_calls_finish_and_closes(harness: MakeHarness, script: type[Script]) -> None:
    """S49."""
    entered, go_on = threading.Event(), threading.Event()
    left: list[bool] = []

    def wait(cc: CalculatorContext) -> None:
        entered.set()
        left.append(go_on.wait(60))

    t = script(process=wait)
    h = harness(CHAIN, s=script(process=emit_input), t=t, u=script()).start().push("a", (1, 10), (2, 20))
    assert entered.wait(60)
    h.graph.cancel()
    with pytest.raises(TimeoutError, match=r"the run had not ended after .* s; close the input streams first"):
        h.graph.wait_until_done(timeout=0.01)
    go_on.set()
    with pytest.raises(CancelledError):
        h.graph.wait_until_done(timeout=60)
    assert left == [True]
    assert t.calls == ["open", "process", "close"]


def test_cancel_from_an_observer(harness: MakeHarness) -> None:
    h = harness(PASS).watch("out")
    h.graph.observe_output_stream("out", lambda packet: h.graph.cancel())
    h.start().push("a", (1, 10))
    with pytest.raises(CancelledError):
        h.finish()


@pytest.mark.parametrize("wait", ["wait_until_idle", "wait_until_done"])
def test_waiting_inside_of_the_graph_is_refused(harness: MakeHarness, wait: str) -> None:
    h = harness(PASS)
    h.graph.observe_output_stream("out", lambda packet: getattr(h.graph, wait)())
    with pytest.raises(CalculatorError) as caught:
        h.start().push("a", (1, 10)).finish()
    assert isinstance(caught.value.cause, GraphStateError)
    assert "a node or observer cannot wait for the graph that is calling it" in str(caught.value)


@pytest.mark.parametrize("name", ["ConfScripted", "ConfBlocking"])
def test_ctrl_c_inside_a_calculator(harness: MakeHarness, script: type[Script], name: str) -> None:
    """It comes out of the call that ran the node; whatever is left to close is closed by waiting."""
    s, t = script(process=fail_at(10, KeyboardInterrupt())), script()
    text = """
        input_stream: "a"
        node { calculator: "%s" input_stream: "a" output_stream: "b" input_side_packet: "SCRIPT:s" }
        node { calculator: "ConfBlocking" input_stream: "b" input_side_packet: "SCRIPT:t" }
    """
    h = harness(text % name, s=s, t=t).start()
    if name == "ConfScripted":
        with pytest.raises(KeyboardInterrupt):
            h.push("a", (1, 10))
    else:
        h.push("a", (1, 10))
    with pytest.raises(KeyboardInterrupt):
        h.graph.wait_until_done(timeout=60)
    assert s.calls[-1] == t.calls[-1] == "close"


@pytest.mark.parametrize("name", ["ConfScripted", "ConfBlocking"])
def test_a_calculator_that_exits_has_failed(harness: MakeHarness, script: type[Script], name: str) -> None:
    s = script(process=fail_at(10, SystemExit(0)))
    h = harness(ONE.replace("ConfScripted", name), s=s).start()
    with pytest.raises(CalculatorError, match=r"failed at timestamp 10: SystemExit: 0"):
        h.push("a", (1, 10)).finish()
    assert s.calls[-1] == "close"


def test_ctrl_c_in_open_leaves_no_run(harness: MakeHarness, script: type[Script]) -> None:
    def interrupt(cc: CalculatorContext) -> None:
        raise KeyboardInterrupt

    s = script(open=interrupt)
    h = harness(ONE, s=s)
    with pytest.raises(KeyboardInterrupt):
        h.start()
    s.open = None
    h.start().finish()


@input_stream_handler("ConfBrokenHandler")
class ConfBrokenHandler(InputStreamHandler):
    def readiness(self) -> Decision:
        if self.streams[0].queue:
            raise LookupError("no idea")
        return Decision(Readiness.NOT_READY, int(Timestamp.UNSTARTED))

    def take(self, timestamp: int, packets: list[Packet[Any]]) -> None:
        """Never ready."""


def test_a_handler_that_raises_is_named_whoever_touched_its_queue(
    harness: MakeHarness, script: type[Script]
) -> None:
    text = """
        input_stream: "a"
        node { calculator: "ConfPass" input_stream: "a" output_stream: "b" }
        node { name: "reader" calculator: "ConfScripted" input_stream: "%s" input_side_packet: "SCRIPT:s"
               input_stream_handler { input_stream_handler: "ConfBrokenHandler" } }
    """
    for stream in "ab":
        s = script()
        h = harness(text % stream, s=s).start().push("a", (1, 10))
        with pytest.raises(InputStreamHandlerError) as caught:
            h.finish()
        assert str(caught.value).partition(" (at ")[0] == (
            'ConfBrokenHandler.readiness() of node "reader (ConfScripted)" failed: LookupError: no idea'
        )
        assert s.calls == ["open", "close"]


@pytest.mark.parametrize(
    ("emit", "error", "message"),
    [
        pytest.param(
            lambda cc: cc.outputs[0].send("text", Timestamp(10)),
            PacketTypeError,
            'output stream "out" carries int, but was given str',
            id="type",
        ),
        pytest.param(
            lambda cc: cc.outputs[0].add(Packet(1)),
            TimestampError,
            'output stream "out": a packet may not have timestamp UNSET',
            id="unset",
        ),
        pytest.param(
            lambda cc: cc.outputs[0].send(1, Timestamp.DONE),
            TimestampError,
            'output stream "out": a packet may not have timestamp DONE',
            id="done",
        ),
        pytest.param(
            lambda cc: cc.outputs[0].set_next_timestamp_bound(Timestamp.UNSTARTED),
            TimestampError,
            'output stream "out": UNSTARTED cannot be a bound',
            id="bound",
        ),
        pytest.param(
            lambda cc: cc.outputs["NOPE"],
            KeyError,
            "'output NOPE is not connected here'",
            id="unknown output",
        ),
        pytest.param(
            lambda cc: cc.inputs["NOPE"],
            KeyError,
            "'NOPE is not connected here; connected: index 0, SIDE'",
            id="unknown input",
        ),
        pytest.param(
            Input(int, "SIDE"),
            EmptyPacketError,
            'node "maker": input SIDE has no packet at 10; use .get(cc) where it may be empty',
            id="empty input",
        ),
        pytest.param(
            lambda cc: cc.inputs["SIDE"].payload,
            EmptyPacketError,
            "the packet at UNSTARTED is empty; ask is_empty first, or use get_or(default)",
            id="empty packet",
        ),
        pytest.param(
            lambda cc: cc.inputs[0].get(str),
            PacketTypeError,
            "the packet at 10 holds int, not str",
            id="other type",
        ),
    ],
)
def test_misuse_in_process(
    harness: MakeHarness, script: type[Script], emit: Any, error: type[Exception], message: str
) -> None:
    text = """
        input_stream: "a" input_stream: "b"
        node { name: "maker" calculator: "ConfScripted" input_stream: "a" input_stream: "SIDE:b"
               output_stream: "out" input_side_packet: "SCRIPT:s"
               input_stream_handler { input_stream_handler: "ImmediateInputStreamHandler" } }
        node { calculator: "ConfInts" input_stream: "out" }
    """
    h = harness(text, s=script(process=emit)).start().push("a", (1, 10))
    with pytest.raises(CalculatorError) as caught:
        h.finish()
    assert type(caught.value.cause) is error
    assert str(caught.value.cause) == message


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        pytest.param(("b", 1, 1), ArgumentError, r'no input stream "b" \(it has: a\)', id="unknown stream"),
        pytest.param(("a", 1), TimestampError, '"a" has timestamp UNSET; pass timestamp=', id="no time"),
        pytest.param(("a", "x", 1), PacketTypeError, '"a" carries int, but was given str', id="type"),
        pytest.param(("a", None, 1), PacketTypeError, 'an empty packet was pushed into "a"', id="none"),
        pytest.param(("a", Packet.empty(5)), PacketTypeError, "call set_input_stream_timestamp_bound", id="empty"),
        pytest.param(("a", 1, 2**63), TimestampError, "is not an ordinary timestamp", id="too big"),
        pytest.param(("a", 1, 1.5), TimestampError, "1.5 is not a timestamp", id="a float"),
    ],
)
def test_packets_that_cannot_be_pushed(
    harness: MakeHarness, arguments: Any, error: type[Exception], message: str
) -> None:
    h = harness('input_stream: "a" node { calculator: "ConfInts" input_stream: "a" }').start()
    with pytest.raises(error, match=message):
        h.graph.add_packet_to_input_stream(*arguments)
    h.push("a", (1, 1)).finish()


def test_pushing_into_a_closed_stream(harness: MakeHarness) -> None:
    h = harness('input_stream: "a" input_stream: "b" node { calculator: "ConfInts" input_stream: "a" }').start()
    h.graph.close_input_stream("a")
    h.graph.close_input_stream("a")
    with pytest.raises(StreamClosedError) as caught:
        h.push("a", (1, 1))
    assert str(caught.value) == 'graph input stream "a" is closed; packets cannot be added to it'
    h.finish()


@pytest.mark.parametrize(
    ("config", "name", "known"),
    [
        pytest.param(PASS, "ouut", "Did you mean 'out'?", id="close"),
        pytest.param(f'output_stream: "out" {PASS}', "mask", "It declares: out.", id="far"),
        pytest.param(PASS, "mask", "It declares: no output stream.", id="none"),
    ],
)
def test_observing_a_stream_that_is_not_there(harness: MakeHarness, config: str, name: str, known: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        harness(config).graph.observe_output_stream(name, print)
    assert str(caught.value) == (
        f'the graph has no stream "{name}". {known} Streams inside a subgraph are called <node>__<stream>.'
    )
