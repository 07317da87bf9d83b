"""explain(): for each kind of stall the sentence that names the node, the stream and the way out."""

from __future__ import annotations

import inspect
import json
import logging
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import Calculator, CalculatorContext, CalculatorGraph, Input, Output, Status, calculator
from graphkit.errors import GraphStateError, NodeNotOpenedError
from graphkit.insight import Explanation, Kind, Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit import CalculatorContract


@calculator("ExplainJoin")
class Join(Calculator):
    a = Input(int, tag="A")
    b = Input(int, tag="B")
    out = Output(int, tag="OUT")

    def process(self, cc: CalculatorContext) -> None:
        self.out.send(cc, 1)


@calculator("ExplainUnpromising")
class Unpromising(Calculator):
    """Emits nothing and promises nothing."""

    timestamp_offset = None
    a = Input(int, tag="A")
    out = Output(int, tag="OUT")

    def process(self, cc: CalculatorContext) -> None:
        return


@calculator("ExplainMute")
class Mute(Calculator):
    a = Input(int, tag="A")
    out = Output(int, tag="OUT")

    def process(self, cc: CalculatorContext) -> None:
        return


@calculator("ExplainForgetful")
class Forgetful(Calculator):
    """Never makes its side packet."""

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        cc.output_side_packets["MODEL"].set(int)


@calculator("ExplainNeedy")
class Needy(Calculator):
    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        cc.inputs["A"].set(int)
        cc.outputs["OUT"].set(int)
        cc.input_side_packets["MODEL"].set(int)


class Door:
    """What a blocked node waits at."""

    opened = threading.Event()
    inside = threading.Event()


@calculator("ExplainBlocked")
class Blocked(Calculator):
    blocking = True
    a = Input(int, tag="A")
    out = Output(int, tag="OUT")

    def process(self, cc: CalculatorContext) -> None:
        Door.inside.set()
        assert Door.opened.wait(60)


BLOCKED_AT = inspect.getsourcelines(Blocked.process)[1] + 2


@calculator("ExplainWaitingSource")
class WaitingSource(Calculator):
    """A source that waits for something outside."""

    out = Output(int, tag="OUT")

    def process(self, cc: CalculatorContext) -> Status:
        Door.inside.set()
        assert Door.opened.wait(60)
        return Status.STOP


@calculator("ExplainEagerSource")
class EagerSource(Calculator):
    out = Output(int, tag="OUT")

    def open(self, cc: CalculatorContext) -> None:
        self.count = 0

    def process(self, cc: CalculatorContext) -> Status | None:
        self.count += 1
        self.out.send(cc, self.count, timestamp=self.count)
        return Status.STOP if self.count == 1000 else None


@pytest.fixture(autouse=True)
def door() -> Iterator[None]:
    """A closed door, opened in the end."""
    Door.opened.clear()
    Door.inside.clear()
    yield
    Door.opened.set()


INPUTS = 'input_stream: "a" input_stream: "b" '
JOIN = (
    'node {{ name: "join" calculator: "ExplainJoin" input_stream: "A:a" input_stream: '
    '"B:{0}" output_stream: "OUT:out" '
    "{1} }} "
)
BACK = 'input_stream_info { tag_index: "B" back_edge: true }'
HAS = "which has had neither a packet nor a bound"

STALLED_JOIN = INPUTS + JOIN.format("b", "")
BEHIND_OTHERS = (
    INPUTS
    + 'node { name: "one" calculator: "PassThroughCalculator" input_stream: "b" output_stream: "c" } '
    + 'node { name: "two" calculator: "PassThroughCalculator" input_stream: "c" output_stream: "d" } '
    + JOIN.format("d", "")
)
EARLY_CLOSE = 'input_stream_handler { input_stream_handler: "EarlyCloseInputStreamHandler" }'
SELF_LOOP = 'input_stream: "a" ' + JOIN.format("out", BACK)
RING = (
    'input_stream: "a" '
    + JOIN.format("c", BACK)
    + 'node { name: "next" calculator: "PassThroughCalculator" input_stream: "out" output_stream: "c" } '
)
NO_PROMISE = (
    'input_stream: "a" '
    + 'node { name: "mute" calculator: "ExplainUnpromising" input_stream: "A:a" output_stream: "OUT:b" } '
    + JOIN.format("b", "")
)
BARRIER = INPUTS + JOIN.format("b", 'input_stream_handler { input_stream_handler: "BarrierInputStreamHandler" }')
MUX = """
input_stream: "a" input_stream: "b" input_stream: "select"
node { name: "mux" calculator: "MuxCalculator" input_stream: "INPUT:0:a" input_stream: "INPUT:1:b"
       input_stream: "SELECT:select" output_stream: "OUTPUT:out"
       input_stream_handler { input_stream_handler: "MuxInputStreamHandler" } }
"""
NO_SIDE_PACKET = """
input_stream: "a"
node { name: "maker" calculator: "ExplainForgetful" output_side_packet: "MODEL:model" }
node { name: "user" calculator: "ExplainNeedy" input_stream: "A:a" input_side_packet: "MODEL:model"
       output_stream: "OUT:out" }
"""
GATE = """
input_stream: "a" input_stream: "allow"
node { name: "gate" calculator: "GateCalculator" input_stream: "a" input_stream: "ALLOW:allow"
       output_stream: "out" }
"""


