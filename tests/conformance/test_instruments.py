"""Instruments: what each hook is told, in which order, and that none is called under a lock (S34)."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import Calculator, CalculatorContext, CalculatorGraph, Input, Instrument, Output, calculator
from robustness.engine_config import config_of
from robustness.engine_nodes import Book
from robustness.engine_programs import random_program
from robustness.program import Record

if TYPE_CHECKING:
    from graphkit import Timestamp
    from graphkit.framework import RunView


@calculator("InstrumentedEven")
class Even(Calculator):
    """Lets even numbers pass."""

    a = Input(int, tag="A")
    out = Output(int, tag="OUT")

    def process(self, cc: CalculatorContext) -> None:
        if self.a.get(cc) % 2 == 0:
            self.out.send(cc, self.a.get(cc))


CHAIN = """
input_stream: "a"
node { name: "even" calculator: "InstrumentedEven" input_stream: "A:a" output_stream: "OUT:b" }
node { name: "pass" calculator: "PassThroughCalculator" input_stream: "b" output_stream: "c" }
"""
FIXED = """
input_stream: "a" input_stream: "b"
node { name: "pair" calculator: "PassThroughCalculator" input_stream: "a" input_stream: "b"
       output_stream: "c" output_stream: "d"
       input_stream_handler { input_stream_handler: "FixedSizeInputStreamHandler" } }
"""
MUX = """
input_stream: "a" input_stream: "b" input_stream: "select"
node { name: "mux" calculator: "MuxCalculator" input_stream: "INPUT:0:a" input_stream: "INPUT:1:b"
       input_stream: "SELECT:select" output_stream: "OUTPUT:c"
       input_stream_handler { input_stream_handler: "MuxInputStreamHandler" } }
"""
EARLY = """
input_stream: "a" input_stream: "b"
node { name: "pair" calculator: "PassThroughCalculator" input_stream: "a" input_stream: "b"
       output_stream: "c" output_stream: "d"
       input_stream_handler { input_stream_handler: "EarlyCloseInputStreamHandler" } }
