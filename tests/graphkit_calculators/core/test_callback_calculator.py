from __future__ import annotations

import pytest

from graphkit import CalculatorGraph, Packet, Timestamp
from graphkit.errors import GraphkitError
from graphkit.testing import CalculatorRunner


def test_function_gets_each_packet(timed):
    seen = []
    runner = CalculatorRunner(
        'calculator: "CallbackCalculator" input_stream: "in" input_side_packet: "CALLBACK:f"'
    )
    runner.side_packets["CALLBACK"] = seen.append
    runner.add(0, "x", 1)
    runner.set_bound(0, 5)
    runner.run()
    assert timed(seen) == [("x", 1)]


def test_function_gets_bounds_on_request():
    seen = []
    runner = CalculatorRunner(
        'calculator: "CallbackCalculator" input_stream: "in" input_side_packet: "CALLBACK:f" '
        'input_side_packet: "OBSERVE_TIMESTAMP_BOUNDS:o"'
    )
    runner.side_packets["CALLBACK"] = seen.append
    runner.side_packets["OBSERVE_TIMESTAMP_BOUNDS"] = True
    runner.add(0, "x", 1)
    runner.set_bound(0, 5)
    runner.run()
    assert [(int(p.timestamp), p.is_empty) for p in seen[:2]] == [(1, False), (4, True)]


def test_vector_function_gets_all_streams():
    seen = []
    runner = CalculatorRunner(
        'calculator: "CallbackCalculator" input_stream: "a" input_stream: "b" '
        'input_side_packet: "VECTOR_CALLBACK:f"'
    )
    runner.side_packets["VECTOR_CALLBACK"] = seen.append
    runner.add(0, "x", 1)
    runner.set_bound(1, 2)
    runner.run()
    assert [[p.get_or(None) for p in packets] for packets in seen] == [["x", None]]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("VECTOR_PACKET", ["sum"], id="every"),
        pytest.param("POST_STREAM_PACKET", ["sum"], id="post-stream"),
    ],
)
def test_packets_into_a_list(kind, expected):
    graph = CalculatorGraph(f"""
      input_stream: "in" input_side_packet: "results"
      node {{
        calculator: "CallbackPacketCalculator" input_side_packet: "results" output_side_packet: "append"
        options {{ [mediapipe.CallbackPacketCalculatorOptions.ext] {{ type: {kind} }} }}
      }}
      node {{ calculator: "CallbackCalculator" input_stream: "in" input_side_packet: "CALLBACK:append" }}
    """)
    results = []
    graph.start_run({"results": results})
    graph.add_packet_to_input_stream("in", Packet("sum", Timestamp.POST_STREAM))
    graph.close_all_input_streams()
    graph.wait_until_done()
    assert [packet.payload for packet in results] == expected


def test_post_stream_packet_ignores_others():
    runner = CalculatorRunner(
        'calculator: "CallbackPacketCalculator" input_side_packet: "list" output_side_packet: "f" '
        "options { [mediapipe.CallbackPacketCalculatorOptions.ext] { type: POST_STREAM_PACKET } }"
    )
    target = []
    runner.side_packets[0] = target
    append = runner.run().output_side_packets[0]
    append(Packet("x", 5))
    assert target == []


@pytest.mark.parametrize(
    ("node", "side_packets", "message"),
    [
        pytest.param('"CallbackCalculator" input_stream: "a"', {}, "needs side packet CALLBACK or", id="none"),
        pytest.param(
            '"CallbackCalculator" input_stream: "a" input_stream: "b" input_side_packet: "CALLBACK:f"',
            {"CALLBACK": print},
            "CALLBACK goes with one input stream, found 2",
            id="two-streams",
        ),
        pytest.param(
            '"CallbackCalculator" input_stream: "a" input_side_packet: "CALLBACK:f"',
            {"CALLBACK": 7},
            "the callback side packet holds int, not a function",
            id="no-function",
        ),
        pytest.param(
            '"CallbackPacketCalculator" input_side_packet: "l" output_side_packet: "f"',
            {0: []},
            "option type must be VECTOR_PACKET or POST_STREAM_PACKET",
            id="type",
        ),
    ],
)
def test_faults(node, side_packets, message):
    runner = CalculatorRunner(f"calculator: {node}")
    for key, value in side_packets.items():
        runner.side_packets[key] = value
    with pytest.raises(GraphkitError, match=message):
        runner.run()
