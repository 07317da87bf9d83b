"""ThresholdingCalculator."""

from __future__ import annotations

import pytest

from graphkit.errors import GraphValidationError
from graphkit.testing import CalculatorRunner

OUTPUTS = 'output_stream: "FLAG:flag" output_stream: "ACCEPT:accept" output_stream: "REJECT:reject"'


def runner(more: str = "", option: str = "") -> CalculatorRunner:
    return CalculatorRunner(
        f"""
        calculator: "ThresholdingCalculator" input_stream: "FLOAT:value" {more} {OUTPUTS}
        options {{ [mediapipe.ThresholdingCalculatorOptions.ext] {{ {option} }} }}
        """
    )


@pytest.mark.parametrize(
    ("value", "above"),
    [
        pytest.param(0.51, True, id="above"),
        pytest.param(0.5, False, id="equal"),
        pytest.param(0.1, False, id="below"),
    ],
)
def test_answers(value: float, above: bool) -> None:
    run = runner(option="threshold: 0.5")
    run.add("FLOAT", value, 3)
    run.run()
    assert [(packet.payload, packet.timestamp) for packet in run.outputs["FLAG"]] == [(above, 3)]
    assert [packet.payload for packet in run.outputs["ACCEPT"]] == ([True] if above else [])
    assert [packet.payload for packet in run.outputs["REJECT"]] == ([] if above else [False])


def test_threshold_of_a_side_packet() -> None:
    run = runner('input_side_packet: "THRESHOLD:threshold"')
    run.side_packets["THRESHOLD"] = 0.8
    run.add("FLOAT", 0.7, 0)
    run.run()
    assert [packet.payload for packet in run.outputs["FLAG"]] == [False]


def test_threshold_of_a_stream_holds_until_the_next() -> None:
    run = runner('input_stream: "THRESHOLD:threshold"')
    for timestamp, threshold in ((0, 0.9), (1, None), (2, 0.1)):
        run.add("FLOAT", 0.5, timestamp)
        if threshold is None:
            run.set_bound("THRESHOLD", timestamp + 1)
        else:
            run.add("THRESHOLD", threshold, timestamp)
    run.run()
    assert [packet.payload for packet in run.outputs["FLAG"]] == [False, False, True]


def test_the_threshold_may_be_given_once() -> None:
    with pytest.raises(GraphValidationError, match="the threshold is given more than once"):
        runner('input_side_packet: "THRESHOLD:threshold"', "threshold: 0.5").run()
