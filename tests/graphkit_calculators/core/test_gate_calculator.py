from __future__ import annotations

import pytest

from graphkit.errors import GraphkitError
from graphkit.testing import CalculatorRunner


def gate(extra="", options=""):
    return CalculatorRunner(
        f'calculator: "GateCalculator" input_stream: "in" output_stream: "out" {extra} '
        f"options {{ [mediapipe.GateCalculatorOptions.ext] {{ {options} }} }}"
    )


@pytest.mark.parametrize(
    ("options", "passes"),
    [
        pytest.param("", False, id="default"),
        pytest.param("allow: false", False, id="false"),
        pytest.param("allow: true", True, id="true"),
    ],
)
def test_option_decides_without_control(options, passes):
    runner = gate(options=options)
    runner.add(0, "x", 42)
    runner.run()
    assert len(runner.outputs[0]) == passes
    assert runner.output_bounds[0] == 43


@pytest.mark.parametrize(
    ("tag", "value", "passes"),
    [
        pytest.param("ALLOW", True, True, id="allow"),
        pytest.param("ALLOW", False, False, id="not-allow"),
        pytest.param("DISALLOW", False, True, id="not-disallow"),
        pytest.param("DISALLOW", True, False, id="disallow"),
    ],
)
def test_side_packet_decides(tag, value, passes, timed):
    runner = gate(f'input_side_packet: "{tag}:control"')
    runner.side_packets[tag] = value
    runner.add(0, "x", 42)
    runner.add(0, "y", 43)
    runner.run()
    assert timed(runner.outputs[0]) == ([("x", 42), ("y", 43)] if passes else [])


def test_side_packet_that_closes_the_gate_closes_the_outputs():
    runner = gate('input_side_packet: "ALLOW:control"')
    runner.side_packets["ALLOW"] = False
    runner.add(0, "x", 42)
    runner.run()
    assert str(runner.output_bounds[0]) == "DONE"


@pytest.mark.parametrize(
    ("tag", "options", "controls", "passed"),
    [
        pytest.param("ALLOW", "", {42: True, 43: False, 44: True}, [42, 44], id="allow"),
        pytest.param("DISALLOW", "", {42: True, 43: False, 44: True}, [43], id="disallow"),
        pytest.param("ALLOW", "", {42: True}, [42], id="allow-empty-closes"),
        pytest.param("DISALLOW", "", {42: True}, [], id="disallow-empty-closes-too"),
        pytest.param("ALLOW", "empty_packets_as_allow: true", {43: False}, [42, 44], id="allow-empty-opens"),
        pytest.param("DISALLOW", "empty_packets_as_allow: true", {43: True}, [42, 44], id="disallow-empty-opens"),
    ],
)
def test_stream_decides_packet_by_packet(tag, options, controls, passed, timed):
    runner = gate(f'input_stream: "{tag}:control"', options)
    for timestamp in (42, 43, 44):
        runner.add(0, timestamp, timestamp)
        if timestamp in controls:
            runner.add(tag, controls[timestamp], timestamp)
        else:
            runner.set_bound(tag, timestamp + 1)
    runner.run()
    assert timed(runner.outputs[0]) == [(t, t) for t in passed]
    assert runner.output_bounds[0] == 45


@pytest.mark.parametrize(
    ("options", "controls", "changes"),
    [
        pytest.param("", [False, True, True, False], [(True, 1), (False, 3)], id="changes"),
        pytest.param("", [True], [], id="first-is-none"),
        pytest.param("initial_gate_state: GATE_DISALLOW", [True, True], [(True, 0)], id="first-is-one"),
        pytest.param("initial_gate_state: GATE_ALLOW", [True, True], [], id="first-is-the-same"),
    ],
)
def test_state_change(options, controls, changes, timed):
    runner = gate('input_stream: "ALLOW:control" output_stream: "STATE_CHANGE:change"', options)
    for timestamp, value in enumerate(controls):
        runner.add(0, "x", timestamp)
        runner.add("ALLOW", value, timestamp)
    runner.run()
    assert timed(runner.outputs["STATE_CHANGE"]) == changes


def test_several_streams_pass_together(timed):
    runner = gate('input_stream: "in2" output_stream: "out2" input_stream: "ALLOW:control"')
    runner.add(0, "a", 1)
    runner.add(1, "b", 1)
    runner.add("ALLOW", True, 1)
    runner.run()
    assert timed(runner.outputs[0]) == [("a", 1)]
    assert timed(runner.outputs[1]) == [("b", 1)]


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param('input_stream: "ALLOW:c" input_stream: "DISALLOW:d"', id="two-streams"),
        pytest.param('input_side_packet: "ALLOW:c" input_side_packet: "DISALLOW:d"', id="two-side-packets"),
        pytest.param('input_stream: "ALLOW:c" input_side_packet: "DISALLOW:d"', id="one-of-each"),
    ],
)
def test_two_controls_are_an_error(extra):
    with pytest.raises(GraphkitError, match=r"has input_s.* and input_s.*; give the gate one of them"):
        gate(extra).run()


def test_outputs_must_match_inputs():
    with pytest.raises(GraphkitError, match="1 untagged input streams but 2 untagged output streams"):
        gate('output_stream: "out2"').run()
