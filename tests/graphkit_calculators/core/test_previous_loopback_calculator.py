from __future__ import annotations

import pytest

from graphkit.testing import CalculatorRunner

NODE = """
  calculator: "PreviousLoopbackCalculator"
  input_stream: "MAIN:main" input_stream: "LOOP:loop" output_stream: "PREV_LOOP:previous"
"""


@pytest.mark.parametrize(
    ("events", "expected", "bound"),
    [
        pytest.param(["m1"], [], 2, id="first-gives-a-bound"),
        pytest.param(["m1", "l1", "m2"], [("l1", 2)], 3, id="previous-result"),
        pytest.param(["m1", "m2", "l1"], [("l1", 2)], 3, id="result-comes-late"),
        pytest.param(["m1", "m2"], [], 2, id="waits-for-the-result"),
        pytest.param(["m1", "l1", "m5", "l5", "m9"], [("l1", 5), ("l5", 9)], 10, id="restamped"),
        pytest.param(["m1", "lb2", "m2"], [], 3, id="empty-result-gives-a-bound"),
        pytest.param(["m1", "l1", "mb8"], [], 8, id="bound-on-main-gives-a-bound"),
        pytest.param(["m1", "l1", "mb4", "m6"], [("l1", 6)], 7, id="bound-on-main-keeps-the-result"),
        pytest.param(["m2", "l1", "l2", "m3"], [("l2", 3)], 4, id="other-results-are-dropped"),
        pytest.param(["m1", "l3", "m2"], [], 3, id="result-of-the-future-does-not-match"),
    ],
)
def test_events(events, expected, bound, timed):
    runner = CalculatorRunner(NODE)
    for event in events:
        key = "MAIN" if event[0] == "m" else "LOOP"
        if event[1] == "b":
            runner.set_bound(key, int(event[2:]))
        else:
            runner.add(key, event, int(event[1:]))
    runner.run()
    assert timed(runner.outputs["PREV_LOOP"]) == expected
    assert runner.output_bounds["PREV_LOOP"] == bound


def test_closes_after_the_last_main_packet(timed):
    runner = CalculatorRunner(NODE)
    runner.add("MAIN", "m", 1)
    runner.add("LOOP", "l", 1)
    runner.close("MAIN")
    runner.run()
    assert timed(runner.outputs["PREV_LOOP"]) == []
    assert str(runner.output_bounds["PREV_LOOP"]) == "DONE"
