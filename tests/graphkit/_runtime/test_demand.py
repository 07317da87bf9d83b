"""Which elements of which streams are read in a run, and models that leave the others out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graphkit import Calculator, CalculatorGraph, Input, Output, Packet, SideOutput, calculator, config
from graphkit._runtime.demand import stream_demand
from graphkit.formats import Tensor
from graphkit.framework import EVERYTHING, NOTHING, Demand
from graphkit.insight import Profile

SPLIT = """
    input_stream: "tensors"
    node {
      calculator: "SplitTensorVectorCalculator"
      input_stream: "tensors" output_stream: "first" output_stream: "second" output_stream: "rest"
      options { [mediapipe.SplitVectorCalculatorOptions.ext] {
        ranges { begin: 0 end: 1 } ranges { begin: 1 end: 2 } ranges { begin: 2 end: 4 }
      } }
    }
"""


def gate(control: str, options: str = "", source: str = "second") -> str:
    return f"""
        node {{
          calculator: "GateCalculator" {control} input_stream: "{source}" output_stream: "gated"
          options {{ [mediapipe.GateCalculatorOptions.ext] {{ {options} }} }}
        }}
    """


ALLOWED = 'input_side_packet: "ALLOW:switch"'
FORBIDDEN = 'input_side_packet: "DISALLOW:switch"'


@calculator
class UnreadTestSink(Calculator):
    """Reads and has no outputs."""

    tensors = Input(list[Tensor])


@calculator
class UnreadTestPure(Calculator):
    """Makes something of tensors and does nothing else."""

    pure = True
    tensors = Input(list[Tensor])
    number = Output(int)

    def process(self, cc: Any) -> None:
        self.number.send(cc, len(self.tensors(cc)))


@calculator
class UnreadTestImpure(UnreadTestPure):
    """Might do anything else as well."""

    pure = False


def wanted(text: str, observed: tuple[str, ...] = (), stream: str = "tensors", **side_packets: Any) -> Demand:
    plan = config.load(config.parse(text))
    given = {name: Packet(value) for name, value in side_packets.items()}
    return stream_demand(plan, given, observed)[plan.stream_ids[stream]]


def elements(*indices: int) -> Demand:
    return Demand(frozenset(indices), 4)


def node(name: str, source: str, result: str = "") -> str:
    output = f'output_stream: "{result}"' if result else ""
    return f'node {{ calculator: "{name}" input_stream: "{source}" {output} }}'


@pytest.mark.parametrize(
    ("more", "observed", "expected"),
    [
        pytest.param("", (), elements(), id="nobody"),
        pytest.param("", ("second",), elements(1), id="an observer"),
        pytest.param("", ("first", "rest"), elements(0, 2, 3), id="two observers"),
        pytest.param("", ("tensors",), Demand(None, 4), id="an observer of the whole list"),
        pytest.param('output_stream: "second"', (), elements(), id="an output that nobody observes"),
        pytest.param(node("UnreadTestSink", "rest"), (), elements(2, 3), id="a sink"),
        pytest.param(node("UnreadTestImpure", "rest", "x"), (), elements(2, 3), id="a node of unknown effects"),
        pytest.param(node("UnreadTestPure", "rest", "x"), (), elements(), id="a pure node, unread"),
        pytest.param(node("UnreadTestPure", "rest", "x"), ("x",), elements(2, 3), id="a pure node, read"),
    ],
)
def test_readers(more: str, observed: tuple[str, ...], expected: Demand) -> None:
    assert wanted(SPLIT + more, observed) == expected


@pytest.mark.parametrize(
    ("control", "options", "given", "is_read"),
    [
        pytest.param(ALLOWED, "", {"switch": True}, True, id="allowed"),
        pytest.param(ALLOWED, "allow: true", {"switch": False}, False, id="not allowed"),
        pytest.param(FORBIDDEN, "", {"switch": True}, False, id="forbidden"),
        pytest.param(FORBIDDEN, "", {"switch": False}, True, id="not forbidden"),
        pytest.param(ALLOWED, "allow: true", {}, True, id="nobody says, and the option allows"),
        pytest.param(ALLOWED, "allow: false", {}, False, id="nobody says, and the option does not"),
        pytest.param("", "allow: true", {}, True, id="no control, and the option allows"),
        pytest.param("", "", {}, False, id="no control, and the option does not"),
        pytest.param('input_stream: "ALLOW:decider"', "", {}, True, id="a stream may open it"),
    ],
)
def test_gates(control: str, options: str, given: dict[str, bool], is_read: bool) -> None:
    streams = 'input_stream: "decider" ' if "decider" in control else ""
    side = 'input_side_packet: "switch" ' if "switch" in control else ""
    found = wanted(streams + side + SPLIT + gate(control, options), ("gated",), **given)
    assert found == (elements(1) if is_read else elements())


CONSTANT = """
    node {
      calculator: "ConstantSidePacketCalculator"
      output_side_packet: "PACKET:0:number" output_side_packet: "PACKET:1:switch"
      options { [mediapipe.ConstantSidePacketCalculatorOptions.ext] {
        packet { int_value: 3 } packet { bool_value: %s }
      } }
    }