def explained(text: str, *pushes: tuple[str, int, Any], side: dict[str, Any] | None = None) -> Explanation:
    """Return what explain() says of a graph that is idle after *pushes*."""
    graph = CalculatorGraph(text)
    graph.start_run(side)
    for stream, at, payload in pushes:
        graph.add_packet_to_input_stream(stream, payload, at)
    graph.wait_until_idle(60)
    found = graph.explain()
    graph.cancel_quietly()
    return found


A2 = (("a", 10, 1), ("a", 20, 2))


@pytest.mark.parametrize(
    ("text", "pushes", "node", "stream", "bound", "sentence", "way_out"),
    [
        pytest.param(
            STALLED_JOIN, A2, "join", "b", -(2**63) + 2,
            f'Node "join" (ExplainJoin) has 2 packets of "a" from 10 on and waits for "b" up to 10, {HAS}.',
            '"b" is an input of the graph: push a packet at 10 or later, set its bound to 11 or '
            'more, or close it.',
            id="the stalled join",
        ),
        pytest.param(
            STALLED_JOIN, (*A2, ("b", 10, 1)), "join", "b", 11,
            'Node "join" (ExplainJoin) has 1 packet of "a" from 20 on and waits for "b" up to 20, '
            'whose bound is 11.',
            '"b" is an input of the graph: push a packet at 20 or later, set its bound to 21 or '
            'more, or close it.',
            id="a join that went on for a while",
        ),
        pytest.param(
            BEHIND_OTHERS, A2, "join", "d", -(2**63) + 2,
            f'Node "join" (ExplainJoin) has 2 packets of "a" from 10 on and waits for "d" up to 10, {HAS}.',
            'It comes by way of nodes "two", "one" from "b". "b" is an input of the graph: push a '
            'packet at 10 or '
            "later, set its bound to 11 or more, or close it.",
            id="a join behind other nodes",
        ),
        pytest.param(
            SELF_LOOP, A2, "join", "out", -(2**63) + 2,
            f'Node "join" (ExplainJoin) has 2 packets of "a" from 10 on and waits for "out" up to 10, {HAS}.',
            '"out" is what the node itself makes of these packets. Feed it back through '
            "PreviousLoopbackCalculator; for the first packet it has none: .get(cc) is None then.",
            id="the self-loop",
        ),
        pytest.param(
            RING, A2, "join", "c", -(2**63) + 2,
            f'Node "join" (ExplainJoin) has 2 packets of "a" from 10 on and waits for "c" up to 10, {HAS}.',
            '"c" comes round a cycle of 2 nodes that wait for each other: "join", "next". Put '
            "PreviousLoopbackCalculator where it closes; for the first packet it has none: .get(cc) is "
            "None then.",
            id="a loop of two nodes",
        ),
        pytest.param(
            NO_PROMISE, A2, "join", "b", -(2**63) + 2,
            f'Node "join" (ExplainJoin) has 2 packets of "a" from 10 on and waits for "b" up to 10, {HAS}.',
            '"b" is made by node "mute" (ExplainUnpromising), which has used all it got up to '
            'there and neither emitted '
            "a packet nor set a bound: let it call set_next_timestamp_bound() where it emits "
            "nothing, or leave its "
            "timestamp_offset at 0.",
            id="the closed gate that promises nothing",
        ),
        pytest.param(
            GATE, (("a", 10, 1), ("a", 20, 2)), "gate", "allow", -(2**63) + 2,
            f'Node "gate" (GateCalculator) has 2 packets of "a" from 10 on and waits for "allow" '
            f'up to 10, {HAS}.',
            '"allow" is an input of the graph: push a packet at 10 or later, set its bound to 11 '
            'or more, or close it.',
            id="a gate that is told nothing",
        ),
        pytest.param(
            BARRIER, A2, "join", "b", -(2**63) + 2,
            f'Node "join" (ExplainJoin) has 2 packets of "a" from 10 on and waits for "b", {HAS}.',
            '"b" is an input of the graph: push a packet, or close it.',
            id="a barrier",
        ),
        pytest.param(
            MUX, (("a", 10, 1), ("select", 10, 1)), "mux", "b", -(2**63) + 2,
            'Node "mux" (MuxCalculator) has 1 packet of "a" from 10 on and 1 packet of "select" '
            'from 10 on and waits '
            f'for "b" up to 10, {HAS}.',
            '"b" is an input of the graph: push a packet at 10 or later, set its bound to 11 or '
            'more, or close it.',
            id="a mux that waits for the stream that is selected",
        ),
        pytest.param(
            MUX, (("a", 10, 1), ("a", 20, 1)), "mux", "select", -(2**63) + 2,
            f'Node "mux" (MuxCalculator) has 2 packets of "a" from 10 on and waits for "select", {HAS}.',
            '"select" is an input of the graph, and selects one of the others at each time: push a packet for '
            "each. A choice for the whole run is a side packet SELECT, without MuxInputStreamHandler.",
            id="a mux that is not told which stream to take",
        ),
    ],
)  # fmt: skip
def test_a_node_that_waits_for_a_stream(
    text: str, pushes: Any, node: str, stream: str, bound: int, sentence: str, way_out: str
) -> None:
    found = explained(text, *pushes)
    (finding,) = found.stalled
    assert (finding.node, finding.stream, finding.bound) == (node, stream, bound)
    assert (finding.sentence, finding.way_out) == (sentence, way_out)
    assert found.state == "idle"
    assert found.headline == "The graph is idle: nothing is ready or running."


