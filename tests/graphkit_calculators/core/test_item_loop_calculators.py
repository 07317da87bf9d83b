from __future__ import annotations

import pytest

from graphkit import Timestamp
from graphkit.errors import GraphkitError
from graphkit.testing import CalculatorRunner

BEGIN = """
  calculator: "BeginItemLoopCalculator"
  input_stream: "ITEM:0:a" input_stream: "ITEM:1:b" input_stream: "CLONE:extra"
  output_stream: "ITEM:item" output_stream: "CLONE:extra_for_item" output_stream: "BATCH_END:end"
"""
END = """
  calculator: "EndItemLoopCalculator"
  input_stream: "ITEM:item" input_stream: "BATCH_END:end" output_stream: "ITEM:0:a" output_stream: "ITEM:1:b"
"""


def test_begin_emits_items_in_order(timed):
    runner = CalculatorRunner(BEGIN)
    runner.add(("ITEM", 0), "a", 10)
    runner.add(("ITEM", 1), "b", 10)
    runner.add("CLONE", "x", 10)
    runner.run()
    assert timed(runner.outputs["ITEM"]) == [("a", 0), ("b", 1)]
    assert timed(runner.outputs["CLONE"]) == [("x", 0), ("x", 1)]
    assert timed(runner.outputs["BATCH_END"]) == [(10, 1)]


def test_begin_without_items_ends_the_batch(timed):
    runner = CalculatorRunner(BEGIN)
    for key in (("ITEM", 0), ("ITEM", 1), ("CLONE", 0)):
        runner.set_bound(key, 11)
    runner.run()
    assert timed(runner.outputs["BATCH_END"]) == [(10, 0)]
    assert runner.output_bounds["ITEM"] == 1


def test_begin_wants_all_items_or_none():
    runner = CalculatorRunner(BEGIN)
    runner.add(("ITEM", 0), "a", 10)
    runner.set_bound(("ITEM", 1), 11)
    runner.set_bound("CLONE", 11)
    with pytest.raises(GraphkitError, match="1 of 2 ITEM inputs have a packet at 10; all or none must"):
        runner.run()


def test_end_deals_the_results_out(timed):
    runner = CalculatorRunner(END)
    runner.add("ITEM", "r0", 0)
    runner.set_bound("BATCH_END", 1)
    runner.add("ITEM", "r1", 1)
    runner.add("BATCH_END", Timestamp(10), 1)
    runner.set_bound("ITEM", 3)
    runner.add("BATCH_END", Timestamp(20), 2)
    runner.run()
    assert timed(runner.outputs["ITEM", 0]) == [("r0", 10)]
    assert timed(runner.outputs["ITEM", 1]) == [("r1", 10)]
    assert runner.output_bounds["ITEM", 1] == 21


def test_end_wants_one_result_for_each_output():
    runner = CalculatorRunner(END)
    runner.add("ITEM", "r0", 0)
    runner.add("BATCH_END", Timestamp(10), 0)
    with pytest.raises(GraphkitError, match="the loop at 10 made 1 items for 2 ITEM outputs"):
        runner.run()
