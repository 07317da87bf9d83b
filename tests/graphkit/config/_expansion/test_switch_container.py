"""SwitchContainer: what it expands to."""

from __future__ import annotations

import pytest

from graphkit import config
from graphkit.config import SwitchContainerOptions
from graphkit.errors import GraphValidationError


def expand(streams: str, options: str, notation: str = "options"):
    bracket = (
        "mediapipe.SwitchContainerOptions.ext"
        if notation == "options"
        else ("type.googleapis.com/mediapipe.SwitchContainerOptions")
    )
    text = f"""
        input_stream: "a" input_stream: "b" input_stream: "s" input_side_packet: "n"
        node {{ name: "sw" calculator: "SwitchContainer" {streams} {notation} {{ [{bracket}] {{ {options} }} }} }}
    """
    return {n.name.removeprefix("sw__"): n for n in config.expand(config.parse(text)).nodes}


def texts(entries):
    return [entry.text.replace("sw__", "") for entry in entries]


TWO = 'contained_node { calculator: "CfgPass" } contained_node { name: "other" calculator: "CfgPass" }'


@pytest.mark.parametrize("notation", ["options", "node_options"])
def test_side_packet_select(notation):
    nodes = expand(
        'input_side_packet: "SELECT:n" input_stream: "a" output_stream: "x"', "select: 1 " + TWO, notation
    )
    assert list(nodes) == ["SwitchDemuxCalculator", "SwitchMuxCalculator", "CfgPass", "other"]
    demux, mux, first, second = nodes.values()
    assert (texts(demux.inputs), texts(demux.outputs)) == (["a"], ["C0__:c0__a", "C1__:c1__a"])
    assert (texts(mux.inputs), texts(mux.outputs)) == (["C0__:c0__x", "C1__:c1__x"], ["x"])
    assert texts(demux.input_side_packets) == texts(mux.input_side_packets) == ["SELECT:n"]
    assert [(texts(n.inputs), texts(n.outputs)) for n in (first, second)] == [
        (["c0__a"], ["c0__x"]), (["c1__a"], ["c1__x"]),
    ]  # fmt: skip
    for node in (demux, mux):
        (options,) = node.options
        assert options.message.select == 1
        assert not options.message.contained_node


def test_tags_indexes_and_side_packets():
    nodes = expand(
        'input_stream: "IMAGE:a" input_stream: "CLONE:1:b" input_stream: "CLONE:0:a" input_side_packet: "SIZE:n" '
        'output_stream: "OUT:x" output_side_packet: "READY:r"',
        'enable: true contained_node { calculator: "CfgJoin" }',
    )
    demux, mux, inner = nodes["SwitchDemuxCalculator"], nodes["SwitchMuxCalculator"], nodes["CfgJoin"]
    assert texts(demux.inputs) == ["CLONE:a", "CLONE:1:b", "IMAGE:a"]
    assert texts(inner.inputs) == ["CLONE:c0__a_2", "CLONE:1:c0__b", "IMAGE:c0__a"]
    assert texts(demux.outputs) == ["C0__CLONE:c0__a_2", "C0__CLONE:1:c0__b", "C0__IMAGE:c0__a"]
    assert (texts(demux.input_side_packets), texts(demux.output_side_packets)) == (["SIZE:n"], ["C0__SIZE:c0__n"])
    assert (texts(mux.input_side_packets), texts(mux.output_side_packets)) == (["C0__READY:c0__r"], ["READY:r"])


def test_a_selecting_stream_goes_through_a_sequencer():
    nodes = expand('input_stream: "SELECT:s" input_stream: "A:a" input_stream: "B:b" output_stream: "x"', TWO)
    sequencer = nodes["PacketSequencerCalculator"]
    assert texts(sequencer.inputs) == ["INPUT:s", "TICK:a", "TICK:1:b"]
    assert texts(sequencer.outputs) == ["OUTPUT:gate_select_timed"]
    assert sequencer.message.input_stream_handler.input_stream_handler == "DefaultInputStreamHandler"
    for name in ("SwitchDemuxCalculator", "SwitchMuxCalculator"):
        assert texts(nodes[name].inputs)[0] == "SELECT:gate_select_timed"


def test_tick_input_stream_and_async_selection():
    nodes = expand(
        'input_stream: "ENABLE:s" input_stream: "A:a" input_stream: "B:b"',
        'async_selection: true tick_input_stream: "B:0" ' + TWO,
    )
    sequencer = nodes["PacketSequencerCalculator"]
    assert texts(sequencer.inputs) == ["INPUT:s", "TICK:b"]
    assert not sequencer.message.HasField("input_stream_handler")


def test_contained_nodes_keep_their_place_and_options():
    nodes = expand(
        'input_stream: "a" output_stream: "x"',
        """
        contained_node { calculator: "CfgPass"
          options { [cfgtest.CfgOptions.ext] { count: 4 } } }""",
    )
    inner = nodes["CfgPass"]
    assert (inner.place.location.line, inner.place.location.column) == (4, 9)
    assert inner.options[0].message.count == 4


def test_contained_nodes_may_be_subgraphs(folder):
    folder(
        "sub.pbtxt",
        'type: "Contained" input_stream: "i" output_stream: "o" '
        'node { calculator: "CfgPass" input_stream: "i" output_stream: "o" }',
    )
    nodes = expand('input_stream: "a" output_stream: "x"', 'contained_node { calculator: "Contained" }')
    assert texts(nodes["contained__CfgPass"].inputs) == ["c0__a"]


def test_it_makes_a_plan_with_the_shipped_demux_and_mux():
    plan = config.load(f"""
        input_stream: "a" input_side_packet: "n" output_stream: "x"
        node {{ calculator: "SwitchContainer" input_side_packet: "SELECT:n" input_stream: "a" output_stream: "x"
                options {{ [mediapipe.SwitchContainerOptions.ext] {{ {TWO} }} }} }}
        node {{ calculator: "CfgCpuSink" input_stream: "IMAGE:x" }}
    """)
    assert [n.calculator for n in plan.nodes] == [
        "SwitchDemuxCalculator", "CfgPass", "CfgPass", "SwitchMuxCalculator", "CfgCpuSink",
    ]  # fmt: skip
    assert str(plan.side_packets["n"].packet_type) == "int"
    assert SwitchContainerOptions in plan.nodes[0].options


@pytest.mark.parametrize(
    ("streams", "options", "expected"),
    [
        pytest.param(
            "",
            f"select: 1 enable: true {TWO}",
            "give one of the options select and enable, not both",
            id="options",
        ),
        pytest.param(
            'input_stream: "SELECT:s" input_stream: "ENABLE:a"',
            TWO,
            "connect one of SELECT and ENABLE, not both",
            id="streams",
        ),
        pytest.param("", "", "a SwitchContainer needs at least one contained_node", id="empty"),
    ],
)
def test_fault(streams, options, expected):
    with pytest.raises(GraphValidationError) as caught:
        expand(streams, options)
    assert str(caught.value) == f'<text>:3:9: node "sw" (SwitchContainer): {expected}'
