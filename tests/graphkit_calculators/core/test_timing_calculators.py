"""Calculators that thin, shift, fill and mark streams."""

from __future__ import annotations

import pytest

from graphkit.errors import GraphkitError
from graphkit.testing import CalculatorRunner
from graphkit_calculators.core.packet_thinner_calculator import thinned_rate


def thin(options, timestamps):
    runner = CalculatorRunner(
        'calculator: "PacketThinnerCalculator" input_stream: "in" output_stream: "out" '
        f"options {{ [mediapipe.PacketThinnerCalculatorOptions.ext] {{ {options} }} }}"
    )
    for timestamp in timestamps:
        runner.add(0, timestamp, timestamp)
    return runner


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("period: 5", [(2, 2), (7, 7), (13, 13)], id="async"),
        pytest.param("period: 5 start_time: 4", [(4, 4), (10, 10)], id="async-start"),
        pytest.param("period: 5 end_time: 7", [(2, 2)], id="async-end"),
        pytest.param("thinner_type: SYNC period: 5", [(2, 0), (4, 5), (10, 10), (13, 15)], id="sync"),
        pytest.param(
            "thinner_type: SYNC period: 5 sync_output_timestamps: false",
            [(2, 2), (4, 4), (10, 10), (13, 13)],
            id="sync-original-timestamps",
        ),
        pytest.param("thinner_type: SYNC period: 5 start_time: 3", [(4, 3), (7, 8), (13, 13)], id="sync-start"),
    ],
)
def test_thinner(options, expected, timed):
    runner = thin(options, [2, 4, 7, 10, 13])
    runner.run()
    assert timed(runner.outputs[0]) == expected


def test_sync_thinner_breaks_ties_for_the_later_packet(timed):
    runner = thin("thinner_type: SYNC period: 10", [8, 9, 11, 12])
    runner.run()
    assert timed(runner.outputs[0]) == [(11, 10)]


def test_async_thinner_promises_the_rest_of_the_period():
    runner = thin("period: 50", [2])
    runner.run()
    assert runner.output_bounds[0] == 52


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param("period: 0", "period is 0, it must be 1 or more", id="period"),
        pytest.param("start_time: 9 end_time: 9", "start_time 9 is not before end_time 9", id="times"),
    ],
)
def test_thinner_options(options, message):
    with pytest.raises(GraphkitError, match=message):
        thin(options, [1]).run()


@pytest.mark.parametrize(
    ("rate", "period", "sync", "expected"),
    [
        pytest.param(30.0, 100_000, False, 10.0, id="async"),
        pytest.param(30.0, 110_000, False, 7.5, id="async-rounds-up"),
        pytest.param(30.0, 100_000, True, 10.0, id="sync"),
        pytest.param(5.0, 100_000, True, 5.0, id="sync-slow-already"),
    ],
)
def test_thinned_rate(rate, period, sync, expected):
    assert thinned_rate(rate, period, sync=sync) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("packet_offset: -1", [("p2", 10), ("p3", 20)], id="back-by-default"),
        pytest.param("packet_offset: 1", [("p1", 20), ("p2", 30)], id="forward"),
        pytest.param("packet_offset: 2", [("p1", 30)], id="two-forward"),
        pytest.param("packet_offset: 0", [("p1", 10), ("p2", 20), ("p3", 30)], id="not-at-all"),
    ],
)
def test_sequence_shift(options, expected, timed):
    runner = CalculatorRunner(
        'calculator: "SequenceShiftCalculator" input_stream: "in" output_stream: "out" '
        f"options {{ [mediapipe.SequenceShiftCalculatorOptions.ext] {{ {options} }} }}"
    )
    for number in (1, 2, 3):
        runner.add(0, f"p{number}", 10 * number)
    runner.run()
    assert timed(runner.outputs[0]) == expected


def test_sequence_shift_settles_the_beginning_on_request():
    runner = CalculatorRunner(
        'calculator: "SequenceShiftCalculator" input_stream: "in" output_stream: "out" '
        'input_side_packet: "PACKET_OFFSET:n" options { [mediapipe.SequenceShiftCalculatorOptions.ext] { '
        "emit_empty_packets_before_first_packet: true } }"
    )
    runner.side_packets["PACKET_OFFSET"] = 2
    runner.add(0, "p", 10)
    runner.run()
    assert runner.output_bounds[0] == 11


def test_presence_of_packets(timed):
    runner = CalculatorRunner(
        'calculator: "PacketPresenceCalculator" input_stream: "PACKET:in" output_stream: "PRESENCE:out"'
    )
    runner.add("PACKET", "x", 1)
    runner.set_bound("PACKET", 6)
    runner.run()
    assert timed(runner.outputs["PRESENCE"]) == [(True, 1), (False, 5)]


def test_value_or_default(timed):
    runner = CalculatorRunner(
        'calculator: "ValueOrDefaultCalculator" input_stream: "IN:in" input_stream: "TICK:tick" '
        'input_side_packet: "default" output_stream: "OUT:out" output_stream: "FLAG:flag"'
    )
    runner.side_packets[0] = "default"
    for timestamp in (1, 2, 3):
        runner.add("TICK", 0, timestamp)
        if timestamp == 2:
            runner.add("IN", "value", 2)
        runner.set_bound("IN", timestamp + 1)
    runner.run()
    assert timed(runner.outputs["OUT"]) == [("default", 1), ("value", 2), ("default", 3)]
    assert timed(runner.outputs["FLAG"]) == [(True, 1), (True, 3)]


@pytest.mark.parametrize(
    ("number", "expected"), [pytest.param(0, 0, id="zero"), pytest.param(-3, 1, id="not-zero")]
)
def test_non_zero(number, expected, timed):
    runner = CalculatorRunner(
        'calculator: "NonZeroCalculator" input_stream: "INPUT:in" output_stream: "OUTPUT:out" '
        'output_stream: "OUTPUT_BOOL:flag"'
    )
    runner.add("INPUT", number, 1)
    runner.run()
    assert timed(runner.outputs["OUTPUT"]) == [(expected, 1)]
    assert timed(runner.outputs["OUTPUT_BOOL"]) == [(bool(expected), 1)]


def test_non_zero_of_a_side_packet_comes_once(timed):
    runner = CalculatorRunner(
        'calculator: "NonZeroCalculator" input_side_packet: "INPUT:in" output_stream: "OUTPUT_BOOL:flag"'
    )
    runner.side_packets["INPUT"] = 4
    runner.run()
    assert timed(runner.outputs["OUTPUT_BOOL"]) == [(True, 0)]


@pytest.mark.parametrize(
    ("node", "message"),
    [
        pytest.param(
            'output_stream: "OUTPUT:o"', "needs INPUT either as a stream or as a side packet", id="input"
        ),
        pytest.param('input_stream: "INPUT:i"', "needs an OUTPUT or an OUTPUT_BOOL stream", id="output"),
    ],
)
def test_non_zero_ports(node, message):
    with pytest.raises(GraphkitError, match=message):
        CalculatorRunner(f'calculator: "NonZeroCalculator" {node}').run()