def test_the_closed_gate() -> None:
    (finding,) = explained(GATE, ("allow", 10, False), ("a", 10, 1)).findings
    assert finding.kind is Kind.SHUT
    assert str(finding) == (
        'Node "gate" (GateCalculator) is shut: it has let no packet pass.\n  '
        'It goes by the stream "allow", an input of the graph.'
    )


def test_a_gate_that_let_nothing_pass_is_named_after_the_run() -> None:
    graph = CalculatorGraph("""
        input_stream: "a" input_side_packet: "allowed"
        node { name: "door" calculator: "GateCalculator" input_stream: "a" input_side_packet: "ALLOW:allowed"
               output_stream: "b" }
        node { calculator: "PassThroughCalculator" input_stream: "b" output_stream: "c" }
    """)
    graph.observe_output_stream("c", lambda packet: None)
    graph.start_run({"allowed": False})
    graph.add_packet_to_input_stream("a", 1, 10)
    graph.close_all_input_streams()
    graph.wait_until_done(60)
    assert graph.explain().findings == ()  # nobody counted, and a gate may be shut in the end
    (finding,) = graph.explain({"a": 1}).findings
    assert (finding.kind, finding.node) == (Kind.SHUT, "door")
    assert finding.way_out == 'It goes by the side packet "allowed" (False), an input of the graph.'
    assert graph.explain({"a": 1, "b": 1, "c": 1}).findings == ()


@pytest.mark.parametrize(
    ("gate", "way_out"),
    [
        pytest.param(
            'node { name: "maker" calculator: "ConstantSidePacketCalculator" output_side_packet: "PACKET:allowed" '
            "options { [mediapipe.ConstantSidePacketCalculatorOptions.ext] { packet { bool_value: false } } } } "
            'node { name: "door" calculator: "GateCalculator" input_stream: "a" '
            'input_side_packet: "ALLOW:allowed" output_stream: "b" }',
            'It goes by the side packet "allowed" (False), made by node "maker" (ConstantSidePacketCalculator).',
            id="a side packet that a node makes",
        ),
        pytest.param(
            'node { name: "teller" calculator: "PassThroughCalculator" input_stream: "told" '
            'output_stream: "allow" } '
            'node { name: "door" calculator: "GateCalculator" input_stream: "a" input_stream: "ALLOW:allow" '
            'output_stream: "b" }',
            'It goes by the stream "allow", made by node "teller" (PassThroughCalculator).',
            id="a stream that a node makes",
        ),
    ],
)
def test_who_tells_a_gate(gate: str, way_out: str) -> None:
    told = 'input_stream: "told" ' if "told" in gate else ""
    pushes = (("told", 10, False), ("a", 10, 1)) if told else (("a", 10, 1),)
    (finding,) = explained(f'input_stream: "a" {told}{gate}', *pushes).findings
    assert (finding.kind, finding.node, finding.way_out) == (Kind.SHUT, "door", way_out)


