"""Many streams into one, and one into many."""

from __future__ import annotations

import pytest

from graphkit.errors import GraphkitError
from graphkit.testing import CalculatorRunner


def test_merge_takes_the_first_input_that_has_a_packet(timed):
    runner = CalculatorRunner(
        'calculator: "MergeCalculator" input_stream: "a" input_stream: "b" output_stream: "out"'
    )
    runner.add(0, "a1", 1)
    runner.add(1, "b1", 1)
    runner.set_bound(0, 3)
    runner.add(1, "b2", 2)
    runner.run()
    assert timed(runner.outputs[0]) == [("a1", 1), ("b2", 2)]


MUX = """
  calculator: "MuxCalculator" input_stream: "INPUT:0:a" input_stream: "INPUT:1:b" output_stream: "OUTPUT:out" %s
"""


def test_mux_waits_for_the_selected_input_only(timed):
    runner = CalculatorRunner(MUX % 'input_stream: "SELECT:select"')
    runner.add("SELECT", 1, 1)
    runner.add(("INPUT", 1), "b1", 1)
    runner.add("SELECT", 0, 2)
    runner.add(("INPUT", 1), "b2", 2)
    runner.add(("INPUT", 0), "a2", 2)
    runner.run()
    assert timed(runner.outputs["OUTPUT"]) == [("b1", 1), ("a2", 2)]


def test_mux_by_side_packet(timed):
    runner = CalculatorRunner(MUX % 'input_side_packet: "SELECT:select"')
    runner.side_packets["SELECT"] = 1
    runner.add(("INPUT", 0), "a", 1)
    runner.add(("INPUT", 1), "b", 1)
    runner.run()
    assert timed(runner.outputs["OUTPUT"]) == [("b", 1)]


def test_mux_selection_without_an_input():
    runner = CalculatorRunner(MUX % 'input_side_packet: "SELECT:select"')
    runner.side_packets["SELECT"] = 2
    runner.add(("INPUT", 0), "a", 1)
    runner.add(("INPUT", 1), "b", 1)
    with pytest.raises(GraphkitError, match="SELECT is 2, but the inputs are INPUT:0 to INPUT:1"):
        runner.run()


def test_mux_needs_a_selection():
    with pytest.raises(GraphkitError, match="needs SELECT either as an input stream or as an input side packet"):
        CalculatorRunner(MUX % "").run()


def test_immediate_mux_drops_what_is_old(timed):
    runner = CalculatorRunner(
        'calculator: "ImmediateMuxCalculator" input_stream: "a" input_stream: "b" output_stream: "out" '
        'output_stream: "finished" input_stream_handler { input_stream_handler: "ImmediateInputStreamHandler" }'
    )
    for key, timestamp in [(0, 1), (1, 5), (0, 3), (0, 5), (1, 7)]:
        runner.add(key, f"{key}@{timestamp}", timestamp)
    runner.run()
    assert timed(runner.outputs[0]) == [("0@1", 1), ("1@5", 5), ("1@7", 7)]
    assert timed(runner.outputs[1]) == [(True, 1), (True, 5), (True, 6), (True, 7), (True, 8)]
    assert runner.counters["dropped"] == 2


def test_round_robin_deals_in_turn(timed):
    runner = CalculatorRunner(
        'calculator: "RoundRobinDemuxCalculator" input_stream: "in" '
        'output_stream: "OUTPUT:0:a" output_stream: "OUTPUT:1:b" output_stream: "SELECT:select"'
    )
    for timestamp in (1, 2, 3):
        runner.add(0, f"p{timestamp}", timestamp)
    runner.run()
    assert timed(runner.outputs["OUTPUT", 0]) == [("p1", 1), ("p3", 3)]
    assert timed(runner.outputs["OUTPUT", 1]) == [("p2", 2)]
    assert timed(runner.outputs["SELECT"]) == [(0, 1), (1, 2), (0, 3)]
    assert runner.output_bounds["OUTPUT", 1] == 4


@pytest.mark.parametrize("missing", [pytest.param(0, id="first"), pytest.param(1, id="second")])
def test_pair_and_join_differ_on_missing_packets(missing, timed):
    streams = 'input_stream: "a" input_stream: "b"'
    pair = CalculatorRunner(f'calculator: "MakePairCalculator" {streams} output_stream: "out"')
    join = CalculatorRunner(
        f'calculator: "PacketInnerJoinCalculator" {streams} output_stream: "out_a" output_stream: "out_b"'
    )
    for runner in (pair, join):
        runner.add(0, "a1", 1)
        runner.add(1, "b1", 1)
        runner.add(1 - missing, "x2", 2)
        runner.set_bound(missing, 3)
        runner.run()
    second = (None, "x2") if missing == 0 else ("x2", None)
    assert timed(pair.outputs[0]) == [(("a1", "b1"), 1), (second, 2)]
    assert timed(join.outputs[0]) == [("a1", 1)]
    assert timed(join.outputs[1]) == [("b1", 1)]