"""


@calculator
class UnreadTestSwitch(Calculator):
    """Makes a side packet that nobody can know before."""

    switch = SideOutput(bool)


@pytest.mark.parametrize(
    ("maker", "is_read"),
    [
        pytest.param(CONSTANT % "false", False, id="a constant that shuts"),
        pytest.param(CONSTANT % "true", True, id="a constant that opens"),
        pytest.param(
            'node { calculator: "UnreadTestSwitch" output_side_packet: "switch" }', True, id="made in the run"
        ),
    ],
)
def test_side_packets_that_nodes_make(maker: str, is_read: bool) -> None:
    found = wanted(maker + SPLIT + gate(ALLOWED), ("gated",))
    assert found == (elements(1) if is_read else elements())


def test_a_gate_is_read_as_far_as_what_comes_out() -> None:
    text = 'input_stream: "decider"' + SPLIT + gate('input_stream: "ALLOW:decider"')
    assert wanted(text) == elements()
    assert wanted(text, stream="decider") == EVERYTHING


def test_split_behind_split() -> None:
    again = """
        node {
          calculator: "SplitTensorVectorCalculator" input_stream: "rest" output_stream: "a" output_stream: "b"
          options { [mediapipe.SplitVectorCalculatorOptions.ext] {
            ranges { begin: 0 end: 1 } ranges { begin: 1 end: 2 }
          } }
        }
    """
    assert wanted(SPLIT + again, ("b",)) == elements(3)


def test_combined_and_single_elements() -> None:
    split = """
        input_stream: "tensors"
        node {{
          calculator: "SplitTensorVectorCalculator" input_stream: "tensors" output_stream: "out"
          options {{ [mediapipe.SplitVectorCalculatorOptions.ext] {{ {} }} }}
        }}
    """
    combined = "ranges { begin: 3 end: 4 } ranges { begin: 0 end: 1 } combine_outputs: true"
    assert wanted(split.format(combined), ("out",)) == elements(0, 3)
    assert wanted(split.format(combined)) == elements()
    single = "ranges { begin: 3 end: 4 } element_only: true"
    assert wanted(split.format(single), ("out",)) == elements(3)


CYCLE = """
    input_stream: "tensors"
    node {
      calculator: "PreviousLoopbackCalculator" input_stream: "MAIN:tensors" input_stream: "LOOP:mixed"
      input_stream_info { tag_index: "LOOP" back_edge: true } output_stream: "PREV_LOOP:previous"
    }
    node {
      calculator: "UnreadTestMix" input_stream: "NEW:tensors" input_stream: "OLD:previous"
      output_stream: "mixed"
    }