@pytest.mark.parametrize(
    ("carried", "count"),
    [
        pytest.param({"a": 3}, " (0 packets)", id="never told"),
        pytest.param({"a": 3, "allow": 1}, " (1 packet)", id="told once"),
        pytest.param({}, "", id="nobody counted"),
    ],
)
def test_how_often_a_gate_was_told_is_said_if_it_was_counted(carried: dict[str, int], count: str) -> None:
    graph = CalculatorGraph(GATE)
    graph.start_run()
    graph.add_packet_to_input_stream("a", 1, 10)
    graph.set_input_stream_timestamp_bound("allow", 11)
    graph.wait_until_idle(60)
    told = f'It goes by the stream "allow"{count}, an input of the graph.'
    assert graph.explain(carried).findings[0].way_out == told
    graph.cancel_quietly()


def test_a_gate_without_a_control() -> None:
    text = 'input_stream: "a" node { calculator: "GateCalculator" input_stream: "a" output_stream: "b" }'
    (finding,) = explained(text, ("a", 10, 1)).findings
    assert finding.way_out == "It goes by its options: no input controls it."


LIMITED = """
input_stream: "frames"
node { name: "limiter" calculator: "FlowLimiterCalculator" input_stream: "frames" input_stream: "FINISHED:done"
       input_stream_info { tag_index: "FINISHED" back_edge: true } output_stream: "let_in" }
node { name: "late" calculator: "SequenceShiftCalculator" input_stream: "let_in" output_stream: "before"
       options { [mediapipe.SequenceShiftCalculatorOptions.ext] { packet_offset: -3 } } }
node { name: "show" calculator: "MakePairCalculator" input_stream: "let_in" input_stream: "before"
       output_stream: "pair" }
node { name: "mute" calculator: "ExplainMute" input_stream: "A:let_in" output_stream: "OUT:nothing" }
node { calculator: "PassThroughCalculator" input_stream: "nothing" output_stream: "still_nothing" }
node { name: "choose" calculator: "PassThroughCalculator" input_stream: "pair" output_stream: "shown" }
"""


def limited(finished: str, frames: int) -> CalculatorGraph:
    """Return a running graph with a limiter, fed frame by frame as a program does."""
    graph = CalculatorGraph(LIMITED.replace("FINISHED:done", f"FINISHED:{finished}"))
    graph.start_run()
    for i in range(frames):
        graph.add_packet_to_input_stream("frames", i, i * 10)
        graph.wait_until_idle(60)
    return graph


def test_a_limiter_whose_frames_wait_for_later_frames() -> None:
    graph = limited("shown", 3)
    limiter, show = graph.explain({"frames": 3, "let_in": 1}).findings  # the mute node lacks what is held back
    assert (limiter.kind, limiter.node, limiter.stream, limiter.up_to) == (Kind.HOLDS, "limiter", "shown", 0)
    assert str(limiter) == (
        'Node "limiter" (FlowLimiterCalculator) lets no more frames in: 1 frame is under way and '
        'max_in_flight is 1, and it has dropped 2. A frame is done when it comes back as "shown": that waits for '
        'node "show", and that one for node "late" (SequenceShiftCalculator), which emits nothing before later '
        'frames come.\n  If node "late" is to give earlier frames, look at its options: they may turn it round, '
        "or have it settle the first times, for which it has none. If it has to look ahead: "
        "set a larger max_in_flight, or take FINISHED from an earlier stream, which needs no later frames."
    )
    assert show.way_out == (
        '"before" is made by node "late" (SequenceShiftCalculator), which has used all it got up to there and '
        "neither emitted a packet nor set a bound before what comes later."
    )
    graph.close_all_input_streams()
    graph.wait_until_done(60)
    ended = graph.explain()
    assert str(ended) == 'The run has ended; node "limiter" dropped 2 frames, every other packet was processed.'
    assert json.loads(ended.to_json())["dropped"] == {"limiter": 2}


