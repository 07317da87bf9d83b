"""Sources: nodes without inputs, called until they stop."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

import pytest

from graphkit import Status, Timestamp
from graphkit.errors import CalculatorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.harness import MakeHarness, Script
    from graphkit import CalculatorContext


def source(name: str, extra: str = "") -> str:
    return f"""
        node {{ name: "source_{name}" calculator: "ConfScripted" output_stream: "{name}"
               input_side_packet: "SCRIPT:script_{name}" {extra} }}
    """


def counting(
    last: int, step: int = 1, log: list[str] | None = None
) -> Callable[[CalculatorContext], Status | None]:
    """Return a process that emits 0, step, ... below *last*, then stops."""
    numbers = iter(range(0, last, step))

    def process(cc: CalculatorContext) -> Status | None:
        number = next(numbers, None)
        if number is None:
            return Status.STOP
        if log is not None:
            log.append(f"{cc.node_name}@{number}")
        cc.outputs[0].send(number, Timestamp(number))
        return None

    return process


def test_a_source_runs_until_it_stops(harness: MakeHarness, script: type[Script]) -> None:
    """S23, S24."""
    s = script(process=counting(5))
    h = harness(source("n"), script_n=s).watch("n").start().finish()
    assert h.seen("n") == [(n, n) for n in range(5)]
    assert s.calls == ["open", *["process"] * 6, "close"]


def test_the_input_timestamp_of_a_source_is_zero(harness: MakeHarness, script: type[Script]) -> None:
    seen: list[int] = []

    def process(cc: CalculatorContext) -> Status:
        seen.append(cc.input_timestamp)
        return Status.STOP

    harness(source("n"), script_n=script(process=process)).start().finish()
    assert seen == [Timestamp(0)]


def test_sources_advance_in_step_with_their_timestamps(harness: MakeHarness, script: type[Script]) -> None:
    log: list[str] = []
    a, b = (script(process=counting(60, step, log)) for step in (10, 20))
    h = harness("num_threads: 1" + source("a") + source("b"), script_a=a, script_b=b).start().finish()
    assert not h.graph.has_error()
    times = [int(entry.split("@")[1]) for entry in log]
    assert max(abs(one - two) for one, two in itertools.pairwise(times)) <= 20
    assert times == sorted(times)


def test_layers_run_one_after_the_other(harness: MakeHarness, script: type[Script]) -> None:
    """S24."""
    log: list[str] = []
    scripts = {"script_a": script(process=counting(4, 1, log)), "script_b": script(process=counting(4, 1, log))}
    text = source("a", "source_layer: 1") + source("b")
    harness(text, **scripts).start().finish()
    assert [entry.split("@")[0] for entry in log] == ["source_b"] * 4 + ["source_a"] * 4


def test_all_sources_open_whatever_their_layer(harness: MakeHarness, script: type[Script]) -> None:
    first, second = script(process=counting(1)), script(process=counting(1))
    opened: list[list[str]] = []
    first.process = lambda cc: opened.append(list(second.calls)) or Status.STOP
    harness(source("a") + source("b", "source_layer: 1"), script_a=first, script_b=second).start().finish()
    assert opened == [["open"]]


def test_stop_of_another_node_ends_the_sources_and_what_is_queued_is_processed(
    harness: MakeHarness, script: type[Script]
) -> None:
    seen: list[int] = []

    def until_three(cc: CalculatorContext) -> Status | None:
        seen.append(cc.inputs[0].payload)
        return Status.STOP if cc.inputs[0].payload == 3 else None

    text = source("n") + 'node { calculator: "ConfScripted" input_stream: "n" input_side_packet: "SCRIPT:sink" }'
    s = script(process=counting(10**9))
    sink = script(process=until_three)
    harness(text, script_n=s, sink=sink).watch("n").start().finish()
    assert seen[:4] == [0, 1, 2, 3]
    assert seen == list(range(len(seen)))
    assert s.calls[-1] == "close"
    assert sink.calls[-1] == "close"


def test_close_all_packet_sources_ends_an_endless_source(harness: MakeHarness, script: type[Script]) -> None:
    enough = threading.Event()

    def process(cc: CalculatorContext) -> None:
        number = len(s.calls)
        if number > 5:
            enough.set()
        cc.outputs[0].send(number, Timestamp(number))

    s = script(process=process)
    h = harness(source("n"), script_n=s).watch("n").start()
    assert enough.wait(60)
    h.graph.close_all_packet_sources()
    h.graph.wait_until_done(timeout=60)
    assert s.calls[-1] == "close"
    assert len(h.seen("n")) == s.calls.count("process")


def test_a_source_that_stops_while_another_runs_is_not_closed_twice_or_during_its_call(
    harness: MakeHarness, script: type[Script]
) -> None:
    """The end of one source looks at all sources again; a call that still runs must not be overtaken by close."""
    entered, told_to_stop, closed = threading.Event(), threading.Event(), threading.Event()
    overlaps: list[bool] = []

    def slow(cc: CalculatorContext) -> None:
        entered.set()
        assert told_to_stop.wait(60)
        overlaps.append(closed.wait(0.2))

    def quick(cc: CalculatorContext) -> Status:
        assert told_to_stop.wait(60)
        return Status.STOP

    slow_script = script(process=slow, close=lambda cc: closed.set())
    h = harness(
        "num_threads: 3" + source("a") + source("b"), script_a=slow_script, script_b=script(process=quick)
    ).start()
    assert entered.wait(60)
    h.graph.close_all_packet_sources()
    told_to_stop.set()
    h.graph.wait_until_done(timeout=60)
    assert overlaps == [False]
    assert slow_script.calls.count("close") == 1


def test_max_in_flight_does_not_apply_to_sources(harness: MakeHarness, script: type[Script]) -> None:
    s = script(process=counting(5))
    h = harness(source("n", "max_in_flight: 4"), script_n=s).watch("n").start().finish()
    assert h.times("n") == [0, 1, 2, 3, 4]


def test_error_of_a_source_has_no_timestamp(harness: MakeHarness, script: type[Script]) -> None:
    def process(cc: CalculatorContext) -> None:
        raise OSError("camera unplugged")

    h = harness(source("n"), script_n=script(process=process))
    with pytest.raises(CalculatorError) as caught:
        h.start().finish()
    words = 'process() of node "source_n (ConfScripted)" failed: OSError: camera unplugged (at '
    assert str(caught.value).startswith(words + __file__)
    assert caught.value.timestamp is None


def test_run_of_a_graph_without_inputs(harness: MakeHarness, script: type[Script]) -> None:
    text = source("n") + 'node { calculator: "ConfPass" input_stream: "n" output_stream: "out" }'
    h = harness(text, script_n=script(process=counting(200))).watch("out")
    h.graph.run(h.scripts)
    assert h.times("out") == list(range(200))
