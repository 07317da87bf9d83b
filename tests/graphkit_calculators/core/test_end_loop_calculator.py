from __future__ import annotations

from graphkit import Timestamp
from graphkit.testing import CalculatorRunner

NODE = """
  calculator: "EndLoopFloatCalculator"
  input_stream: "ITEM:item" input_stream: "BATCH_END:end" output_stream: "ITERABLE:list"
"""


def test_gathers_until_the_end_of_the_batch(timed):
    runner = CalculatorRunner(NODE)
    for timestamp, item, end in [(0, 1.0, None), (1, 2.0, 100), (2, 3.0, 200)]:
        runner.add("ITEM", item, timestamp)
        if end is None:
            runner.set_bound("BATCH_END", timestamp + 1)
        else:
            runner.add("BATCH_END", Timestamp(end), timestamp)
    runner.run()
    assert timed(runner.outputs["ITERABLE"]) == [([1.0, 2.0], 100), ([3.0], 200)]


def test_a_batch_without_items_gives_a_bound(timed):
    runner = CalculatorRunner(NODE)
    runner.set_bound("ITEM", 1)
    runner.add("BATCH_END", Timestamp(100), 0)
    runner.run()
    assert timed(runner.outputs["ITERABLE"]) == []
    assert runner.output_bounds["ITERABLE"] == 101


def test_items_that_the_body_left_out_are_left_out(timed):
    runner = CalculatorRunner(NODE)
    runner.add("ITEM", 1.0, 0)
    runner.set_bound("ITEM", 2)
    runner.set_bound("BATCH_END", 1)
    runner.add("BATCH_END", Timestamp(100), 1)
    runner.run()
    assert timed(runner.outputs["ITERABLE"]) == [([1.0], 100)]
