from __future__ import annotations

import pytest

from graphkit.errors import GraphkitError
from graphkit.testing import CalculatorRunner


def bypass(options):
    return CalculatorRunner(
        'calculator: "BypassCalculator" input_stream: "IMAGE:image" input_stream: "POINTS:points" '
        'output_stream: "POINTS:smoothed" output_stream: "EXTRA:extra" '
        f"options {{ [mediapipe.BypassCalculatorOptions.ext] {{ {options} }} }}"
    )


def test_drops_all_and_settles_the_outputs():
    runner = bypass("")
    runner.add("IMAGE", "i", 1)
    runner.add("POINTS", "p", 1)
    runner.run()
    assert runner.outputs["POINTS"] == []
    assert [runner.output_bounds[tag] for tag in ("POINTS", "EXTRA")] == [2, 2]


def test_passes_what_the_options_name(timed):
    runner = bypass('pass_input_stream: "POINTS:0" pass_output_stream: "POINTS"')
    runner.add("IMAGE", "i", 1)
    runner.add("POINTS", "p", 1)
    runner.run()
    assert timed(runner.outputs["POINTS"]) == [("p", 1)]
    assert runner.outputs["EXTRA"] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param('pass_input_stream: "POINTS"', "they go in pairs", id="pairs"),
        pytest.param(
            'pass_input_stream: "AUDIO" pass_output_stream: "POINTS"',
            "name stream AUDIO, but the streams are IMAGE, POINTS",
            id="unknown",
        ),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(GraphkitError, match=message):
        bypass(options).run()
