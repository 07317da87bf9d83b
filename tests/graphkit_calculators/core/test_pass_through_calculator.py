from __future__ import annotations

import pytest

from graphkit import CalculatorGraph
from graphkit.errors import GraphkitError
from graphkit.testing import CalculatorRunner


def test_passes_what_is_there(timed):
    runner = CalculatorRunner(
        'calculator: "PassThroughCalculator" input_stream: "a" input_stream: "B:b" '
        'output_stream: "out_a" output_stream: "B:out_b"'
    )
    runner.add(0, "x", 1)
    runner.add("B", "y", 1)
    runner.add(0, "z", 2)
    runner.set_bound("B", 3)
    runner.run()
    assert timed(runner.outputs[0]) == [("x", 1), ("z", 2)]
    assert timed(runner.outputs["B"]) == [("y", 1)]
    assert runner.output_bounds["B"] == 3


def test_passes_side_packets():
    runner = CalculatorRunner(
        'calculator: "PassThroughCalculator" input_side_packet: "A:a" output_side_packet: "A:out"'
    )
    runner.side_packets["A"] = 7
    runner.run()
    assert runner.output_side_packets["A"] == 7


def test_ignores_side_packets_without_outputs(timed):
    runner = CalculatorRunner(
        'calculator: "PassThroughCalculator" input_side_packet: "s" input_stream: "a" output_stream: "b"'
    )
    runner.side_packets[0] = 7
    runner.add(0, "x", 1)
    runner.run()
    assert timed(runner.outputs[0]) == [("x", 1)]


@pytest.mark.parametrize(
    ("node", "message"),
    [
        pytest.param('input_stream: "a" output_stream: "B:b"', "Input and output streams", id="streams"),
        pytest.param(
            'input_side_packet: "a" output_side_packet: "B:b"', "Input and output side packets", id="side-packets"
        ),
    ],
)
def test_tags_must_match(node, message):
    with pytest.raises(GraphkitError, match=message):
        CalculatorRunner(f'calculator: "PassThroughCalculator" {node}').run()


def test_side_packets_and_streams_of_one_index_keep_their_own_types(timed):
    runner = CalculatorRunner(
        'calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b" '
        'input_side_packet: "s" output_side_packet: "t"'
    )
    runner.side_packets[0] = 7
    runner.add(0, "x", 1)
    runner.run()
    assert timed(runner.outputs[0]) == [("x", 1)]
    assert runner.output_side_packets[0] == 7


def test_a_typed_stream_does_not_type_the_side_packet():
    graph = CalculatorGraph("""
      input_stream: "n" input_side_packet: "text" output_side_packet: "number"
      node { calculator: "NonZeroCalculator" input_stream: "INPUT:n" output_stream: "OUTPUT:flag" }
      node {
        calculator: "PassThroughCalculator" input_stream: "flag" output_stream: "out"
        input_side_packet: "text" output_side_packet: "same_text"
      }
      node { calculator: "StringToIntCalculator" input_side_packet: "same_text" output_side_packet: "number" }
    """)
    graph.start_run({"text": "12"})
    graph.close_all_input_streams()
    graph.wait_until_done()
    assert graph.side_packet_values()["number"].payload == 12
