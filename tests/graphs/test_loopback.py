"""Cycles in whole graphs: detect only where tracking lost its object; limit the frames in flight."""

from __future__ import annotations

import pytest

from graphkit import Calculator, CalculatorGraph, Input, Output, Packet, calculator
from graphkit.framework import FLOW_CONTROL, FlowControl

TRACKER = """
  input_stream: "image"
  output_stream: "tracked"
  output_stream: "image_for_detection"
  node {
    calculator: "PreviousLoopbackCalculator"
    input_stream: "MAIN:image"
    input_stream: "LOOP:tracked"
    input_stream_info { tag_index: "LOOP" back_edge: true }
    output_stream: "PREV_LOOP:previous"
  }
  node {
    calculator: "PacketPresenceCalculator"
    input_stream: "PACKET:previous"
    output_stream: "PRESENCE:have_previous"
  }
  node {
    calculator: "GateCalculator"
    input_stream: "image"
    input_stream: "DISALLOW:have_previous"
    output_stream: "image_for_detection"
    options { [mediapipe.GateCalculatorOptions.ext] { empty_packets_as_allow: true } }
  }
  node {
    calculator: "LoopbackTestDetect"
    input_stream: "image_for_detection"
    output_stream: "detected"
  }
  node {
    calculator: "MergeCalculator"
    input_stream: "previous"
    input_stream: "detected"
    output_stream: "found"
  }
  node {
    calculator: "LoopbackTestTrack"
    input_stream: "IMAGE:image"
    input_stream: "FOUND:found"
    output_stream: "tracked"
  }
"""


@calculator
class LoopbackTestDetect(Calculator):
    """Finds an object in every image that is not blank."""

    image = Input(str)
    found = Output(str)

    def process(self, cc):
        if self.image(cc) != "blank":
            self.found.send(cc, f"detected in {self.image(cc)}")


@calculator
class LoopbackTestTrack(Calculator):
    """Follows what was found unless the image is blank."""

    image = Input(str, "IMAGE")
    found = Input(str, "FOUND")
    tracked = Output(str)

    def process(self, cc):
        if self.found.get(cc) is not None and self.image.get(cc) not in (None, "blank"):
            self.tracked.send(cc, f"{self.found(cc)}, tracked in {self.image(cc)}")


def test_detection_runs_only_where_nothing_is_tracked():
    graph = CalculatorGraph(TRACKER)
    detected_in, tracked = [], []
    graph.observe_output_stream("image_for_detection", lambda p: detected_in.append(p.payload))
    graph.observe_output_stream("tracked", lambda p: tracked.append((p.payload, int(p.timestamp))))
    graph.start_run()
    for timestamp, image in enumerate(["a", "b", "c", "blank", "d", "e"]):
        graph.add_packet_to_input_stream("image", Packet(image, timestamp))
    graph.close_all_input_streams()
    graph.wait_until_done()
    assert detected_in == ["a", "d"]
    assert tracked == [
        ("detected in a, tracked in a", 0),
        ("detected in a, tracked in a, tracked in b", 1),
        ("detected in a, tracked in a, tracked in b, tracked in c", 2),
        ("detected in d, tracked in d", 4),
        ("detected in d, tracked in d, tracked in e", 5),
    ]


def test_tracking_settles_every_timestamp():
    graph = CalculatorGraph(TRACKER)
    graph.start_run()
    graph.add_packet_to_input_stream("image", Packet("blank", 7))
    graph.wait_until_idle()
    assert graph.output_stream_bound("tracked") == 8
    graph.set_input_stream_timestamp_bound("image", 20)
    graph.wait_until_idle()
    assert graph.output_stream_bound("tracked") == 20
    graph.close_all_input_streams()
    graph.wait_until_done()


LIMITED = """
  input_stream: "image"
  output_stream: "result"
  node {
    calculator: "FlowLimiterCalculator"
    input_stream: "image"
    input_stream: "FINISHED:result"
    input_stream_info { tag_index: "FINISHED" back_edge: true }
    output_stream: "throttled_image"
  }
  node { calculator: "PassThroughCalculator" input_stream: "throttled_image" output_stream: "result" }
"""


@pytest.mark.parametrize("drop", [pytest.param(True, id="live"), pytest.param(False, id="file")])
def test_a_graph_that_keeps_up_drops_nothing(drop):
    graph = CalculatorGraph(LIMITED)
    graph.set_service(FLOW_CONTROL, FlowControl(drop=drop))
    results = []
    graph.observe_output_stream("result", lambda p: results.append(p.payload))
    graph.start_run()
    for timestamp in range(20):
        graph.add_packet_to_input_stream("image", Packet(timestamp, timestamp))
        graph.wait_until_idle()
    graph.close_all_input_streams()
    graph.wait_until_done()
    assert results == list(range(20))