def test_a_limiter_whose_frames_come_back_is_not_named() -> None:
    graph = limited("let_in", 3)
    found = graph.explain()
    graph.cancel_quietly()
    assert [(finding.kind, finding.node) for finding in found.findings] == [(Kind.WAITS, "show")]


def test_a_limiter_that_the_program_keeps_waiting_is_not_named() -> None:
    config = LIMITED.replace('output_stream: "before"', 'output_stream: "unread"').replace("before", "mask")
    graph = CalculatorGraph('input_stream: "mask"' + config.replace("FINISHED:done", "FINISHED:shown"))
    graph.start_run()
    graph.add_packet_to_input_stream("frames", 1, 0)
    graph.wait_until_idle(60)
    found = graph.explain()
    graph.cancel_quietly()
    (finding,) = found.findings
    assert (finding.kind, finding.node, finding.stream) == (Kind.WAITS, "show", "mask")


@calculator("ExplainCannotTell")
class CannotTell(Mute):
    """Fails where it is asked what it holds."""

    def explain_holding(self) -> None:
        raise ValueError("no idea")


def test_a_calculator_that_cannot_tell_does_not_end_the_run(caplog: pytest.LogCaptureFixture) -> None:
    graph = CalculatorGraph(
        'input_stream: "a" node { name: "odd" calculator: "ExplainCannotTell" input_stream: "A:a" '
        'output_stream: "OUT:b" }'
    )
    with graph:
        graph.add_packet_to_input_stream("a", 1, 10)
    assert str(graph.explain()) == "The run has ended; every packet was processed."
    told = "node \"odd\": explain_holding() of ExplainCannotTell failed: ValueError('no idea')"
    assert told in caplog.messages


def test_what_emits_nothing_behind_one_that_emits_nothing_is_left_out() -> None:
    graph = CalculatorGraph(
        'input_stream: "a" '
        'node { name: "first" calculator: "ExplainMute" input_stream: "A:a" output_stream: "OUT:b" } '
        'node { name: "other" calculator: "ExplainMute" input_stream: "A:a" output_stream: "OUT:d" } '
        'node { name: "second" calculator: "MuxCalculator" input_stream: "INPUT:0:b" input_stream: "INPUT:1:a" '
        'input_stream: "SELECT:a" output_stream: "OUTPUT:c" } '
        'node { calculator: "PassThroughCalculator" input_stream: "c" input_stream: "d" '
        'output_stream: "e" output_stream: "f" }'
    )
    with graph:
        graph.add_packet_to_input_stream("a", 0, 10)
    found = graph.explain({"a": 1})
    assert [(finding.kind, finding.node) for finding in found.findings] == [
        (Kind.SILENT, "first"),
        (Kind.SILENT, "other"),
    ]


def test_what_an_input_policy_dropped_is_told_if_it_was_counted() -> None:
    graph, profile = CalculatorGraph(MUX), Profile()
    graph.add_instrument(profile)
    with graph:
        for at in (10, 20, 30):
            graph.add_packet_to_input_stream("a", 1, at)
        graph.add_packet_to_input_stream("select", 0, 10)
    found = graph.explain()
    assert found.headline == (
        'The run has ended; the input policy of node "mux" dropped 2 packets, every other packet was processed.'
    )
    assert json.loads(found.to_json())["lost"] == {"mux": 2}


def test_a_gate_that_opened_once_is_not_called_shut() -> None:
    """One that opens and closes, as in front of a detector, does what it is for."""
    graph = CalculatorGraph(GATE)
    with graph:
        for at, allow in ((10, True), (20, False)):
            graph.add_packet_to_input_stream("allow", allow, at)
            graph.add_packet_to_input_stream("a", 1, at)
        graph.wait_until_idle(10)
        assert graph.explain().findings == ()
    assert graph.explain().findings == ()


def test_a_gate_that_was_only_told_is_not_called_shut() -> None:
    graph = CalculatorGraph(GATE)
    graph.start_run()
    graph.add_packet_to_input_stream("allow", False, 10)
    graph.set_input_stream_timestamp_bound("a", 11)
    graph.wait_until_idle(60)
    found = graph.explain()
    graph.cancel_quietly()
    assert found.findings == ()


