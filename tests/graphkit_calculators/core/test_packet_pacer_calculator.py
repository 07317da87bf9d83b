"""PacketPacerCalculator."""

from __future__ import annotations

import pytest

from graphkit import CalculatorGraph
from graphkit.framework import CLOCK
from graphkit.testing import ManualClock

GRAPH = """
    input_stream: "recorded" output_stream: "live"
    node { calculator: "PacketPacerCalculator" input_stream: "recorded" output_stream: "live" }
"""


class Run:
    """A started graph on a clock of its own, and what came out at which time of that clock."""

    def __init__(self) -> None:
        self.clock = ManualClock(5_000_000)
        self.graph = CalculatorGraph(GRAPH)
        self.graph.set_service(CLOCK, self.clock)
        self.seen: list[tuple[int, int]] = []
        self.graph.observe_output_stream(
            "live", lambda packet: self.seen.append((packet.timestamp, self.clock.now_us()))
        )


@pytest.fixture
def run() -> Run:
    return Run()


def test_packets_pass_when_their_time_has_come(run: Run) -> None:
    with run.graph as graph:
        for timestamp in (700, 800, 1000):
            graph.add_packet_to_input_stream("recorded", "x", timestamp=timestamp)
        for step in (100, 200):
            run.clock.wait_for_sleepers(1)
            run.clock.advance(step)
    assert run.seen == [(700, 5_000_000), (800, 5_000_100), (1000, 5_000_300)]


def test_packets_that_come_late_pass_at_once(run: Run) -> None:
    with run.graph as graph:
        graph.add_packet_to_input_stream("recorded", "x", timestamp=0)
        graph.wait_until_idle(60)
        run.clock.advance(250)
        for timestamp in (100, 200):
            graph.add_packet_to_input_stream("recorded", "x", timestamp=timestamp)
    assert run.seen == [(0, 5_000_000), (100, 5_000_250), (200, 5_000_250)]


def test_it_sleeps_until_the_very_microsecond(run: Run) -> None:
    with run.graph as graph:
        for timestamp in (0, 100):
            graph.add_packet_to_input_stream("recorded", "x", timestamp=timestamp)
        run.clock.wait_for_sleepers(1)
        run.clock.advance(99)
        run.clock.wait_for_sleepers(1)
        assert len(run.seen) == 1
        run.clock.advance(1)
    assert run.seen[1] == (100, 5_000_100)
