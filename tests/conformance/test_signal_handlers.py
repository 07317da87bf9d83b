"""S54: a signal handler drives the graph that it interrupts, wherever it comes, without a deadlock.

A profile function stands for the handler: it is called after each call that the engine makes, and at the entry of
each of its functions, on the thread that is interrupted and with the locks that this one holds.
"""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import graphkit
from graphkit import CalculatorGraph
from graphkit.errors import (
    CalculatorError,
    CancelledError,
    GraphStateError,
    InputStreamHandlerError,
    StreamClosedError,
    TimestampMismatchError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

ENGINE = tuple(str(Path(graphkit.__file__).parent / room) for room in ("_runtime", "graph", "framework/_executor"))
SECONDS = 60.0
CHAIN = """
input_stream: "a" input_stream: "b"
node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "c" }
node { calculator: "PassThroughCalculator" input_stream: "c" output_stream: "e" EXECUTOR }
node { calculator: "PassThroughCalculator" input_stream: "b" output_stream: "f" }
"""
THREADS = CHAIN.replace("EXECUTOR", 'executor: "x"') + 'executor { name: "x" type: "ThreadPoolExecutor" }'
CHAIN = CHAIN.replace("EXECUTOR", "")


def call_at(place: int, act: Callable[[], None], handler: Callable[[], None]) -> bool:
    """Run *act*, and *handler* on top of it at the *place*-th look for signals; return whether there was one."""
    seen = 0

    def profile(frame: FrameType, event: str, _: Any) -> None:
        nonlocal seen
        if event not in {"c_return", "call"} or not frame.f_code.co_filename.startswith(ENGINE):
            return
        seen += 1
        if seen == place:
            sys.setprofile(None)
            handler()

    sys.setprofile(profile)
    try:
        act()
    finally:
        sys.setprofile(None)
    return seen >= place


def at_every_place(act: Callable[[], None], handler: Callable[[], None], check: Callable[[], None]) -> int:
    """Call *handler* at every place of *act*, and *check* after each; return how many there are."""
    place = 1
    while call_at(place, act, handler):
        check()
        place += 1
    return place


class Run:
    """A graph that a program drives, and what came out of it."""

    def __init__(self, config: str = CHAIN) -> None:
        self.graph = CalculatorGraph(config)
        self.seen: list[int] = []
        self.graph.observe_output_stream("e", lambda packet: self.seen.append(packet.payload))
        self.raised: BaseException | None = None

    def drive(self) -> None:
        """Push three packets and wait."""
        self.seen.clear()
        self.raised = None
        try:
            with self.graph:
                for stamp in range(3):
                    self.graph.add_packet_to_input_stream("a", stamp, stamp)
                self.graph.close_all_input_streams()
                self.graph.wait_until_done(SECONDS)
        except BaseException as exc:
            self.raised = exc


@pytest.mark.parametrize("config", [pytest.param(CHAIN, id="light"), pytest.param(THREADS, id="threads")])
def test_cancel_from_a_handler_ends_the_run(config: str) -> None:
    run = Run(config)
    called: list[bool] = []

    def handler() -> None:
        called.append(run.graph.abort())

    def check() -> None:
        assert run.raised is None or isinstance(run.raised, CancelledError), repr(run.raised)
        assert run.raised is not None or not called[-1] or run.seen == [0, 1, 2]
        assert run.graph.is_over()

    assert at_every_place(run.drive, handler, check) > 150
    assert sum(called) > 100


def test_closing_from_a_handler_loses_nothing() -> None:
    run = Run()
    kinds = set()

    def check() -> None:
        kinds.add(type(run.raised).__name__)
        assert run.seen == list(range(len(run.seen)))
        assert type(run.raised).__name__ == "StreamClosedError" or run.seen == [0, 1, 2]

    assert at_every_place(run.drive, run.graph.end_input, check) > 150
    assert kinds == {"NoneType", "StreamClosedError"}


def test_a_packet_from_a_handler_arrives() -> None:
    run = Run()
    arrived: list[int] = []
    run.graph.observe_output_stream("f", lambda packet: arrived.append(packet.payload))
    state = {"feeding": False, "pushed": False}

    def act() -> None:
        state["pushed"] = False
        arrived.clear()
        with run.graph:
            state["feeding"] = True
            for stamp in range(3):
                run.graph.add_packet_to_input_stream("a", stamp, stamp)
            state["feeding"] = False
            run.graph.wait_until_idle(SECONDS)

    def handler() -> None:
        if state["feeding"]:
            state["pushed"] = True
            run.graph.add_packet_to_input_stream("b", 7, 7)

    def check() -> None:
        assert arrived == [7] * state["pushed"]
        pushed.append(state["pushed"])

    pushed: list[bool] = []
    assert at_every_place(act, handler, check) > 100
    assert sum(pushed) > 50


def test_what_a_late_packet_from_a_handler_breaks_is_the_error_of_the_run() -> None:
    """The handler has returned by then: nothing is lost without a word."""
    run = Run()
    raised = []

    def act() -> None:
        run.drive()
        raised.append(type(run.raised))

    def handler() -> None:
        if not run.graph.is_over():
            with suppress(TimestampMismatchError, StreamClosedError):
                run.graph.add_packet_to_input_stream("a", 99, -5)

    assert at_every_place(act, handler, lambda: None) > 150
    assert set(raised) <= {type(None), TimestampMismatchError, StreamClosedError}
    assert TimestampMismatchError in raised


def test_waiting_in_a_handler_is_refused_or_returns() -> None:
    run = Run()
    told: list[str] = []

    def handler() -> None:
        try:
            if not run.graph.is_over():
                run.graph.wait_until_idle(SECONDS)
        except GraphStateError as exc:
            told.append(str(exc))

    def check() -> None:
        assert run.raised is None
        assert run.seen == [0, 1, 2]

    assert at_every_place(run.drive, handler, check) > 150
    assert any("interrupts the graph at work" in message for message in told)


def give_up(graph: CalculatorGraph) -> None:
    raise TimeoutError("the program's time is up")


@pytest.mark.parametrize("raising", [CalculatorGraph.wait_until_idle, give_up])
def test_an_error_that_a_handler_raises_ends_the_run(raising: Callable[[CalculatorGraph], None]) -> None:
    """S51: an exception of a kind that programs catch, too, wherever it comes."""
    run = Run()

    def handler() -> None:
        if not run.graph.is_over():
            raising(run.graph)

    def check() -> None:
        cause = run.raised.cause if isinstance(run.raised, CalculatorError) else run.raised
        assert cause is None or isinstance(cause, GraphStateError | TimeoutError | InputStreamHandlerError)
        assert run.graph.is_over()
        causes.add(type(cause))

    causes: set[type] = set()
    assert at_every_place(run.drive, handler, check) > 150
    assert len(causes) > 1


def test_a_handler_cannot_start_what_starts() -> None:
    graph = CalculatorGraph(CHAIN)
    refused: list[str] = []
    began: list[bool] = []

    def act() -> None:
        began.clear()
        with suppress(GraphStateError):  # at its entry the handler may still be the one that starts it
            graph.start_run()
        began.append(True)
        graph.close_all_input_streams()
        graph.wait_until_done(SECONDS)

    def handler() -> None:
        try:
            if not began:
                graph.start_run()
        except GraphStateError as exc:
            refused.append(str(exc))

    assert at_every_place(act, handler, lambda: None) > 50
    assert any("while it starts" in message for message in refused)


def test_a_real_signal_cancels_a_busy_graph() -> None:
    run = Run()
    before = signal.signal(signal.SIGALRM, lambda *_: run.graph.cancel())

    def push_for_ever(delay: float) -> None:
        with run.graph:
            signal.setitimer(signal.ITIMER_REAL, delay)
            for stamp in range(10**9):
                run.graph.add_packet_to_input_stream("a", stamp, stamp)

    try:
        for delay in range(1, 20):
            with pytest.raises(CancelledError):
                push_for_ever(delay / 5000)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
