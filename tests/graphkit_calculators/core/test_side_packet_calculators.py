"""Between side packets and streams, and from side packet to side packet."""

from __future__ import annotations

import pytest

from graphkit.errors import FormatError, GraphkitError
from graphkit.testing import CalculatorRunner
from graphkit_calculators.core.string_to_int_calculator import parse_int


def to_stream(text, **side_packets):
    runner = CalculatorRunner(f'calculator: "SidePacketToStreamCalculator" {text}')
    for key, value in side_packets.items():
        runner.side_packets[key if key.isupper() else 0] = value
    return runner


@pytest.mark.parametrize(
    ("tag", "timestamp"),
    [
        pytest.param("AT_PRESTREAM", "PRE_STREAM", id="pre-stream"),
        pytest.param("AT_POSTSTREAM", "POST_STREAM", id="post-stream"),
        pytest.param("AT_ZERO", "0", id="zero"),
    ],
)
def test_once_at_a_fixed_time(tag, timestamp):
    runner = to_stream(f'input_side_packet: "s" output_stream: "{tag}:out"', s="x").run()
    assert [(p.payload, str(p.timestamp)) for p in runner.outputs[tag]] == [("x", timestamp)]


def test_at_a_given_timestamp(timed):
    runner = to_stream(
        'input_side_packet: "s" input_side_packet: "TIMESTAMP:t" output_stream: "AT_TIMESTAMP:out"',
        s="x",
        TIMESTAMP=77,
    ).run()
    assert timed(runner.outputs["AT_TIMESTAMP"]) == [("x", 77)]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        pytest.param("AT_TICK", [("x", 5), ("x", 6)], id="every"),
        pytest.param("AT_FIRST_TICK", [("x", 5)], id="first"),
    ],
)
def test_at_ticks(tag, expected, timed):
    runner = to_stream(f'input_stream: "TICK:t" input_side_packet: "s" output_stream: "{tag}:out"', s="x")
    runner.add("TICK", 0, 5)
    runner.add("TICK", 0, 6)
    runner.set_bound("TICK", 9)
    runner.run()
    assert timed(runner.outputs[tag]) == expected
    assert str(runner.output_bounds[tag]) == ("9" if tag == "AT_TICK" else "DONE")


@pytest.mark.parametrize(
    ("node", "message"),
    [
        pytest.param('input_side_packet: "s" output_stream: "NEVER:o"', "one of the tags AT_PRESTREAM", id="tag"),
        pytest.param('input_side_packet: "s" output_stream: "AT_TICK:o"', "go with a TICK input", id="tick"),
        pytest.param(
            'input_side_packet: "s" output_stream: "AT_TIMESTAMP:o"',
            "go with a TIMESTAMP side packet",
            id="timestamp",
        ),
        pytest.param('output_stream: "AT_ZERO:o"', "0 side packets for 1 output streams", id="count"),
    ],
)
def test_to_stream_ports(node, message):
    with pytest.raises(GraphkitError, match=message):
        to_stream(node, s=1).run()


def test_stream_to_side_packet():
    runner = CalculatorRunner(
        'calculator: "StreamToSidePacketCalculator" input_stream: "in" output_side_packet: "out"'
    )
    runner.add(0, "x", 5)
    assert runner.run().output_side_packets[0] == "x"
    runner.add(0, "y", 6)
    with pytest.raises(GraphkitError, match='output side packet "out" was already set'):
        runner.run()


@pytest.mark.parametrize(
    ("optional", "expected"),
    [pytest.param("given", "given", id="given"), pytest.param(None, "default", id="missing")],
)
def test_default_side_packet(optional, expected):
    extra = "" if optional is None else 'input_side_packet: "OPTIONAL_VALUE:o"'
    runner = CalculatorRunner(
        f'calculator: "DefaultSidePacketCalculator" {extra} input_side_packet: "DEFAULT_VALUE:d" '
        'output_side_packet: "VALUE:v"'
    )
    runner.side_packets["DEFAULT_VALUE"] = "default"
    if optional is not None:
        runner.side_packets["OPTIONAL_VALUE"] = optional
    assert runner.run().output_side_packets["VALUE"] == expected


def test_an_optional_side_packet_that_nobody_gives():
    runner = CalculatorRunner(
        'calculator: "DefaultSidePacketCalculator" input_side_packet: "OPTIONAL_VALUE:o" '
        'input_side_packet: "DEFAULT_VALUE:d" output_side_packet: "VALUE:v"'
    )
    runner.side_packets["DEFAULT_VALUE"] = "default"
    assert runner.run().output_side_packets["VALUE"] == "default"


def test_string_to_int():
    runner = CalculatorRunner(
        'calculator: "StringToUint64Calculator" input_side_packet: "in" output_side_packet: "out"'
    )
    runner.side_packets[0] = " 18446744073709551615 "
    assert runner.run().output_side_packets[0] == 2**64 - 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("seven", "'seven' is not a whole number", id="word"),
        pytest.param("1.5", "'1.5' is not a whole number", id="fraction"),
        pytest.param("1_0", "'1_0' is not a whole number", id="underscore"),
        pytest.param("300", "300 is not between -128 and 127", id="range"),
    ],
)
def test_parse_int_faults(text, message):
    with pytest.raises(FormatError, match=message):
        parse_int(text, range(-128, 128))


def test_counting_source(timed):
    runner = CalculatorRunner(
        'calculator: "CountingSourceCalculator" output_stream: "out" input_side_packet: "MAX_COUNT:m" '
        'input_side_packet: "BATCH_SIZE:b" input_side_packet: "INITIAL_VALUE:i" input_side_packet: "INCREMENT:s"'
    )
    runner.side_packets.update(
        {("MAX_COUNT", 0): 2, ("BATCH_SIZE", 0): 2, ("INITIAL_VALUE", 0): 10, ("INCREMENT", 0): 5}
    )
    runner.run()
    assert timed(runner.outputs[0]) == [(n, n) for n in (10, 15, 20, 25)]


@pytest.mark.parametrize(
    ("side_packets", "message"),
    [
        pytest.param({"ERROR_COUNT": 1}, "ERROR_COUNT asks for this error after 1 batches", id="after-a-batch"),
        pytest.param({"MAX_COUNT": 1, "ERROR_ON_OPEN": True}, "ERROR_ON_OPEN asks for this error", id="on-open"),
        pytest.param({"MAX_COUNT": 1, "INCREMENT": 0}, "INCREMENT is 0, it must be 1 or more", id="increment"),
        pytest.param({}, "needs side packet MAX_COUNT or ERROR_COUNT", id="no-end"),
    ],
)
def test_counting_source_faults(side_packets, message):
    names = " ".join(f'input_side_packet: "{tag}:{tag.lower()}"' for tag in side_packets)
    runner = CalculatorRunner(f'calculator: "CountingSourceCalculator" output_stream: "out" {names}')
    for tag, value in side_packets.items():
        runner.side_packets[tag] = value
    with pytest.raises(GraphkitError, match=message):
        runner.run()
