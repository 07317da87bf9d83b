"""How packets and bounds settle timestamps, and when nodes run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graphkit import Packet, Timestamp
from graphkit.errors import CalculatorError, TimestampError, TimestampMismatchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.harness import MakeHarness, Script
    from graphkit import CalculatorContext

ONE = 'input_stream: "a" output_stream: "out" node { calculator: "%s" input_stream: "a" output_stream: "out" %s }'
SCRIPT = 'input_side_packet: "SCRIPT:s"'
JOIN = """
    input_stream: "a" input_stream: "b"
    node { calculator: "ConfJoin" input_stream: "a" input_stream: "b" output_stream: "out" }
"""


def nothing(cc: CalculatorContext) -> None:
    """Emit nothing."""


def emit_input(cc: CalculatorContext) -> None:
    cc.outputs[0].add(cc.inputs[0])


def test_join_waits_until_every_stream_is_settled(harness: MakeHarness) -> None:
    """S5, S12."""
    h = harness(JOIN).watch("out").start()
    h.push("a", (1, 10), (2, 20))
    assert h.seen("out") == []
    h.push("b", (7, 20))
    assert h.seen("out") == [([1, None], 10), ([2, 7], 20)]
    h.finish()


def test_bound_of_an_input_settles_what_is_below_it(harness: MakeHarness) -> None:
    """S7."""
    h = harness(JOIN).watch("out").start()
    h.push("a", (1, 10))
    h.graph.set_input_stream_timestamp_bound("b", 10)
    assert h.seen("out") == []
    h.graph.set_input_stream_timestamp_bound("b", 11)
    assert h.seen("out") == [([1, None], 10)]
    h.finish()


def test_closed_input_settles_everything(harness: MakeHarness) -> None:
    """S6."""
    h = harness(JOIN).watch("out").start()
    h.graph.close_input_stream("b")
    h.push("a", (1, 10), (2, 20))
    assert h.times("out") == [10, 20]
    h.finish()


def test_packets_left_when_streams_close_are_processed(harness: MakeHarness) -> None:
    h = harness(JOIN).watch("out").start()
    h.push("a", (1, 10), (2, 20))
    h.finish()
    assert h.times("out") == [10, 20]


def test_empty_input_tells_how_far_its_stream_is_settled(harness: MakeHarness, script: type[Script]) -> None:
    seen: list[int] = []
    s = script(process=lambda cc: seen.append(int(cc.inputs[1].timestamp)))
    inputs = 'input_stream: "a" input_stream: "b"'
    h = harness(f'{inputs} node {{ calculator: "ConfScripted" {inputs} {SCRIPT} }}', s=s).start()
    h.graph.set_input_stream_timestamp_bound("b", 15)
    h.push("a", (1, 10))
    h.finish()
    assert seen == [14]


@pytest.mark.parametrize("late", [pytest.param(10, id="equal"), pytest.param(9, id="backward")])
def test_pushed_timestamps_must_rise(harness: MakeHarness, late: int) -> None:
    """S3."""
    h = harness(ONE % ("ConfPass", "")).start()
    h.push("a", (1, 10))
    with pytest.raises(TimestampMismatchError) as caught:
        h.push("a", (2, late))
    assert str(caught.value) == (
        f'Packet timestamp mismatch on stream "a". Current minimum expected timestamp is 11 but received {late}. '
        "Timestamps of one stream must increase strictly."
    )
    h.push("a", (3, 11))
    h.finish()


def test_pushing_below_a_bound_is_a_mismatch(harness: MakeHarness) -> None:
    h = harness(ONE % ("ConfPass", "")).start()
    h.graph.set_input_stream_timestamp_bound("a", 50)
    with pytest.raises(TimestampMismatchError, match="expected timestamp is 50 but received 49"):
        h.push("a", (1, 49))
    h.push("a", (1, 50)).finish()


def test_bound_of_an_input_must_not_fall(harness: MakeHarness) -> None:
    h = harness(ONE % ("ConfPass", "")).start()
    h.graph.set_input_stream_timestamp_bound("a", 50)
    h.graph.set_input_stream_timestamp_bound("a", 50)
    with pytest.raises(TimestampError) as caught:
        h.graph.set_input_stream_timestamp_bound("a", 49)
    assert str(caught.value) == (
        'the timestamp bound of stream "a" was set to 49, below the current bound 50; bounds only rise'
    )
    h.finish()


@pytest.mark.parametrize(
    ("calculator", "bound"),
    [
        pytest.param("ConfScripted", 11, id="offset 0"),
        pytest.param("ConfNoOffset", Timestamp.PRE_STREAM, id="no offset"),
    ],
)
def test_bound_after_a_process_that_emits_nothing(
    harness: MakeHarness, script: type[Script], calculator: str, bound: int
) -> None:
    """S8."""
    h = harness(ONE % (calculator, SCRIPT), s=script(process=nothing)).start()
    h.push("a", (1, 10))
    assert h.graph.output_stream_bound("out") == bound
    h.finish()


@pytest.mark.parametrize(
    ("offset", "bound"),
    [
        pytest.param(0, 101, id="zero"),
        pytest.param(5, 106, id="ahead"),
        pytest.param(-30, 71, id="behind"),
    ],
)
def test_offset_of_open_shifts_the_bound(
    harness: MakeHarness, script: type[Script], offset: int, bound: int
) -> None:
    """S8."""
    s = script(open=lambda cc: cc.set_offset(offset), process=nothing)
    h = harness(ONE % ("ConfNoOffset", SCRIPT), s=s).start()
    h.push("a", (1, 100))
    assert h.graph.output_stream_bound("out") == bound
    h.graph.set_input_stream_timestamp_bound("a", 201)
    assert h.graph.output_stream_bound("out") == bound + 100, "a bound passes without a call"
    assert s.calls.count("process") == 1
    h.finish()


@pytest.mark.parametrize("only", [Timestamp.PRE_STREAM, Timestamp.POST_STREAM], ids=str)
def test_nothing_may_follow_a_packet_that_stands_alone(harness: MakeHarness, only: Timestamp) -> None:
    """S2, S6."""
    h = harness(ONE % ("ConfPass", "")).watch("out").start()
    h.push("a", ("all", only))
    with pytest.raises(TimestampMismatchError, match="expected timestamp is ONE_OVER_POST_STREAM but received 5"):
        h.push("a", (1, 5))
    assert h.seen("out") == [("all", int(only))]
    h.finish()


def test_node_closes_when_nothing_can_follow(harness: MakeHarness, script: type[Script]) -> None:
    s = script(process=nothing)
    h = harness(ONE % ("ConfScripted", SCRIPT), s=s).start()
    h.push("a", ("sum", Timestamp.POST_STREAM))
    assert s.calls == ["open", "process", "close"]
    h.finish()


def test_packet_below_the_bound_of_its_own_stream_names_the_producer(
    harness: MakeHarness, script: type[Script]
) -> None:
    """S10."""

    def lag(cc: CalculatorContext) -> None:
        cc.outputs[0].add(cc.inputs[0].at(cc.input_timestamp - 100))

    h = harness(ONE % ("ConfScripted", 'name: "laggard" ' + SCRIPT), s=script(process=lag)).start()
    with pytest.raises(CalculatorError) as caught:
        h.push("a", (1, 10), (2, 50))
    assert str(caught.value).partition(" (at ")[0] == (
        'process() of node "laggard (ConfScripted)" failed at timestamp 10: TimestampMismatchError: Packet '
        'timestamp mismatch on stream "out" from node "laggard". Current minimum expected timestamp is 10 '
        "but received -90. Timestamps of one stream must increase strictly. The timestamp offset of laggard is 0: "
        "it sends at its input time or later. Send at cc.input_timestamp, or declare that its packets lag: "
        "timestamp_offset = -100, or the least that occurs."
    )
    assert caught.value.node == "laggard"
    assert caught.value.phase == "process"


def test_a_source_that_gives_no_time_is_told_to(harness: MakeHarness, script: type[Script]) -> None:
    """S10, S24."""
    source = 'output_stream: "out" node { calculator: "ConfScripted" output_stream: "out" %s }'
    h = harness(source % SCRIPT, s=script(process=lambda cc: cc.outputs[0].send(1, cc.input_timestamp))).start()
    with pytest.raises(
        CalculatorError, match=r"is a source, whose input time is always 0: give each packet a time of its own"
    ):
        h.finish()


def test_explicit_bound_reaches_joins(harness: MakeHarness, script: type[Script]) -> None:
    """S7."""

    def promise(cc: CalculatorContext) -> None:
        cc.outputs[0].set_next_timestamp_bound(cc.input_timestamp + 1)

    text = """
        input_stream: "a"
        node { calculator: "ConfNoOffset" input_stream: "a" output_stream: "quiet" input_side_packet: "SCRIPT:s" }
        node { calculator: "ConfJoin" input_stream: "a" input_stream: "quiet" output_stream: "out" }
    """
    h = harness(text, s=script(process=promise)).watch("out").start()
    h.push("a", (1, 10), (2, 20))
    assert h.times("out") == [10, 20]
    h.finish()


def test_an_empty_packet_is_a_bound(harness: MakeHarness, script: type[Script]) -> None:
    s = script(process=lambda cc: cc.outputs[0].add(Packet.empty(cc.input_timestamp + 9)))
    h = harness(ONE % ("ConfNoOffset", SCRIPT), s=s).start()
    h.push("a", (1, 10))
    assert h.graph.output_stream_bound("out") == 20
    h.finish()


def test_a_call_may_set_a_bound_and_then_emit_a_packet_at_it(harness: MakeHarness, script: type[Script]) -> None:
    def promise_and_keep(cc: CalculatorContext) -> None:
        cc.outputs[0].set_next_timestamp_bound(cc.input_timestamp + 5)
        cc.outputs[0].send("kept", cc.input_timestamp + 5)

    h = harness(ONE % ("ConfNoOffset", SCRIPT), s=script(process=promise_and_keep)).watch("out").start()
    h.push("a", (1, 10))
    assert h.seen("out") == [("kept", 15)]
    assert h.graph.output_stream_bound("out") == 16
    h.finish()


def test_bound_set_by_a_node_must_not_fall(harness: MakeHarness, script: type[Script]) -> None:
    bounds = iter([50, 40])
    s = script(process=lambda cc: cc.outputs[0].set_next_timestamp_bound(Timestamp(next(bounds))))
    h = harness(ONE % ("ConfNoOffset", SCRIPT), s=s).start()
    h.push("a", (1, 10), (1, 11))
    with pytest.raises(CalculatorError) as caught:
        h.finish()
    assert str(caught.value.cause) == (
        'the timestamp bound of stream "out" was set by node "ConfNoOffset" to 40, below the current bound 50; '
        "bounds only rise"
    )


def test_set_offset_only_in_open(harness: MakeHarness, script: type[Script]) -> None:
    h = harness(ONE % ("ConfScripted", SCRIPT), s=script(process=lambda cc: cc.set_offset(3))).start()
    h.push("a", (1, 10))
    with pytest.raises(CalculatorError, match=r'node "ConfScripted": set_offset\(\) is for open\(\) only'):
        h.finish()


def test_process_of_settled_empty_timestamps(harness: MakeHarness, script: type[Script]) -> None:
    """S16."""
    seen: list[tuple[int, bool]] = []
    s = script(process=lambda cc: seen.append((int(cc.input_timestamp), bool(cc.inputs[0]))))
    h = harness(ONE % ("ConfBounds", SCRIPT), s=s).start()
    h.push("a", (1, 10))
    h.graph.set_input_stream_timestamp_bound("a", 20)
    h.graph.set_input_stream_timestamp_bound("a", 20)
    h.push("a", (1, 30))
    h.finish()
    assert seen == [(10, True), (19, False), (30, True)]


def test_outputs_of_open_reach_consumers_before_the_first_packet(
    harness: MakeHarness, script: type[Script]
) -> None:
    s = script(open=lambda cc: cc.outputs[0].send("early", Timestamp(0)), process=emit_input)
    h = harness(ONE % ("ConfScripted", SCRIPT), s=s).watch("out").start()
    assert h.seen("out") == [("early", 0)]
    h.push("a", (1, 10)).finish()
    assert h.seen("out") == [("early", 0), (1, 10)]


def test_closing_an_output_ends_it_for_its_readers(harness: MakeHarness, script: type[Script]) -> None:
    def once(cc: CalculatorContext) -> None:
        if cc.input_timestamp == 10:
            emit_input(cc)
            cc.outputs[0].close()

    text = """
        input_stream: "a"
        node { calculator: "ConfScripted" input_stream: "a" output_stream: "first" input_side_packet: "SCRIPT:s" }
        node { calculator: "ConfJoin" input_stream: "a" input_stream: "first" output_stream: "out" }
    """
    h = harness(text, s=script(process=once)).watch("out").start()
    h.push("a", (1, 10), (2, 20))
    assert h.graph.output_stream_bound("first") == Timestamp.DONE
    assert h.seen("out") == [([1, 1], 10), ([2, None], 20)]
    h.finish()


@pytest.mark.parametrize(
    ("act", "message"),
    [
        pytest.param(
            lambda out: out.send(1, Timestamp(10)),
            'output stream "out" is closed; nothing can be added to it: send before you close it',
            id="packet",
        ),
        pytest.param(
            lambda out: out.set_next_timestamp_bound(Timestamp(10)),
            'output stream "out" is closed; it takes no bound',
            id="bound",
        ),
    ],
)
def test_a_closed_output_takes_nothing(
    harness: MakeHarness, script: type[Script], act: Callable[[Any], None], message: str
) -> None:
    def close_and_act(cc: CalculatorContext) -> None:
        cc.outputs[0].close()
        act(cc.outputs[0])

    h = harness(ONE % ("ConfScripted", SCRIPT), s=script(process=close_and_act)).start()
    h.push("a", (1, 10))
    with pytest.raises(CalculatorError) as caught:
        h.finish()
    assert str(caught.value.cause) == message
