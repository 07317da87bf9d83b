from __future__ import annotations

import pytest

from graphkit.framework import FLOW_CONTROL, FlowControl
from graphkit.testing import CalculatorRunner
from graphkit_calculators.core.flow_limiter_calculator import AllowedRanges, FlowLimiterCalculatorOptions

NODE = """
  calculator: "FlowLimiterCalculator"
  input_stream: "frames" input_stream: "FINISHED:finished"
  output_stream: "sampled" output_stream: "ALLOW:allow"
  options { [mediapipe.FlowLimiterCalculatorOptions.ext] { %s } }
"""


def frames(runner, *timestamps):
    for timestamp in timestamps:
        runner.add(0, f"f{timestamp}", timestamp)


@pytest.mark.parametrize(
    ("options", "events", "passed", "dropped"),
    [
        pytest.param("", [0, 5, "end 0", 10], [0, 10], [5], id="one-in-flight"),
        pytest.param("max_in_queue: 1", [0, 5, 10, "end 0"], [0, 10], [5], id="newest-waits"),
        pytest.param("max_in_queue: 2", [0, 5, 10, "end 0", "end 5"], [0, 5, 10], [], id="two-wait"),
        pytest.param("max_in_flight: 2", [0, 5, 10, "end 5", 15, 20], [0, 5, 15, 20], [10], id="two-in-flight"),
        pytest.param("max_in_flight: 2", [0, 5, "end 0", 10, 15], [0, 5, 10], [15], id="ends-only-what-is-before"),
        pytest.param("", [0, "bound 1", 5], [0, 5], [], id="bound-ends-a-frame"),
        pytest.param("", [0, "bound 0", 5], [0], [5], id="bound-at-the-frame-does-not"),
        pytest.param("in_flight_timeout: 10", [0, 10, 11], [0, 11], [10], id="timeout"),
    ],
)
def test_passes_and_drops(options, events, passed, dropped, timed):
    """S42."""
    runner = CalculatorRunner(NODE % options)
    for event in events:
        if isinstance(event, int):
            frames(runner, event)
        elif event.startswith("end"):
            runner.add("FINISHED", True, int(event.split()[1]))
        else:
            runner.set_bound("FINISHED", int(event.split()[1]))
    runner.run()
    assert timed(runner.outputs[0]) == [(f"f{t}", t) for t in passed]
    assert timed(runner.outputs["ALLOW"]) == sorted(
        [(True, t) for t in passed] + [(False, t) for t in dropped], key=lambda x: x[1]
    )
    assert runner.counters.get("dropped", 0) == len(dropped)


def test_a_dropped_frame_moves_the_bound():
    runner = CalculatorRunner(NODE % "")
    frames(runner, 0, 5)
    runner.run()
    assert runner.output_bounds[0] == 6
    assert runner.output_bounds["ALLOW"] == 6


def test_a_waiting_frame_holds_the_bound():
    runner = CalculatorRunner(NODE % "max_in_queue: 1")
    frames(runner, 0, 5)
    runner.run()
    assert runner.output_bounds[0] == 5


def test_followers_take_the_decisions_of_the_first_stream(timed):
    runner = CalculatorRunner(
        'calculator: "FlowLimiterCalculator" input_stream: "a" input_stream: "b" input_stream: "FINISHED:end" '
        'output_stream: "sa" output_stream: "sb"'
    )
    runner.add(1, "b0", 0)
    frames(runner, 0, 5)
    runner.add(1, "b5", 5)
    runner.add("FINISHED", True, 0)
    frames(runner, 10)
    runner.add(1, "b10", 10)
    runner.add(1, "b12", 12)
    runner.add(1, "b20", 20)
    runner.run()
    # b5 shares the fate of a frame that was dropped; b12 and b20 that of the frame at 10, once a has ended.
    assert timed(runner.outputs[1]) == [("b0", 0), ("b10", 10), ("b12", 12), ("b20", 20)]
    assert runner.output_bounds[1] == 12


def test_max_in_flight_side_packet_overrides(timed):
    runner = CalculatorRunner(NODE % "max_in_flight: 1" + ' input_side_packet: "MAX_IN_FLIGHT:n"')
    runner.side_packets["MAX_IN_FLIGHT"] = 3
    frames(runner, 0, 1, 2, 3)
    runner.run()
    assert [t for _, t in timed(runner.outputs[0])] == [0, 1, 2]


def test_options_side_packet_overrides_what_it_sets(timed):
    runner = CalculatorRunner(NODE % "max_in_queue: 1" + ' input_side_packet: "OPTIONS:o"')
    runner.side_packets["OPTIONS"] = FlowLimiterCalculatorOptions(max_in_flight=2)
    frames(runner, 0, 1, 2)
    runner.add("FINISHED", True, 0)
    runner.run()
    assert [t for _, t in timed(runner.outputs[0])] == [0, 1, 2]


def test_without_dropping_every_frame_passes_at_once(timed):
    """S41, S42."""
    runner = CalculatorRunner(NODE % "")
    runner.set_service(FLOW_CONTROL, FlowControl(drop=False))
    frames(runner, 0, 5, 10)
    runner.set_bound(0, 21)
    runner.run()
    assert timed(runner.outputs[0]) == [("f0", 0), ("f5", 5), ("f10", 10)]
    assert timed(runner.outputs["ALLOW"]) == [(True, 0), (True, 5), (True, 10)]
    assert runner.output_bounds[0] == 21
    assert "dropped" not in runner.counters


def test_allowed_ranges_forget_what_ended():
    ranges = AllowedRanges()
    assert ranges.is_allowed(0)
    for timestamp, allowed in [(0, True), (10, False), (20, True)]:
        ranges.record(timestamp, allowed)
    assert [ranges.is_allowed(t) for t in (5, 10, 15, 20, 99)] == [True, False, False, True, True]
    ranges.forget_before(15)
    assert len(ranges) == 2
    assert not ranges.is_allowed(15)
