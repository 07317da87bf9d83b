"""The demux and the mux of a switch, each alone, fed step by step."""

from __future__ import annotations

import pytest

from graphkit import CalculatorGraph, Packet
from graphkit.errors import GraphkitError
from graphkit.testing import CalculatorRunner

MUX = """
  input_stream: "select" input_stream: "frame_0" input_stream: "frame_1" input_stream: "frame_2"
  input_stream: "mask_0" input_stream: "mask_1" input_stream: "mask_2"
  node {
    calculator: "SwitchMuxCalculator"
    input_stream: "SELECT:select"
    input_stream: "C0__FRAME:frame_0" input_stream: "C1__FRAME:frame_1" input_stream: "C2__FRAME:frame_2"
    input_stream: "C0__MASK:mask_0" input_stream: "C1__MASK:mask_1" input_stream: "C2__MASK:mask_2"
    output_stream: "FRAME:frame" output_stream: "MASK:mask"
  }
"""
DEMUX = """
  input_stream: "select" input_stream: "frame" input_stream: "mask"
  node {
    calculator: "SwitchDemuxCalculator"
    input_stream: "SELECT:select" input_stream: "FRAME:frame" input_stream: "MASK:mask"
    output_stream: "C0__FRAME:frame_0" output_stream: "C1__FRAME:frame_1"
    output_stream: "C0__MASK:mask_0" output_stream: "C1__MASK:mask_1"
  }
"""


def run_steps(config, closed, steps, watched):
    """Run *steps*: a list of (stream, payload, timestamp), or of what *watched* must have shown so far."""
    graph = CalculatorGraph(config)
    seen = {name: [] for name in watched}
    for name in watched:
        graph.observe_output_stream(name, lambda packet, name=name: seen[name].append(packet.payload))
    graph.start_run()
    for name in closed:
        graph.close_input_stream(name)
    for step in steps:
        if isinstance(step, dict):
            graph.wait_until_idle()
            assert seen == step
        else:
            name, payload, timestamp = step
            graph.add_packet_to_input_stream(name, Packet(payload, timestamp))
    graph.close_all_input_streams()
    graph.wait_until_done()


def select(channel, first, last):
    return [("select", channel, first), ("select", channel, last)]


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(
            [
                *select(0, 1, 10), *select(1, 11, 20), *select(0, 21, 30),
                ("frame_0", "a", 10), {"frame": ["a"]},
                ("frame_1", "b", 20), {"frame": ["a", "b"]},
                ("frame_0", "c", 30), {"frame": ["a", "b", "c"]},
            ],
            id="channels-early",
        ),
        pytest.param(
            [
                ("frame_0", "a", 10), ("frame_1", "b", 20), ("frame_0", "c", 30), {"frame": []},
                *select(0, 1, 10), {"frame": ["a"]},
                *select(1, 11, 20), {"frame": ["a", "b"]},
                *select(0, 21, 30), {"frame": ["a", "b", "c"]},
            ],
            id="channels-late",
        ),
        pytest.param(
            [
                *select(0, 1, 10), ("frame_0", "a", 10), {"frame": ["a"]},
                *select(1, 11, 20), ("frame_1", "b", 20), {"frame": ["a", "b"]},
            ],
            id="channels-on-time",
        ),
        pytest.param(
            [
                *select(0, 1, 10), *select(1, 11, 20), ("frame_1", "b", 20), {"frame": []},
                ("frame_0", "deselected", 15), {"frame": ["b"]},
            ],
            id="waits-until-the-channel-before-is-settled",
        ),
        pytest.param(
            [
                *select(0, 1, 10), ("frame_0", "a", 10), {"frame": ["a"]},
                *select(1, 11, 20), ("frame_0", "x", 20), ("frame_2", "y", 20), {"frame": ["a"]},
                *select(2, 21, 30), ("frame_2", "c", 30), {"frame": ["a"]},
                *select(0, 31, 40), ("frame_0", "d", 40), {"frame": ["a"]},
                *select(1, 41, 50), {"frame": ["a"]},
                ("frame_1", "b", 20), ("frame_1", "e", 50), {"frame": ["a", "b", "c", "d", "e"]},
            ],
            id="one-channel-is-slow",
        ),
    ],
)  # fmt: skip
def test_mux_keeps_channels_in_order(steps):
    run_steps(MUX, ["mask_0", "mask_1", "mask_2"], steps, ["frame"])


