"""The shortest path of a chain, and what makes a call leave it."""

from __future__ import annotations

from typing import Any

import pytest

from graphkit import (
    AnyType,
    Calculator,
    CalculatorContext,
    CalculatorGraph,
    Input,
    Instrument,
    Output,
    SameAs,
    Timestamp,
    calculator,
)
from graphkit._runtime import scheduler
from graphkit._runtime.chaining import chain
from graphkit.insight import Profile

CHAIN = """
input_stream: "a"
node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b" }
node { calculator: "PassThroughCalculator" input_stream: "b" output_stream: "c" }
node { calculator: "PassThroughCalculator" input_stream: "c" output_stream: "d" }
"""
FORK = """
input_stream: "a"
node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b" }
node { calculator: "PassThroughCalculator" input_stream: "b" output_stream: "c" }
node { calculator: "PassThroughCalculator" input_stream: "b" output_stream: "d" }
"""
EVEN = """
input_stream: "a"
node { calculator: "ChainingEven" input_stream: "a" output_stream: "b" }
node { calculator: "PassThroughCalculator" input_stream: "b" output_stream: "d" }
"""


@calculator("ChainingEven")
class Even(Calculator):
    """Passes packets at even times."""

    number: Input[Any] = Input(AnyType)
    even: Output[Any] = Output(SameAs(number))

    def process(self, cc: CalculatorContext) -> None:
        if cc.input_timestamp % 2 == 0:
            self.even.add(cc, self.number.packet(cc))


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """Return the list of (node, whether it handed over) that runs add to."""
    calls: list[tuple[str, bool]] = []

    def watched(link: Any) -> Any:
        following = chain(link)
        calls.append((link.maker.name, following is not None))
        return following

    monkeypatch.setattr(scheduler, "chain", watched)
    return calls


def run(config: str, stamps: list[int]) -> list[int]:
    """Push packets and return the times of those that arrive at ``d``."""
    graph = CalculatorGraph(config)
    seen: list[int] = []
    graph.observe_output_stream("d", lambda packet: seen.append(int(packet.timestamp)))
    with graph:
        for stamp in stamps:
            graph.add_packet_to_input_stream("a", f"packet {stamp}", stamp)
    return seen


def test_every_node_of_a_chain_hands_over(handed: list[tuple[str, bool]]) -> None:
    assert run(CHAIN, [1, 2, 3]) == [1, 2, 3]
    assert handed == [(f"PassThroughCalculator_{n}", True) for _ in range(3) for n in (1, 2, 3)]


def test_a_stream_with_two_readers_is_no_link(handed: list[tuple[str, bool]]) -> None:
    assert run(FORK, [1, 2]) == [1, 2]
    assert "PassThroughCalculator_1" not in {name for name, _ in handed}


def test_a_call_that_emits_nothing_takes_the_usual_way(handed: list[tuple[str, bool]]) -> None:
    assert run(EVEN, [0, 1, 2, 3]) == [0, 2]
    assert [moved for name, moved in handed if name == "ChainingEven"] == [True, False, True, False]


def test_a_push_from_an_observer_waits_its_turn(handed: list[tuple[str, bool]]) -> None:
    graph = CalculatorGraph(CHAIN)
    seen: list[int] = []

    def again(packet: Any) -> None:
        seen.append(int(packet.timestamp))
        if packet.timestamp < 5:
            graph.add_packet_to_input_stream("a", "more", int(packet.timestamp) + 1)

    graph.observe_output_stream("d", again)
    with graph:
        graph.add_packet_to_input_stream("a", "first", 1)
    assert seen == [1, 2, 3, 4, 5]
    assert all(moved for _, moved in handed)


def test_a_profile_counts_what_hands_over(handed: list[tuple[str, bool]]) -> None:
    profile = Profile()
    graph = CalculatorGraph(CHAIN)
    graph.add_instrument(profile)
    with graph:
        for stamp in (1, 2, 3):
            graph.add_packet_to_input_stream("a", f"packet {stamp}", stamp)
    assert [moved for name, moved in handed if name != "PassThroughCalculator_3"] == [True] * 6
    assert profile.packets_by_stream() == {"a": 3, "b": 3, "c": 3, "d": 3}
    assert [row.queue for row in profile.nodes()] == [1, 1, 1]
    assert all(row.waited > 0 for row in profile.nodes())


def test_hooks_that_hear_of_packets_hear_of_all(handed: list[tuple[str, bool]]) -> None:
    seen: list[str] = []

    class Hears(Instrument):
        def packet_queued(self, node: str, stream: str, timestamp: Timestamp, waiting: int, at: float) -> None:
            seen.append(stream)

    graph = CalculatorGraph(CHAIN)
    graph.add_instrument(Hears())
    with graph:
        graph.add_packet_to_input_stream("a", "packet", 1)
    assert seen == ["a", "b", "c"]
    assert not handed