"""


class Everything(Instrument):
    """Writes everything down."""

    def __init__(self, graph: CalculatorGraph | None = None) -> None:
        self.events: list[tuple[Any, ...]] = []
        self.graph = graph

    def note(self, *event: Any) -> None:
        self.events.append(event)
        if self.graph is not None and event[0] != "run ended":
            self.graph.explain()  # takes the lock, and would wait for ever under it

    def run_started(self, run: RunView) -> None:
        self.events.append(("run started", tuple(node.name for node in run.graph.nodes), run.counters()))

    def opened(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        self.note("opened", cc.node_name)

    def packet_queued(self, node: str, stream: str, timestamp: Timestamp, waiting: int, at: float) -> None:
        self.note("queued", node, stream, int(timestamp), waiting)

    def processing(self, cc: CalculatorContext) -> None:
        self.note("processing", cc.node_name, int(cc.input_timestamp))

    def processed(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        self.note("processed", cc.node_name, [int(p.timestamp) for shard in cc.outputs for p in shard.queue])

    def bound_moved(self, stream: str, bound: Timestamp, at: float) -> None:
        self.note("bound", stream, str(bound))

    def packet_dropped(self, node: str, stream: str, timestamp: Timestamp, at: float) -> None:
        self.note("dropped", node, stream, int(timestamp))

    def closed(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        self.note("closed", cc.node_name)

    def run_ended(self) -> None:
        self.note("run ended")


def watched(text: str) -> tuple[CalculatorGraph, Everything]:
    graph = CalculatorGraph(text)
    seen = Everything(graph)
    graph.add_instrument(seen)
    return graph, seen


def test_a_run_from_beginning_to_end() -> None:
    graph, seen = watched(CHAIN)
    with graph:
        graph.add_packet_to_input_stream("a", 2, 10)
        graph.add_packet_to_input_stream("a", 3, 20)
    assert [event for event in seen.events if event[0] != "bound"] == [
        ("run started", ("even", "pass"), {}),
        ("opened", "even"),
        ("opened", "pass"),
        ("queued", "even", "a", 10, 1),
        ("processing", "even", 10),
        ("processed", "even", [10]),
        ("queued", "pass", "b", 10, 1),
        ("processing", "pass", 10),
        ("processed", "pass", [10]),
        ("queued", "even", "a", 20, 1),
        ("processing", "even", 20),
        ("processed", "even", []),
        ("closed", "even"),
        ("closed", "pass"),
        ("run ended",),
    ]
    assert [event for event in seen.events if event[0] == "bound"][:2] == [
        ("bound", "b", "21"),
        ("bound", "c", "21"),
    ]


@pytest.mark.parametrize(
    ("text", "pushes", "dropped"),
    [
        pytest.param(
            FIXED,
            [("a", 10), ("a", 20), ("a", 30), ("b", 30)],
            [("pair", "a", 10), ("pair", "a", 20)],
            id="FixedSize",
        ),
        pytest.param(MUX, [("a", 10), ("b", 10), ("select", 10)], [("mux", "a", 10)], id="Mux"),
        pytest.param(
            EARLY, [("a", 10), ("a", 20), ("close b", 0)], [("pair", "a", 10), ("pair", "a", 20)], id="closed"
        ),
        pytest.param(
            EARLY, [("close b", 0), ("a", 10)], [("pair", "a", 10)], id="a packet for a node that has closed"
        ),
    ],
)
def test_what_is_lost_is_told(text: str, pushes: list[tuple[str, int]], dropped: list[Any]) -> None:
    graph, seen = watched(text)
    with graph:
        for stream, at in pushes:
            if stream.startswith("close "):
                graph.close_input_stream(stream.removeprefix("close "))
            else:
                graph.add_packet_to_input_stream(stream, 1, at)
    assert [event[1:] for event in seen.events if event[0] == "dropped"] == dropped


def test_one_that_raises_is_told_no_more_and_the_run_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    class Bad(Instrument):
        calls = 0

        def processing(self, cc: CalculatorContext) -> None:
            self.calls += 1
            raise ValueError("bad instrument")

    graph, seen = watched(CHAIN)
    bad = Bad()
    graph.add_instrument(bad)
    with graph:
        graph.add_packet_to_input_stream("a", 2, 10)
        graph.add_packet_to_input_stream("a", 4, 20)
    assert bad.calls == 1
    assert [e for e in seen.events if e[0] == "processing"] == [
        ("processing", "even", 10), ("processing", "pass", 10),
        ("processing", "even", 20), ("processing", "pass", 20),
    ]  # fmt: skip
    assert "instrument Bad raised in processing() and is not called again in this run" in caplog.text


def test_it_is_told_of_every_run() -> None:
    graph, seen = watched(CHAIN)
    for _ in range(2):
        with graph:
            graph.add_packet_to_input_stream("a", 2, 10)
    assert [event[0] for event in seen.events].count("run ended") == 2
    assert seen.events[0][0] == "run started"
    assert seen.events[-1] == ("run ended",)


@pytest.mark.parametrize("first", range(0, 120, 30))
def test_packets_of_random_graphs_add_up(first: int) -> None:
    """Every packet that came into a queue was processed, dropped, or is the one that the run's end left there."""
    for seed in range(first, first + 30):
        program = random_program(random.Random(seed))
        if program.pollers or program.graph.echoes or any(node.pure for node in program.graph.nodes):
            continue
        graph = CalculatorGraph(config_of(program.graph))
        seen = Taken()
        graph.add_instrument(seen)
        try:
            graph.start_run({"book": Book(program, Record())})
            for action in (action for epoch in program.epochs for action in epoch):
                if action[0] == "push":
                    graph.add_packet_to_input_stream(action[1], action[3], max(action[2], -1000))
            graph.close_all_packet_sources()
            graph.wait_until_done(60)
        except Exception:  # programs that are to fail; what was dropped then is not told one by one
            graph.cancel_quietly()
            continue
        ended = seen.taken + seen.dropped
        assert not seen.queued - ended, f"seed {seed}: lost without a word"
        # A packet for a node that has closed is dropped without having been queued.
        assert not (ended - seen.queued) - seen.dropped, f"seed {seed}: taken and never queued"


class Taken(Instrument):
    """Counts packets by node and stream."""

    def __init__(self) -> None:
        self.queued: Counter[tuple[str, str]] = Counter()
        self.taken: Counter[tuple[str, str]] = Counter()
        self.dropped: Counter[tuple[str, str]] = Counter()

    def packet_queued(self, node: str, stream: str, timestamp: Timestamp, waiting: int, at: float) -> None:
        self.queued[node, stream] += 1

    def processing(self, cc: CalculatorContext) -> None:
        for name, packet in zip(cc.inputs.tag_map.names, cc.inputs, strict=True):
            self.taken[cc.node_name, name] += bool(packet)

    def packet_dropped(self, node: str, stream: str, timestamp: Timestamp, at: float) -> None:
        self.dropped[node, stream] += 1
