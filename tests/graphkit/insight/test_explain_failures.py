"""explain() of a run that failed: what failed, what was left over in which queues, which nodes never ran."""

from __future__ import annotations

import inspect
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import Calculator, CalculatorContext, CalculatorGraph, Input, Output, Packet, calculator
from graphkit.errors import CancelledError, DeadlockError, GraphkitError
from graphkit.framework import InputStreamHandler, input_stream_handler
from graphkit.insight import Explanation, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphkit import CalculatorContract
    from graphkit.framework import Decision


@calculator("FailsAtThree")
class FailsAtThree(Calculator):
    a = Input(int, tag="A")
    out = Output(int, tag="OUT")

    def process(self, cc: CalculatorContext) -> None:
        if cc.input_timestamp == 3:
            raise ValueError("three is too many")
        self.out.send(cc, self.a(cc))


RAISED_AT = f"{__file__}:{inspect.getsourcelines(FailsAtThree.process)[1] + 2}"


@calculator("FailsToOpen")
class FailsToOpen(Calculator):
    """Makes a stream and a side packet, had it opened."""

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        cc.inputs["A"].set(int)
        cc.outputs["OUT"].set(int)
        cc.output_side_packets["MODEL"].set(int)

    def open(self, cc: CalculatorContext) -> None:
        raise RuntimeError("no model")


OPEN_AT = f"{__file__}:{inspect.getsourcelines(FailsToOpen.open)[1] + 1}"


@calculator("NeedsModel")
class NeedsModel(Calculator):
    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        cc.inputs["A"].set(int)
        cc.outputs["OUT"].set(int)
        cc.input_side_packets["MODEL"].set(int)


@input_stream_handler("CannotDecide")
class CannotDecide(InputStreamHandler):
    def readiness(self) -> Decision:
        raise LookupError("no decision")

    def take(self, timestamp: int, packets: list[Packet[Any]]) -> None:
        raise AssertionError

    def awaited(self) -> Any:
        raise LookupError("nor this")


INPUTS = 'input_stream: "a" input_stream: "b" '
BAD = 'node { name: "bad" calculator: "FailsAtThree" input_stream: "A:a" output_stream: "OUT:x" } '
JOIN = (
    'node { name: "join" calculator: "PassThroughCalculator" input_stream: "x" input_stream: "b" '
    'output_stream: "y" output_stream: "z" } '
)
LAST = 'node { name: "last" calculator: "PassThroughCalculator" input_stream: "z" output_stream: "end" } '
FAILED = f'Node "bad" (FailsAtThree) failed in process() for 3, at {RAISED_AT}.'


def explained(text: str, *packets: tuple[str, int]) -> Explanation:
    graph = CalculatorGraph(text)
    with pytest.raises(GraphkitError):
        run(graph, packets)
    return graph.explain()


def run(graph: CalculatorGraph, packets: Iterable[tuple[str, int]]) -> None:
    with graph:
        for stream, at in packets:
            graph.add_packet_to_input_stream(stream, 1, at)