def test_the_side_packet_that_never_comes() -> None:
    (finding,) = explained(NO_SIDE_PACKET, ("a", 10, 1)).findings
    assert (finding.kind, finding.packets) == (Kind.NOT_OPEN, {"a": 1})
    assert str(finding) == (
        'Node "user" (ExplainNeedy) is not open: it waits for side packet "model".\n'
        '  Node "maker" (ExplainForgetful) makes "model" and has not done so: let its open() '
        "set it, or give the side "
        "packet to start_run() and leave that node out."
    )


def test_the_blocked_process() -> None:
    graph = CalculatorGraph(
        'input_stream: "a" '
        'node { name: "slow" calculator: "ExplainBlocked" input_stream: "A:a" output_stream: "OUT:b" }'
    )
    graph.start_run()
    for at in (10, 20, 30):
        graph.add_packet_to_input_stream("a", 1, at)
    assert Door.inside.wait(60)
    found = graph.explain()
    with pytest.raises(TimeoutError, match="the graph was still busy") as caught:
        graph.wait_until_idle(0.01)
    Door.opened.set()
    graph.close_all_input_streams()
    graph.wait_until_done(60)
    (finding,) = found.findings
    assert str(finding) == (
        'Node "slow" (ExplainBlocked) is inside process() for 10; 2 packets wait behind it.\n'
        f"  It is at {__file__}:{BLOCKED_AT} in process. The call has to return; a wait for "
        f"something outside needs a "
        "limit."
    )
    assert found.state == "busy"
    assert finding.sentence in caught.value.__notes__[0]


def test_the_source_that_waits() -> None:
    graph = CalculatorGraph(
        'node { name: "camera" calculator: "ExplainWaitingSource" output_stream: "OUT:a" } '
        'node { name: "later" calculator: "ExplainWaitingSource" output_stream: "OUT:b" source_layer: 1 }'
    )
    graph.start_run()
    assert Door.inside.wait(60)
    inside, later = graph.explain().findings
    Door.opened.set()
    graph.wait_until_done(60)
    assert inside.sentence == 'Node "camera" (ExplainWaitingSource) is inside process().'
    assert str(later) == (
        'Source "later" (ExplainWaitingSource) is not called: it is of layer 1 and waits '
        'until source "camera" has '
        "ended.\n  Give both the same source_layer if they are to run together."
    )


def test_a_source_that_a_full_queue_holds_back() -> None:
    """Nothing grows while the poller holds the graph back, so the graph is idle."""
    graph = CalculatorGraph(
        'node { name: "eager" calculator: "ExplainEagerSource" output_stream: "OUT:a" } '
        'node { name: "pass" calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b" }'
    )
    graph.add_output_stream_poller("b", max_queue_size=3)
    graph.start_run()
    graph.wait_until_idle(60)
    (finding,) = graph.explain().findings
    graph.cancel_quietly()
    assert str(finding) == (
        'Source "eager" (ExplainEagerSource) is not called: the full queue of "b" at node '
        '"observer of b" holds it '
        'back.\n  Node "observer of b" has to take packets of "b"; a larger max_queue_size puts it off.'
    )


def test_a_graph_that_waits_for_its_input_only() -> None:
    found = explained(STALLED_JOIN, ("a", 10, 1), ("b", 10, 1))
    assert str(found) == (
        "The graph is idle: nothing is ready or running. Every packet was processed; it waits "
        'for its inputs: "a" '
        '(bound 11), "b" (bound 11).'
    )


