"""What a graph lends its nodes: services, counters, the clock; and instruments that watch."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import Calculator, GraphService, Input, Instrument, Output, Status, Timestamp, calculator
from graphkit.errors import CalculatorError, GraphStateError
from graphkit.framework import CLOCK
from graphkit.framework._clock import SystemClock
from graphkit.testing import ManualClock

if TYPE_CHECKING:
    from conformance.harness import MakeHarness, Script
    from graphkit import CalculatorContext, CalculatorContract

GIVEN: GraphService[str] = GraphService("a name")
MADE: GraphService[list[int]] = GraphService("a list", list)


@calculator("ConfServed")
class ConfServed(Calculator):
    number = Input(int)
    got: list[Any] = []  # noqa: RUF012 - cleared by the test

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        cc.use_service(GIVEN, optional=cc.node_name == "lenient")
        cc.use_service(MADE)

    def open(self, cc: CalculatorContext) -> None:
        self.got.append((cc.service(GIVEN), cc.service(MADE)))

    def process(self, cc: CalculatorContext) -> None:
        """Nothing to do."""


@calculator("ConfTicking")
class ConfTicking(Calculator):
    """A source that emits the time every 100 us, three times."""

    time = Output(int)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        cc.use_service(CLOCK)

    def open(self, cc: CalculatorContext) -> None:
        clock = cc.service(CLOCK)
        assert clock is not None
        self._clock, self._left = clock, 3

    def process(self, cc: CalculatorContext) -> Status | None:
        self._clock.sleep_until(self._clock.now_us() + 100)
        now = self._clock.now_us()
        self.time.send(cc, now, timestamp=Timestamp(now))
        self._left -= 1
        return None if self._left else Status.STOP


NODES = """
    input_stream: "a"
    node { name: "%s" calculator: "ConfServed" input_stream: "a" }
    node { name: "lenient" calculator: "ConfServed" input_stream: "a" }
"""


@pytest.fixture(autouse=True)
def got() -> list[Any]:
    ConfServed.got.clear()
    return ConfServed.got


def test_a_service_that_was_given_and_one_that_is_made(harness: MakeHarness, got: list[Any]) -> None:
    h = harness(NODES % "strict")
    h.graph.set_service(GIVEN, "Ada")
    for _ in range(2):
        h.start().finish()
    assert [name for name, _ in got] == ["Ada"] * 4
    assert got[0][1] is got[1][1], "the nodes of a run share it"
    assert got[0][1] is not got[2][1], "each run has its own"


def test_a_service_that_is_missing(harness: MakeHarness) -> None:
    with pytest.raises(GraphStateError) as caught:
        harness(NODES % "strict").start()
    assert str(caught.value) == 'node "strict" requires service "a name"; call set_service() before the run'


def test_an_optional_service_that_is_missing(harness: MakeHarness, got: list[Any]) -> None:
    text = 'input_stream: "a" node { name: "lenient" calculator: "ConfServed" input_stream: "a" }'
    harness(text).start().finish()
    assert got == [(None, [])]


def test_counters_belong_to_nodes_and_start_at_zero_each_run(harness: MakeHarness, script: type[Script]) -> None:
    def count(cc: CalculatorContext) -> None:
        cc.counter("calls").increment()
        cc.counter("sum").increment_by(cc.inputs[0].payload)
        assert cc.counter("sum").get() >= cc.inputs[0].payload

    text = """
        input_stream: "a"
        node { name: "x" calculator: "ConfScripted" input_stream: "a" input_side_packet: "SCRIPT:s" }
        node { name: "y" calculator: "ConfBlocking" input_stream: "a" input_side_packet: "SCRIPT:s" }
    """
    h = harness(text, s=script(process=count))
    for _ in range(2):
        h.start().push("a", (1, 1), (10, 2)).finish()
        assert h.graph.counters() == {"x-calls": 2, "x-sum": 11, "y-calls": 2, "y-sum": 11}


def test_a_simulated_clock_drives_a_graph(harness: MakeHarness) -> None:
    clock = ManualClock(1000)
    h = harness('node { calculator: "ConfTicking" output_stream: "time" }').watch("time")
    h.graph.set_service(CLOCK, clock)
    h.start()
    for _ in range(3):
        clock.wait_for_sleepers(1)
        clock.advance(100)
    h.graph.wait_until_done(timeout=60)
    assert h.seen("time") == [(1100, 1100), (1200, 1200), (1300, 1300)]


def test_a_manual_clock() -> None:
    clock = ManualClock(5)
    assert clock.now_us() == 5
    clock.sleep_until(5)
    woken = threading.Event()
    wake = threading.Event()

    def sleep(until: int, event: threading.Event | None) -> None:
        clock.sleep_until(until, event)
        woken.set()

    thread = threading.Thread(target=sleep, args=(1_000_000, wake))
    thread.start()
    clock.wait_for_sleepers(1)
    assert not woken.is_set()
    wake.set()
    thread.join(60)
    assert woken.is_set()
    with pytest.raises(TimeoutError, match="0 of 1 threads sleep on the clock"):
        clock.wait_for_sleepers(1, timeout=0.01)


def test_the_system_clock() -> None:
    clock = SystemClock()
    before = clock.now_us()
    clock.sleep_until(before - 1)
    wake = threading.Event()
    wake.set()
    clock.sleep_until(before + 10**9, wake)
    assert before <= clock.now_us() < before + 10**8


class Recorder(Instrument):
    def __init__(self) -> None:
        self.events: list[tuple[str, str, int]] = []
        self.seconds: list[float] = []

    def processing(self, cc: CalculatorContext) -> None:
        self.events.append(("start", cc.node_name, int(cc.input_timestamp)))

    def processed(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        self.events.append(("end", cc.node_name, int(cc.input_timestamp)))
        self.seconds.append(seconds)


def test_instruments_see_every_process_call(harness: MakeHarness, script: type[Script]) -> None:
    def fail_at_two(cc: CalculatorContext) -> None:
        if cc.input_timestamp == 2:
            raise ValueError("boom")

    recorder = Recorder()
    text = """
        input_stream: "a"
        node { name: "n" calculator: "ConfScripted" input_stream: "a" input_side_packet: "SCRIPT:s" }
    """
    h = harness(text, s=script(process=fail_at_two))
    h.graph.add_instrument(recorder)
    h.start().push("a", (1, 1), (2, 2))
    with pytest.raises(CalculatorError):
        h.finish()
    assert recorder.events == [("start", "n", 1), ("end", "n", 1), ("start", "n", 2), ("end", "n", 2)]
    assert all(seconds >= 0 for seconds in recorder.seconds)
