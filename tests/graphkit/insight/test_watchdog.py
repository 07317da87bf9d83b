"""The watchdog names a node that has been inside a call for long, once for each call."""

from __future__ import annotations

import gc
import inspect
import threading
import time
from typing import TYPE_CHECKING

import pytest

from graphkit import Calculator, CalculatorContext, CalculatorGraph, Input, calculator
from graphkit.errors import ArgumentError
from graphkit.insight import Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable

GRAPH = 'input_stream: "a" node { name: "slow" calculator: "WatchdogSlow" input_stream: "a" }'


class Reports:
    """Collects what a watchdog says."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.told = threading.Event()

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        self.told.set()


class Slow:
    """What the node does; set by each test."""

    work: Callable[[], None]


@calculator("WatchdogSlow")
class WatchdogSlow(Calculator):
    a = Input(int)

    def process(self, cc: CalculatorContext) -> None:
        Slow.work()


LINE = inspect.getsourcelines(WatchdogSlow.process)[1] + 1


def test_it_names_node_time_and_place_once_for_each_call() -> None:
    reports = Reports()
    graph = CalculatorGraph(GRAPH)
    graph.add_instrument(Watchdog(0.02, reports))

    def work() -> None:
        assert reports.told.wait(60)
        reports.told.clear()

    Slow.work = work
    with graph:
        graph.add_packet_to_input_stream("a", 1, 10)
        graph.add_packet_to_input_stream("a", 1, 20)
    assert len(reports.lines) == 2
    for line, at in zip(reports.lines, (10, 20), strict=True):
        assert line.startswith(f'node "slow" has been inside process() of {at} for 0.02 s, at {__file__}:')


def test_a_quick_node_is_not_named() -> None:
    reports = Reports()
    graph = CalculatorGraph(GRAPH)
    graph.add_instrument(Watchdog(5, reports))
    Slow.work = lambda: None
    with graph:
        graph.add_packet_to_input_stream("a", 1, 10)
    assert reports.lines == []
    for thread in threading.enumerate():
        if thread.name == "graphkit-watchdog":
            thread.join(60)
            assert not thread.is_alive()


def test_by_default_it_is_a_warning_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    graph = CalculatorGraph(GRAPH)
    graph.add_instrument(Watchdog(0.02))

    def work() -> None:
        until = time.monotonic() + 20
        while not caplog.records and time.monotonic() < until:
            time.sleep(0.005)

    Slow.work = work
    with graph:
        graph.add_packet_to_input_stream("a", 1, 10)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert 'node "slow" has been inside process() of 10' in caplog.text


def test_a_graph_that_is_dropped_keeps_no_watchdog() -> None:
    graph = CalculatorGraph(GRAPH)
    graph.add_instrument(Watchdog(0.02))
    before = {thread for thread in threading.enumerate() if thread.name == "graphkit-watchdog"}
    graph.start_run()
    (thread,) = {thread for thread in threading.enumerate() if thread.name == "graphkit-watchdog"} - before
    del graph
    gc.collect()
    thread.join(60)
    assert not thread.is_alive()


def test_its_time_is_above_0() -> None:
    with pytest.raises(ArgumentError, match="a watchdog cannot wait 0 s; give it more than 0"):
        Watchdog(0)