def test_a_run_that_ends_with_packets_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    graph = CalculatorGraph(SELF_LOOP)
    graph.start_run()
    graph.add_packet_to_input_stream("a", 1, 10)
    graph.close_all_input_streams()
    with caplog.at_level(logging.WARNING):
        caplog.clear()
        graph.wait_until_done(60)
    (record,) = caplog.records
    first, second, _ = record.getMessage().split("\n")
    assert first == "The run has ended; 1 packet was never processed."
    assert second == (
        f'Node "join" (ExplainJoin) has 1 packet of "a" from 10 on and waits for "out" up to 10, {HAS}.'
    )
    assert str(graph.explain()) == record.getMessage()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(STALLED_JOIN, id="a join whose other input ends empty"),
        pytest.param(BARRIER, id="a barrier that ends with its first input"),
        pytest.param(
            INPUTS
            + JOIN.format("b", 'input_stream_handler { input_stream_handler: "EarlyCloseInputStreamHandler" }'),
            id="early close",
        ),
        pytest.param(
            MUX.replace('input_stream: "select"\n', 'input_stream: "select" \n'), id="a mux that chooses none"
        ),
    ],
)
def test_where_it_is_normal_nothing_is_said(text: str, caplog: pytest.LogCaptureFixture) -> None:
    graph = CalculatorGraph(text)
    poller = graph.add_output_stream_poller("out")
    with caplog.at_level(logging.WARNING), graph:
        for stream, at, payload in A2:
            graph.add_packet_to_input_stream(stream, payload, at)
        graph.close_input_stream("b")
    assert not caplog.records
    assert str(graph.explain()) == "The run has ended; every packet was processed."
    poller.reset()


def test_after_a_failed_run() -> None:
    graph = CalculatorGraph(NO_SIDE_PACKET)
    graph.start_run()
    graph.close_all_input_streams()
    with pytest.raises(NodeNotOpenedError):
        graph.wait_until_done(60)
    found = graph.explain()
    assert (found.state, [finding.kind for finding in found.findings]) == ("failed", [Kind.NOT_OPEN])
    assert str(found).startswith(
        "The run failed; no packet was left over.\n"
        'Node "user" (ExplainNeedy) is not open: it waits for side packet "model".'
    )


def test_before_any_run() -> None:
    with pytest.raises(GraphStateError, match="not running"):
        CalculatorGraph(STALLED_JOIN).explain()


def test_json_names_node_stream_and_bound() -> None:
    read = json.loads(explained(STALLED_JOIN, *A2, ("b", 10, 1)).to_json())
    assert (read["state"], read["left_over"], read["inputs"]) == ("idle", 1, {"a": 21, "b": 11})
    (finding,) = read["findings"]
    assert {key: finding[key] for key in ("kind", "node", "stream", "up_to", "bound", "packets")} == {
        "kind": "waits", "node": "join", "stream": "b", "up_to": 20, "bound": 11, "packets": {"a": 1},
    }  # fmt: skip
    (node,) = read["nodes"]
    assert node == {
        "name": "join", "calculator": "ExplainJoin", "state": "open", "packets": {"a": 1},
        "bounds": {"a": 21, "b": 11}, "waits_for": {"b": 20}, "has_run": True,
    }  # fmt: skip


def test_a_bound_that_has_a_name_is_told_by_it_in_json() -> None:
    (finding,) = json.loads(explained(STALLED_JOIN, *A2).to_json())["findings"]
    assert finding["bound"] == "PRE_STREAM"


def test_a_poller_that_waits_in_vain_says_why() -> None:
    graph = CalculatorGraph(STALLED_JOIN)
    poller = graph.add_output_stream_poller("out")
    graph.start_run()
    graph.add_packet_to_input_stream("a", 1, 10)
    with pytest.raises(TimeoutError, match='no packet on stream "out"') as caught:
        poller.next(0.01)
    graph.cancel_quietly()
    assert 'waits for "b" up to 10' in caught.value.__notes__[0]


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals of this kind are POSIX's")
def test_ctrl_c_says_what_was_waited_for() -> None:
    graph = CalculatorGraph(STALLED_JOIN)
    graph.start_run()
    graph.add_packet_to_input_stream("a", 1, 10)
    program = threading.get_ident()

    def interrupt() -> None:
        while not graph._current.run._sleepers.wakers:  # type: ignore[union-attr]
            threading.Event().wait(0.001)
        signal.pthread_kill(program, signal.SIGINT)

    interrupting = threading.Thread(target=interrupt)
    with pytest.raises(KeyboardInterrupt) as caught:  # noqa: PT012
        interrupting.start()
        graph.wait_until_done()
    interrupting.join()
    graph.cancel_quietly()
    assert 'waits for "b" up to 10' in caught.value.__notes__[0]


def test_it_may_be_asked_from_an_observer() -> None:
    graph = CalculatorGraph(STALLED_JOIN)
    seen: list[Explanation] = []
    graph.observe_output_stream("out", lambda packet: seen.append(graph.explain()))
    with graph:
        graph.add_packet_to_input_stream("a", 1, 10)
        graph.add_packet_to_input_stream("b", 1, 10)
    assert [found.state for found in seen] == ["busy"]