@pytest.mark.parametrize(
    ("text", "packets", "lines"),
    [
        pytest.param(
            INPUTS + BAD + JOIN + LAST,
            [("b", 3), ("b", 4), ("a", 3)],
            [
                "The run failed; 2 packets were never processed.",
                FAILED,
                '  Nodes "join" and "last" never ran: they wait for what it makes.',
                'Node "join" (PassThroughCalculator) has 2 packets of "b" from 3 on and waits for "x" up to 3, '
                "which has had neither a packet nor a bound.",
                '  "x" is made by node "bad" (FailsAtThree), which failed.',
            ],
            id="at the first packet",
        ),
        pytest.param(
            INPUTS + BAD + JOIN,
            [("a", 1), ("b", 1), ("a", 3)],
            [
                "The run failed; no packet was left over.",
                FAILED,
                '  Node "join" had run before, and gets nothing more from it.',
            ],
            id="later",
        ),
        pytest.param(
            INPUTS + BAD + JOIN.replace('"x" input_stream: "b"', '"b" input_stream: "a"') + LAST,
            [("b", 1), ("a", 1), ("b", 3), ("a", 3)],
            [
                "The run failed; no packet was left over.",
                FAILED,
                "  No other node gets packets from it.",
            ],
            id="nobody reads it",
        ),
        pytest.param(
            INPUTS + BAD + JOIN + LAST.replace('"z"', '"x"'),
            [("a", 1), ("a", 3)],
            [
                "The run failed; 1 packet was never processed.",
                FAILED,
                '  Node "join" never ran: it waits for what it makes. Node "last" had run before.',
                'Node "join" (PassThroughCalculator) has 1 packet of "x" from 1 on and waits for "b" up to 1, '
                "which has had neither a packet nor a bound.",
                '  "b" is an input of the graph: push a packet at 1 or later, set its bound to 2 or more, or '
                "close it.",
            ],
            id="what else was missing",
        ),
    ],
)
def test_a_call_that_failed(text: str, packets: list[tuple[str, int]], lines: list[str]) -> None:
    assert str(explained(text, *packets)).splitlines() == lines


def test_packets_behind_the_call_that_failed() -> None:
    class Pushing(FailsAtThree):
        blocking = True

        def process(self, cc: CalculatorContext) -> None:
            graph.add_packet_to_input_stream("a", 1, 4)
            super().process(cc)

    calculator("FailsWithMoreToCome")(Pushing)
    graph = CalculatorGraph('input_stream: "a" ' + BAD.replace("FailsAtThree", "FailsWithMoreToCome"))
    graph.start_run()
    graph.add_packet_to_input_stream("a", 1, 3)
    with pytest.raises(GraphkitError):
        graph.wait_until_done()
    (finding,) = graph.explain().findings
    assert finding.sentence == (
        f'Node "bad" (FailsWithMoreToCome) failed in process() for 3, at {RAISED_AT}; 1 packet waits behind it.'
    )
    assert finding.packets == {"a": 1}


def test_a_node_that_could_not_open() -> None:
    found = explained(
        INPUTS
        + 'node { name: "bad" calculator: "FailsToOpen" input_stream: "A:a" output_stream: "OUT:x" '
        + 'output_side_packet: "MODEL:m" } '
        + 'node { name: "user" calculator: "NeedsModel" input_stream: "A:b" output_stream: "OUT:y" '
        + 'input_side_packet: "MODEL:m" } '
        + LAST.replace('"z"', '"x"')
    )
    assert str(found).splitlines() == [
        "The run failed; no packet was left over.",
        f'Node "bad" (FailsToOpen) failed in open(), at {OPEN_AT}.',
        '  Node "last" never ran: it waits for what it makes.',
        'Node "user" (NeedsModel) is not open: it waits for side packet "m".',
        '  Node "bad" (FailsToOpen), which failed, makes "m".',
    ]
    assert {node.name: (node.state, node.has_run) for node in found.nodes} == {
        "bad": ("failed", False), "user": ("not open", False), "last": ("not open", False),
    }  # fmt: skip


def test_many_nodes_behind_it_are_counted() -> None:
    nodes = [
        f'node {{ name: "n{i}" calculator: "PassThroughCalculator" input_stream: "x" output_stream: "o{i}" }}'
        for i in range(9)
    ]
    found = explained(INPUTS + BAD + " ".join(nodes), ("a", 3))
    assert found.findings[0].way_out == (
        'Nodes "n0", "n1", "n2", "n3", "n4", "n5" and 3 more never ran: they wait for what it makes.'
    )


def test_an_observer_that_failed() -> None:
    graph = CalculatorGraph(INPUTS + BAD)

    def refuse(_: object) -> None:
        raise OSError("no room")

    graph.observe_output_stream("x", refuse)
    with pytest.raises(GraphkitError):
        run(graph, [("a", 1)])
    (finding,) = graph.explain().findings
    assert (finding.kind, finding.calculator) == (Kind.FAILED, "observer")
    assert finding.sentence.endswith(
        f"failed in process() for 1, at {__file__}:{refuse.__code__.co_firstlineno + 1}."
    )