def test_demux_sends_to_the_selected_channel():
    both = {"frame_0": ["a"], "frame_1": ["b"]}
    steps = [
        *select(0, 1, 10), ("frame", "a", 10), {"frame_0": ["a"], "frame_1": []},
        *select(1, 11, 20), ("frame", "b", 20), both,
        ("frame", "c", 30), both,
        *select(0, 21, 30), {"frame_0": ["a", "c"], "frame_1": ["b"]},
    ]  # fmt: skip
    run_steps(DEMUX, ["mask"], steps, ["frame_0", "frame_1"])


@pytest.mark.parametrize(
    ("extra", "value", "channel"),
    [
        pytest.param('input_side_packet: "SELECT:s"', ("SELECT", 1), 1, id="select"),
        pytest.param('input_side_packet: "ENABLE:s"', ("ENABLE", True), 1, id="enable"),
        pytest.param('input_side_packet: "ENABLE:s"', ("ENABLE", False), 0, id="disable"),
        pytest.param(
            "options { [mediapipe.SwitchContainerOptions.ext] { select: 1 } }", None, 1, id="option-select"
        ),
        pytest.param(
            "options { [mediapipe.SwitchContainerOptions.ext] { enable: true } }", None, 1, id="option-enable"
        ),
        pytest.param("", None, 0, id="nothing"),
    ],
)
def test_a_choice_for_the_run(extra, value, channel, timed):
    demux = CalculatorRunner(
        f'calculator: "SwitchDemuxCalculator" input_stream: "F:f" {extra} '
        'output_stream: "C0__F:f0" output_stream: "C1__F:f1"'
    )
    mux = CalculatorRunner(
        f'calculator: "SwitchMuxCalculator" input_stream: "C0__F:f0" input_stream: "C1__F:f1" {extra} '
        'output_stream: "F:f"'
    )
    for runner in (demux, mux):
        if value is not None:
            runner.side_packets[value[0]] = value[1]
    demux.add("F", "x", 1)
    demux.set_bound("F", 8)
    demux.run()
    assert timed(demux.outputs[f"C{channel}__F"]) == [("x", 1)]
    assert demux.output_bounds[f"C{channel}__F"] == 8
    assert timed(demux.outputs[f"C{1 - channel}__F"]) == []
    mux.add("C0__F", "from 0", 1)
    mux.add("C1__F", "from 1", 1)
    mux.run()
    assert timed(mux.outputs["F"]) == [(f"from {channel}", 1)]
    assert mux.output_bounds["F"] == 2


def test_side_packets_go_to_all_channels_and_come_from_one():
    demux = CalculatorRunner(
        'calculator: "SwitchDemuxCalculator" input_side_packet: "SELECT:s" input_side_packet: "N:n" '
        'output_side_packet: "C0__N:n0" output_side_packet: "C1__N:n1"'
    )
    demux.side_packets["SELECT"], demux.side_packets["N"] = 1, 7
    demux.run()
    assert [demux.output_side_packets[f"C{c}__N"] for c in (0, 1)] == [7, 7]
    mux = CalculatorRunner(
        'calculator: "SwitchMuxCalculator" input_side_packet: "SELECT:s" input_side_packet: "C0__N:n0" '
        'input_side_packet: "C1__N:n1" output_side_packet: "N:n"'
    )
    mux.side_packets.update({("SELECT", 0): 1, ("C0__N", 0): "zero", ("C1__N", 0): "one"})
    mux.run()
    assert mux.output_side_packets["N"] == "one"


def test_a_channel_that_is_not_there_is_an_error():
    runner = CalculatorRunner(
        'calculator: "SwitchMuxCalculator" input_stream: "C0__F:f0" input_stream: "C1__F:f1" '
        'input_stream: "SELECT:s" output_stream: "F:f"'
    )
    runner.add("SELECT", 2, 1)
    with pytest.raises(GraphkitError, match="channel 2 was selected, but the channels are 0 to 1"):
        runner.run()


def test_the_side_packet_that_selects_a_channel_that_is_not_there_is_named():
    mux = CalculatorRunner(
        'calculator: "SwitchMuxCalculator" input_side_packet: "SELECT:complexity" input_side_packet: "C0__N:n0" '
        'input_side_packet: "C1__N:n1" output_side_packet: "N:n"'
    )
    mux.side_packets.update({("SELECT", 0): 7, ("C0__N", 0): "zero", ("C1__N", 0): "one"})
    with pytest.raises(
        GraphkitError,
        match='channel 7 was selected by the side packet "complexity", but the channels are 0 to 1',
    ):
        mux.run()
