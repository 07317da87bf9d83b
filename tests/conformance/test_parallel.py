"""Several process calls of one node at a time: their outputs come in order all the same."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from graphkit import Status, Timestamp
from graphkit.errors import CalculatorError, StreamClosedError

if TYPE_CHECKING:
    from conformance.harness import MakeHarness, Script
    from graphkit import CalculatorContext

PARALLEL = """
    input_stream: "a" num_threads: 4
    node { calculator: "ConfBlocking" input_stream: "a" output_stream: "out" max_in_flight: %d
           input_side_packet: "SCRIPT:s" }
"""


def emit_input(cc: CalculatorContext) -> None:
    cc.outputs[0].add(cc.inputs[0])


class Reversing:
    """A process that lets calls finish in groups of *size*, the last one of each group first."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.done = [threading.Event() for _ in range(1000)]
        self.finished: list[int] = []

    def __call__(self, cc: CalculatorContext) -> None:
        number = cc.inputs[0].payload
        if (number + 1) % self.size:
            assert self.done[number + 1].wait(60)
        cc.outputs[0].add(cc.inputs[0])
        self.finished.append(number)
        self.done[number].set()


@pytest.mark.parametrize("size", [2, 3, 4])
def test_outputs_come_in_input_order_whatever_finishes_first(
    harness: MakeHarness, script: type[Script], size: int
) -> None:
    """S18."""
    process = Reversing(size)
    h = harness(PARALLEL % size, s=script(process=process)).watch("out").start()
    count = 10 * size
    h.push("a", *[(n, n) for n in range(count)]).finish()
    assert process.finished != sorted(process.finished), "calls did run at once"
    assert h.seen("out") == [(n, n) for n in range(count)]


def test_never_more_calls_than_max_in_flight(harness: MakeHarness, script: type[Script]) -> None:
    lock, inside, most = threading.Lock(), [0], [0]
    both = threading.Barrier(3, timeout=60)

    def process(cc: CalculatorContext) -> None:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        both.wait()
        with lock:
            inside[0] -= 1

    h = harness(PARALLEL % 3, s=script(process=process)).start()
    h.push("a", *[(n, n) for n in range(30)]).finish()
    assert most[0] == 3


def test_bounds_wait_for_earlier_calls(harness: MakeHarness, script: type[Script]) -> None:
    """A later call that emits nothing must not settle the stream past an earlier one that still runs."""
    go_on, later_done = threading.Event(), threading.Event()

    def process(cc: CalculatorContext) -> None:
        if cc.input_timestamp == 0:
            assert go_on.wait(60)
            emit_input(cc)
        else:
            later_done.set()

    h = harness(PARALLEL % 2, s=script(process=process)).watch("out", bounds=True).start()
    h.push("a", (0, 0), (1, 1))
    assert later_done.wait(60)
    assert h.graph.output_stream_bound("out") == Timestamp.PRE_STREAM
    go_on.set()
    h.graph.wait_until_idle(timeout=60)
    assert h.graph.output_stream_bound("out") == 2
    h.finish()
    assert h.seen("out") == [(0, 0), (None, 1)]


def test_calls_of_one_node_do_not_share_what_they_emit(harness: MakeHarness, script: type[Script]) -> None:
    together = threading.Barrier(2, timeout=60)

    def process(cc: CalculatorContext) -> None:
        together.wait()
        cc.outputs[0].send(cc.inputs[0].payload * 10, cc.input_timestamp)
        together.wait()
        assert len(cc.outputs[0].queue) == 1

    h = harness(PARALLEL % 2, s=script(process=process)).watch("out").start()
    h.push("a", *[(n, n) for n in range(20)]).finish()
    assert h.seen("out") == [(n * 10, n) for n in range(20)]


def test_close_waits_for_all_calls(harness: MakeHarness, script: type[Script]) -> None:
    closed: list[int] = []
    process = Reversing(4)
    s = script(process=process, close=lambda cc: closed.append(len(process.finished)))
    h = harness(PARALLEL % 4, s=s).start()
    h.push("a", *[(n, n) for n in range(16)]).finish()
    assert closed == [16]


def test_an_error_among_parallel_calls(harness: MakeHarness, script: type[Script]) -> None:
    both = threading.Barrier(2, timeout=60)

    def process(cc: CalculatorContext) -> None:
        both.wait()
        if cc.input_timestamp == 1:
            raise ValueError("boom")

    s = script(process=process)
    h = harness(PARALLEL % 2, s=s).watch("out").start()
    h.push("a", (0, 0), (1, 1))
    with pytest.raises(CalculatorError, match="failed at timestamp 1: ValueError: boom"):
        h.finish()
    assert s.calls.count("close") == 1


def test_stop_among_parallel_calls(harness: MakeHarness, script: type[Script]) -> None:
    made: list[int] = []

    def produce(cc: CalculatorContext) -> None:
        made.append(len(made))
        cc.outputs[0].send(made[-1], Timestamp(made[-1]))

    def until(cc: CalculatorContext) -> Status | None:
        emit_input(cc)
        return Status.STOP if cc.inputs[0].payload == 10 else None

    text = """
        max_queue_size: 4 num_threads: 3
        node { calculator: "ConfScripted" output_stream: "n" input_side_packet: "SCRIPT:p" }
        node { calculator: "ConfBlocking" input_stream: "n" output_stream: "out" max_in_flight: 2
               input_side_packet: "SCRIPT:s" }
    """
    h = harness(text, p=script(process=produce), s=script(process=until)).watch("out").start()
    h.graph.wait_until_done(timeout=60)
    assert h.times("out") == made, "all that was made is processed"


def test_an_output_closed_by_one_call_is_closed_for_later_ones(harness: MakeHarness, script: type[Script]) -> None:
    def process(cc: CalculatorContext) -> None:
        emit_input(cc)
        cc.outputs[0].close()

    h = harness(PARALLEL % 2, s=script(process=process)).watch("out").start()
    h.push("a", (0, 0))
    h.graph.wait_until_idle(timeout=60)
    h.push("a", (1, 1))
    with pytest.raises(CalculatorError) as caught:
        h.finish()
    assert isinstance(caught.value.cause, StreamClosedError)
    assert h.times("out") == [0]


def test_side_packets_and_counters_are_shared_by_parallel_calls(
    harness: MakeHarness, script: type[Script]
) -> None:
    s = script(process=lambda cc: cc.counter("calls").increment())
    h = harness(PARALLEL % 4, s=s).start()
    h.push("a", *[(n, n) for n in range(40)]).finish()
    assert h.graph.counters() == {"ConfBlocking-calls": 40}


def test_an_output_that_is_refused_names_its_own_call(harness: MakeHarness, script: type[Script]) -> None:
    """S18, S47: also while a slower one before it is still under way."""
    second = threading.Event()

    def process(cc: CalculatorContext) -> None:
        if cc.input_timestamp == 10:
            assert second.wait(60)
        emit_input(cc)
        if cc.input_timestamp == 20:
            threading.Timer(0.05, second.set).start()
            emit_input(cc)

    h = harness(PARALLEL % 2, s=script(process=process)).start()
    h.push("a", (1, 10), (2, 20))
    with pytest.raises(CalculatorError, match="failed at timestamp 20: TimestampMismatchError"):
        h.finish()
