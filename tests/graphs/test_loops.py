"""Loops in whole graphs: BeginLoop, a body, EndLoop."""

from __future__ import annotations

import pytest

from graphkit import Calculator, CalculatorGraph, Input, Output, Packet, calculator

LOOP = """
  input_stream: "numbers"
  input_stream: "factor"
  output_stream: "results"
  node {
    calculator: "BeginLoopFloatCalculator"
    input_stream: "ITERABLE:numbers"
    input_stream: "CLONE:factor"
    output_stream: "ITEM:number"
    output_stream: "CLONE:factor_for_number"
    output_stream: "BATCH_END:end"
  }
  node {
    calculator: "LoopTestMultiply"
    input_stream: "A:number"
    input_stream: "B:factor_for_number"
    output_stream: "product"
  }
  node {
    calculator: "EndLoopFloatCalculator"
    input_stream: "ITEM:product"
    input_stream: "BATCH_END:end"
    output_stream: "ITERABLE:results"
  }
"""


@calculator
class LoopTestMultiply(Calculator):
    """Multiplies, and leaves out negative numbers."""

    a = Input(float, "A")
    b = Input(float, "B")
    product = Output(float)

    def process(self, cc):
        if self.a(cc) >= 0:
            self.product.send(cc, self.a(cc) * self.b(cc))


def run(config, events, watched="results", bounds=()):
    """Push (stream, payload or None for a bound, timestamp) and return what came out."""
    graph = CalculatorGraph(config)
    seen = []
    graph.observe_output_stream(watched, lambda p: seen.append((p.get_or(None), int(p.timestamp))))
    graph.start_run()
    for name, payload, timestamp in events:
        if payload is None:
            graph.set_input_stream_timestamp_bound(name, timestamp + 1)
        else:
            graph.add_packet_to_input_stream(name, Packet(payload, timestamp))
    graph.wait_until_idle()
    for name, bound in bounds:
        assert graph.output_stream_bound(name) == bound
    graph.close_all_input_streams()
    graph.wait_until_done()
    return seen


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        pytest.param({10: [1.0, 2.0], 20: [3.0]}, [([2.0, 4.0], 10), ([6.0], 20)], id="lists"),
        pytest.param({10: [1.0, -1.0, 2.0]}, [([2.0, 4.0], 10)], id="item-left-out"),
        pytest.param({10: [2.0, -1.0]}, [([4.0], 10)], id="last-item-left-out"),
        pytest.param({10: [], 20: [1.0]}, [([2.0], 20)], id="empty-list"),
        pytest.param({10: [-1.0], 20: [1.0]}, [([2.0], 20)], id="all-left-out"),
        pytest.param({10: None, 20: [1.0]}, [([2.0], 20)], id="no-list"),
    ],
)
def test_results_come_at_the_time_of_the_list(lists, expected):
    events = []
    for timestamp, numbers in lists.items():
        events += [("numbers", numbers, timestamp), ("factor", 2.0, timestamp)]
    last = max(lists)
    assert run(LOOP, events, bounds=[("results", last + 1)]) == expected


def test_a_loop_without_clones_settles_empty_timestamps():
    config = LOOP.replace('input_stream: "CLONE:factor"', "").replace(
        'output_stream: "CLONE:factor_for_number"', ""
    )
    config = config.replace('input_stream: "B:factor_for_number"', 'input_stream: "B:number"')
    config = config.replace('input_stream: "factor"', "", 1)
    events = [("numbers", [3.0], 5), ("numbers", None, 9)]
    assert run(config, events, bounds=[("results", 10)]) == [([9.0], 5)]


def test_item_loop_brings_results_back_to_their_streams():
    config = """
      input_stream: "a" input_stream: "b" output_stream: "double_b"
      node {
        calculator: "BeginItemLoopCalculator" input_stream: "ITEM:0:a" input_stream: "ITEM:1:b"
        output_stream: "ITEM:item" output_stream: "BATCH_END:end"
      }
      node {
        calculator: "LoopTestMultiply" input_stream: "A:item" input_stream: "B:item" output_stream: "square"
      }
      node {
        calculator: "EndItemLoopCalculator" input_stream: "ITEM:square" input_stream: "BATCH_END:end"
        output_stream: "ITEM:0:double_a" output_stream: "ITEM:1:double_b"
      }
    """
    events = [("a", 2.0, 1), ("b", 3.0, 1), ("a", 4.0, 2), ("b", 5.0, 2)]
    assert run(config, events, "double_b") == [(9.0, 1), (25.0, 2)]
