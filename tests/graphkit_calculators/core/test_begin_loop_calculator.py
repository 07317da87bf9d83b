from __future__ import annotations

import pytest

from graphkit import Timestamp
from graphkit.framework import known_calculators
from graphkit.testing import CalculatorRunner

NODE = """
  calculator: "BeginLoopFloatCalculator"
  input_stream: "ITERABLE:list" input_stream: "CLONE:extra"
  output_stream: "ITEM:item" output_stream: "CLONE:extra_for_item" output_stream: "BATCH_END:end"
"""


@pytest.fixture
def runner():
    return CalculatorRunner(NODE)


def test_items_come_at_loop_timestamps_with_clones(runner, timed):
    """S46."""
    for timestamp, items in [(100, [1.0, 2.0]), (200, [3.0])]:
        runner.add("ITERABLE", items, timestamp)
        runner.add("CLONE", f"extra{timestamp}", timestamp)
    runner.run()
    assert timed(runner.outputs["ITEM"]) == [(1.0, 0), (2.0, 1), (3.0, 2)]
    assert timed(runner.outputs["CLONE"]) == [("extra100", 0), ("extra100", 1), ("extra200", 2)]
    assert timed(runner.outputs["BATCH_END"]) == [(100, 1), (200, 2)]
    assert all(isinstance(packet.payload, Timestamp) for packet in runner.outputs["BATCH_END"])


def test_an_empty_list_uses_up_one_timestamp(runner, timed):
    runner.add("ITERABLE", [], 100)
    runner.add("CLONE", "extra", 100)
    runner.run()
    assert timed(runner.outputs["ITEM"]) == []
    assert timed(runner.outputs["CLONE"]) == []
    assert timed(runner.outputs["BATCH_END"]) == [(100, 0)]
    assert [runner.output_bounds[tag] for tag in ("ITEM", "CLONE", "BATCH_END")] == [1, 1, 1]


def test_a_bound_ends_a_batch_too(runner, timed):
    runner.set_bound("ITERABLE", 51)
    runner.set_bound("CLONE", 51)
    runner.run()
    assert timed(runner.outputs["BATCH_END"]) == [(50, 0)]


def test_a_missing_clone_gets_a_bound(runner, timed):
    runner.add("ITERABLE", [1.0, 2.0], 100)
    runner.set_bound("CLONE", 101)
    runner.run()
    assert timed(runner.outputs["CLONE"]) == []
    assert runner.output_bounds["CLONE"] == 2


def test_the_family_has_typed_ports():
    family = {name: cls for name, cls in known_calculators().items() if name.startswith("BeginLoop")}
    assert len(family) >= 12
    ports = family["BeginLoopDetectionCalculator"]
    assert str(ports.iterable.packet_type) == "list[Detection]"
    assert str(ports.item.packet_type) == "Detection"
    assert 'calculator: "BeginLoopDetectionCalculator"' in ports.__doc__
