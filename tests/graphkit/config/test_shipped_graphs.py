"""The graphs that come with graphkit make plans, and the hand graph is the one MediaPipe runs."""

from __future__ import annotations

import pytest

from graphkit import Resources, config
from graphkit.framework import graphs_dir

MAIN = [path for path in sorted(graphs_dir().rglob("*.pbtxt")) if not config.parse(path).type]


def hand_graph():
    """Return the plan of HandLandmarkTrackingCpu with all its ports in use."""
    return config.load(Resources().resolve("mediapipe/modules/hand_landmark/hand_landmark_tracking_cpu.pbtxt"))


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in MAIN])
def test_graph_makes_a_plan(path):
    plan = config.load(path)
    assert plan.nodes
    for stream in plan.streams:
        if stream.producer >= 0:
            assert plan.nodes[stream.producer].output_streams[stream.producer_output] == stream.id
        for node, port in stream.consumers:
            assert plan.nodes[node].input_streams[port] == stream.id


def test_expanded_graph_is_a_graph_of_its_own():
    path = Resources().find_graph("graphs/hand_tracking/hand_tracking_desktop_live.pbtxt")
    text = config.to_pbtxt(config.expand(config.parse(path)))
    first, again = config.load(path), config.load(text)
    assert [node.name for node in again.nodes] == [node.name for node in first.nodes]
    assert [(s.name, str(s.packet_type), s.consumers) for s in again.streams] == [
        (s.name, str(s.packet_type), s.consumers) for s in first.streams
    ]
    assert [list(node.options.values()) for node in again.nodes] == [list(n.options.values()) for n in first.nodes]


def test_hand_graph_has_mediapipes_nodes():
    names = [node.name for node in hand_graph().nodes]
    assert len(names) == 52
    loader = "handlandmarkcpu__handlandmarkmodelloader__"
    assert {
        "PreviousLoopbackCalculator",
        "GateCalculator_2",
        "palmdetectioncpu__TensorsToDetectionsCalculator",
        "palmdetectiondetectiontoroi__RectTransformationCalculator",
        "handlandmarkcpu__GateCalculator_3",
        f"{loader}TfLiteModelCalculator",
        f"{loader}switchcontainer__SwitchDemuxCalculator",
        f"{loader}switchcontainer__SwitchMuxCalculator",
        f"{loader}switchcontainer__ConstantSidePacketCalculator_2",
    } <= set(names)


def test_hand_graph_resolves_its_types():
    plan = hand_graph()
    types = {s.name: str(s.packet_type) for s in plan.streams}
    assert types["image"].startswith("ImageFrame")
    assert types["gated_prev_hand_rects_from_landmarks"] == types["hand_rects_from_landmarks"]
    assert "any type" not in types.values()
    assert str(plan.side_packets["num_hands"].packet_type) == "int"
    assert plan.side_packets["model_complexity"].optional


def test_hand_graph_has_one_back_edge():
    plan = hand_graph()
    closing = [node.name for node in plan.nodes if any(node.back_edges)]
    assert closing == ["PreviousLoopbackCalculator"]
