"""Advice on cycles works when it is followed, and back edges into nodes that can never run are pointed out."""

from __future__ import annotations

import logging

import pytest

from graphkit import CalculatorGraph, config
from graphkit.errors import GraphValidationError

GATE = 'node { calculator: "GateCalculator" input_stream: "%s" input_stream: "DISALLOW:%s" output_stream: "gated"'
ALLOW = " options { [mediapipe.GateCalculatorOptions.ext] { empty_packets_as_allow: true } } }"
PRESENCE = (
    'node { calculator: "PacketPresenceCalculator" input_stream: "PACKET:gated" output_stream: "PRESENCE:there"'
)
CYCLE = 'input_stream: "in" ' + PRESENCE + " } " + GATE % ("in", "there") + ALLOW
ADVICE = (
    'Feed back what came for the packet before: node { calculator: "PreviousLoopbackCalculator" input_stream: '
    '"MAIN:in" input_stream: "LOOP:there" input_stream_info { tag_index: "LOOP" back_edge: true } output_stream: '
    '"PREV_LOOP:previous_there" }, and let node "GateCalculator" read "previous_there" in place of "there"'
)
MARKED = (
    'input_stream: "in" '
    + PRESENCE
    + (' input_stream_info { tag_index: "PACKET" back_edge: true } } ' + GATE % ("in", "there") + ALLOW)
)


def warnings(text: str, caplog: pytest.LogCaptureFixture) -> list[str]:
    with caplog.at_level(logging.WARNING):
        config.load(text)
    return [record.getMessage() for record in caplog.records]


def test_the_advice_on_a_cycle_can_be_followed(caplog: pytest.LogCaptureFixture) -> None:
    """S19, S20: a gate that is closed by what came out of it opens every other time."""
    with pytest.raises(GraphValidationError) as caught:
        config.load(CYCLE)
    message = caught.value.faults[0].message
    assert message == (
        'the nodes form a cycle without a back edge: "PacketPresenceCalculator" -> "GateCalculator" -> '
        f'"PacketPresenceCalculator". {ADVICE}.'
    )
    node = message[message.index("node {") : message.index("}, and") + 1]
    followed = CYCLE.replace('"DISALLOW:there"', '"DISALLOW:previous_there"') + node
    assert warnings(followed, caplog) == []
    graph, seen = CalculatorGraph(followed), list[int]()
    graph.observe_output_stream("gated", lambda packet: seen.append(int(packet.timestamp)))
    with graph:
        for stamp in range(6):
            graph.add_packet_to_input_stream("in", stamp, stamp)
    assert seen == [0, 2, 4]


def test_a_back_edge_into_a_node_that_waits_for_it(caplog: pytest.LogCaptureFixture) -> None:
    """S20."""
    assert warnings(MARKED, caplog) == [
        '<text>:1:20: node "PacketPresenceCalculator": input PACKET is a back edge, but DefaultInputStreamHandler '
        "waits for it, so neither the node nor what feeds the edge can run, unless a calculator among them emits "
        f"in open(). Take the mark away. {ADVICE}."
    ]


@pytest.mark.parametrize(
    ("policy", "dead"),
    [
        pytest.param("", True, id="default"),
        pytest.param("BarrierInputStreamHandler", True, id="barrier"),
        pytest.param("EarlyCloseInputStreamHandler", True, id="early close"),
        pytest.param("FixedSizeInputStreamHandler", True, id="fixed size"),
        pytest.param("ImmediateInputStreamHandler", False, id="immediate"),
        pytest.param(
            'SyncSetInputStreamHandler" options { [mediapipe.SyncSetInputStreamHandlerOptions.ext] '
            '{ sync_set { tag_index: ":0" } } } #',
            False,
            id="sets of their own",
        ),
    ],
)
def test_policies_that_can_do_without_an_input(policy: str, dead: bool, caplog: pytest.LogCaptureFixture) -> None:
    """S20."""
    handler = f'input_stream_handler {{ input_stream_handler: "{policy}"\n }}' if policy else ""
    text = f"""
        input_stream: "in"
        node {{ name: "join" calculator: "PassThroughCalculator" input_stream: "in" input_stream: "back"
               output_stream: "a" output_stream: "b" {handler}
               input_stream_info {{ tag_index: ":1" back_edge: true }} }}
        node {{ calculator: "PassThroughCalculator" input_stream: "a" output_stream: "back" }}
    """
    found = warnings(text, caplog)
    assert len(found) == dead
    assert all('node "join" (PassThroughCalculator): input :1 is a back edge' in message for message in found)


def test_an_input_that_can_do_without_is_advised(caplog: pytest.LogCaptureFixture) -> None:
    limiter = """
        input_stream: "in"
        node { calculator: "FlowLimiterCalculator" input_stream: "in" input_stream: "FINISHED:out"
               output_stream: "some" }
        node { calculator: "PassThroughCalculator" input_stream: "some" output_stream: "out" %s }
    """
    with pytest.raises(GraphValidationError) as caught:
        config.load(limiter % "")
    assert caught.value.faults[0].message.endswith(
        'Mark the input that closes it, in node "FlowLimiterCalculator": input_stream_info { tag_index: '
        '"FINISHED" back_edge: true }.'
    )
    found = warnings(limiter % 'input_stream_info { tag_index: ":0" back_edge: true }', caplog)
    assert len(found) == 1
    assert found[0].endswith(
        'Mark an input that can do without instead, in node "FlowLimiterCalculator": input_stream_info { '
        'tag_index: "FINISHED" back_edge: true }.'
    )


def test_a_back_edge_that_closes_nothing_is_fine(caplog: pytest.LogCaptureFixture) -> None:
    text = """
        input_stream: "in"
        node { calculator: "PassThroughCalculator" input_stream: "in" output_stream: "a" }
        node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b"
               input_stream_info { tag_index: ":0" back_edge: true } }
    """
    assert warnings(text, caplog) == []