"""


@calculator
class UnreadTestMix(Calculator):
    """Joins what is new with what was."""

    pure = True
    new = Input(list[Tensor], "NEW")
    old = Input(list[Tensor], "OLD")
    mixed = Output(list[Tensor])


@pytest.mark.parametrize(
    ("observed", "expected"),
    [pytest.param((), NOTHING, id="unread"), pytest.param(("mixed",), EVERYTHING, id="read")],
)
def test_a_cycle_does_not_keep_itself_alive(observed: tuple[str, ...], expected: Demand) -> None:
    assert wanted(CYCLE, observed) == expected


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        pytest.param(elements(1), elements(2), elements(1, 2), id="elements"),
        pytest.param(NOTHING, elements(2), elements(2), id="nothing"),
        pytest.param(EVERYTHING, elements(2), Demand(None, 4), id="everything"),
    ],
)
def test_what_two_readers_want(one: Demand, other: Demand, joined: Demand) -> None:
    assert one.joined(other) == other.joined(one) == joined
    assert bool(joined)


POSE = Path(__file__).parents[3] / "graphs" / "modules" / "pose_landmark" / "pose_landmark_cpu.pbtxt"
MODEL_OUTPUTS = "poselandmarkbyroicpu__output_tensors"


@pytest.mark.parametrize(
    ("side_packets", "observed", "expected"),
    [
        pytest.param({}, (), {0, 1, 3}, id="nobody looks"),
        pytest.param({}, ("pose_landmarks",), {0, 1, 3}, id="landmarks"),
        pytest.param({}, ("pose_landmarks", "pose_world_landmarks"), {0, 1, 3, 4}, id="both landmarks"),
        pytest.param({}, ("segmentation_mask",), {0, 1, 3}, id="a mask that is off"),
        pytest.param({"enable_segmentation": True}, (), {0, 1, 3}, id="a mask that nobody looks at"),
        pytest.param({"enable_segmentation": True}, ("segmentation_mask",), {0, 1, 2, 3}, id="a mask"),
    ],
)
def test_the_outputs_of_the_pose_model(
    side_packets: dict[str, bool], observed: tuple[str, ...], expected: set[int]
) -> None:
    plan = CalculatorGraph(POSE).plan
    given = {name: Packet(value) for name, value in side_packets.items()}
    found = stream_demand(plan, given, observed)[plan.stream_ids[MODEL_OUTPUTS]]
    assert found == Demand(frozenset(expected), 5)


POSE_TRACKING = Path(__file__).parents[3] / "graphs" / "pose_tracking"


@pytest.mark.parametrize("device", ["cpu", "gpu"])
@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        pytest.param(("pose_landmarks",), {0, 1, 3}, id="landmarks"),
        pytest.param(("segmentation_mask",), {0, 1, 2, 3}, id="mask"),
        pytest.param(("output_video",), {0, 1, 2, 3}, id="drawing"),
    ],
)
def test_a_mask_that_is_only_there_to_be_drawn(device: str, observed: tuple[str, ...], expected: set[int]) -> None:
    plan = CalculatorGraph(POSE_TRACKING / f"pose_tracking_{device}.pbtxt").plan
    found = stream_demand(plan, {"enable_segmentation": Packet(True)}, observed)
    stream = plan.stream_ids[f"poselandmark{device}__poselandmarkbyroi{device}__output_tensors"]
    assert found[stream] == Demand(frozenset(expected), 5)


@calculator
class UnreadTestCounted(Calculator):
    """Passes numbers on and counts its calls."""

    for_outputs_only = True
    number = Input(int)
    same = Output(int)

    def process(self, cc: Any) -> None:
        cc.counter("calls").increment()
        self.same.send(cc, self.number(cc))


@calculator
class UnreadTestUnsettled(UnreadTestCounted):
    """Only a call tells up to which time it has emitted."""

    timestamp_offset = None


@calculator
class UnreadTestBoth(Calculator):
    """Passes numbers on when both inputs are settled; of the other it reads the times only."""

    number = Input(int, "NUMBER")
    other = Input(int, "OTHER")
    same = Output(int)

    @classmethod
    def demanded_inputs(cls, node: Any, demanded: Any, side_packets: Any) -> list[Demand]:
        return [EVERYTHING if tag == "NUMBER" else NOTHING for tag, _ in node.inputs.keys]

    def process(self, cc: Any) -> None:
        self.same.send(cc, self.number(cc))


BRANCHES = """
    input_stream: "in"
    node { name: "unread" calculator: "%s" input_stream: "in" output_stream: "a" }
    node { name: "behind" calculator: "UnreadTestCounted" input_stream: "a" output_stream: "b" }
    node { name: "read" calculator: "UnreadTestCounted" input_stream: "in" output_stream: "out" }
"""


def _calls(text: str, *observed: str) -> dict[str, int]:
    """Return how often each node was called for three packets, all of which are settled everywhere."""
    graph = CalculatorGraph(text)
    for stream in observed:
        graph.observe_output_stream(stream, lambda packet: None)
    with graph:
        for time in range(3):
            graph.add_packet_to_input_stream("in", time, time)
        graph.wait_until_idle()
        if "UnreadTestUnsettled" not in text:
            assert {graph.output_stream_bound(name) for name in ("a", "b", "out")} == {3}
    return {name.removesuffix("-calls"): count for name, count in graph.counters().items()}


@pytest.mark.parametrize(
    ("observed", "called"),
    [
        pytest.param(("out",), {"read": 3}, id="a branch is read"),
        pytest.param(("b",), {"unread": 3, "behind": 3}, id="the other is read"),
        pytest.param((), {"unread": 3, "behind": 3, "read": 3}, id="somebody measures"),
    ],
)
def test_nodes_that_nobody_reads_rest(observed: tuple[str, ...], called: dict[str, int]) -> None:
    """S56."""
    assert _calls(BRANCHES % "UnreadTestCounted", *observed) == called


def test_a_node_that_settles_its_output_by_itself_is_called() -> None:
    assert _calls(BRANCHES % "UnreadTestUnsettled", "out") == {"unread": 3, "read": 3}


def test_what_waits_for_an_unread_stream_goes_on() -> None:
    text = BRANCHES % "UnreadTestCounted" + """
        node { calculator: "UnreadTestBoth" input_stream: "NUMBER:in" input_stream: "OTHER:b"
               output_stream: "both" }
    """  # fmt: skip
    seen: list[int] = []
    graph = CalculatorGraph(text)
    graph.observe_output_stream("both", lambda packet: seen.append(packet.payload))
    with graph:
        for time in range(3):
            graph.add_packet_to_input_stream("in", time, time)
        graph.wait_until_idle()
        assert seen == [0, 1, 2]


def test_a_resting_node_is_not_called_silent() -> None:
    graph = CalculatorGraph(BRANCHES % "UnreadTestCounted")
    graph.observe_output_stream("out", lambda packet: None)
    profile = Profile()
    graph.add_instrument(profile)
    with graph:
        graph.add_packet_to_input_stream("in", 0, 0)
        graph.wait_until_idle()
        assert not graph.explain().findings