def test_an_input_policy_that_failed(caplog: pytest.LogCaptureFixture) -> None:
    policy = 'input_stream_handler { input_stream_handler: "CannotDecide" }'
    found = explained(INPUTS + BAD.replace("}", f"{policy} }}"), ("a", 1))
    (finding,) = found.findings
    assert finding.sentence.startswith('Node "bad" (FailsAtThree) failed in readiness(), at ')
    assert "node \"bad\": awaited() of its input policy failed: LookupError('nor this')" in caplog.messages


@pytest.mark.parametrize(
    ("error", "headline"),
    [
        (CancelledError("the run was cancelled"), "The run was cancelled; 2 packets were never processed."),
        (KeyboardInterrupt(), "The run was ended by KeyboardInterrupt; 2 packets were never processed."),
    ],
    ids=["cancelled", "interrupted"],
)
def test_a_run_that_was_ended_from_outside(error: BaseException, headline: str) -> None:
    graph = CalculatorGraph(INPUTS + BAD + JOIN)
    graph.start_run()
    graph.add_packet_to_input_stream("b", 1, 1)
    graph.add_packet_to_input_stream("b", 1, 2)
    run = graph._current.run
    assert run is not None
    run._scheduler.break_off(error)
    with pytest.raises(type(error)):
        graph.wait_until_done()
    found = graph.explain()
    assert found.headline == headline
    (finding,) = found.findings
    assert finding.sentence == (
        'Node "join" (PassThroughCalculator) has 2 packets of "b" from 1 on and waits for "x" up to 1, which has '
        "had neither a packet nor a bound."
    )


def test_a_deadlock() -> None:
    graph = CalculatorGraph("max_queue_size: 2 report_deadlock: true " + INPUTS + JOIN.replace('"x"', '"a"'))
    with pytest.raises(DeadlockError):
        run(graph, [("b", at) for at in range(9)])
    assert str(graph.explain()).splitlines() == [
        "The run failed; 2 packets were never processed.",
        'Node "join" (PassThroughCalculator) has 2 packets of "b" from 0 on and waits for "a" up to 0, which has '
        "had neither a packet nor a bound.",
        '  "a" is an input of the graph: push a packet at 0 or later, set its bound to 1 or more, or close it.',
    ]


def test_json_names_the_call_that_failed() -> None:
    read = json.loads(explained(INPUTS + BAD + JOIN, ("b", 3), ("a", 3)).to_json())
    assert (read["state"], read["left_over"]) == ("failed", 1)
    assert read["error"] == {
        "type": "CalculatorError",
        "message": f'process() of node "bad (FailsAtThree)" failed at timestamp 3: ValueError: three is too many '
        f"(at {RAISED_AT})",
        "node": "bad", "phase": "process", "timestamp": 3, "raised_at": RAISED_AT,
    }  # fmt: skip
    assert [(node["name"], node["state"], node["has_run"]) for node in read["nodes"]] == [
        ("bad", "failed", True), ("join", "open", False),
    ]  # fmt: skip
    assert [finding["kind"] for finding in read["findings"]] == ["failed", "waits"]


def test_a_run_that_failed_logs_nothing_of_its_packets(caplog: pytest.LogCaptureFixture) -> None:
    """The error says enough; only a run that ends well reports packets by itself."""
    explained(INPUTS + BAD + JOIN, ("b", 3), ("a", 3))
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_calculator_of_a_namespace_without_a_name() -> None:
    """A cell runner may execute code so."""
    exec('from graphkit import calculator\n@calculator("FailsBare")\ndef bare(a: int) -> int: return 1 // 0', {})
    found = explained(
        INPUTS + BAD.replace("FailsAtThree", "FailsBare").replace("A:", "").replace("OUT:", ""), ("a", 1)
    )
    assert found.findings[0].sentence == 'Node "bad" (FailsBare) failed in process() for 1, at <string>:3.'
