from __future__ import annotations

import pytest

from graphkit import Timestamp
from graphkit.errors import GraphkitError
from graphkit.testing import CalculatorRunner

NODE = """
  calculator: "PacketSequencerCalculator"
  input_stream: "INPUT:selection" input_stream: "TICK:image" output_stream: "OUTPUT:timed"
"""


def test_inputs_come_after_the_latest_tick(timed):
    runner = CalculatorRunner(NODE)
    for key, payload, timestamp in [("TICK", "t", 10), ("INPUT", "a", 3), ("INPUT", "b", 99), ("TICK", "t", 20)]:
        runner.add(key, payload, timestamp)
    runner.run()
    assert timed(runner.outputs["OUTPUT"]) == [("a", 11), ("b", 12)]
    assert runner.output_bounds["OUTPUT"] == 21


def test_without_a_tick_inputs_start_at_the_smallest_timestamp():
    runner = CalculatorRunner(NODE)
    runner.add("INPUT", "a", 3)
    runner.run()
    assert [packet.timestamp for packet in runner.outputs["OUTPUT"]] == [Timestamp.MIN]


def test_each_input_needs_its_output():
    with pytest.raises(GraphkitError, match="2 INPUT input streams but 1 OUTPUT output streams"):
        CalculatorRunner(NODE + ' input_stream: "INPUT:1:more"').run()
