from __future__ import annotations

import pytest

from graphkit.errors import GraphkitError
from graphkit.formats import NormalizedRect
from graphkit.testing import CalculatorRunner

RECTS = [NormalizedRect(0.1 * i, 0.5, 0.2, 0.2) for i in range(4)]


def clip(options="", extra=""):
    return CalculatorRunner(
        f'calculator: "ClipNormalizedRectVectorSizeCalculator" input_stream: "in" output_stream: "out" {extra} '
        f"options {{ [mediapipe.ClipVectorSizeCalculatorOptions.ext] {{ {options} }} }}"
    )


@pytest.mark.parametrize(
    ("options", "side", "kept"),
    [
        pytest.param("", None, 1, id="default"),
        pytest.param("max_vec_size: 3", None, 3, id="option"),
        pytest.param("max_vec_size: 9", None, 4, id="short-list"),
        pytest.param("max_vec_size: 3", 2, 2, id="side-packet"),
    ],
)
def test_keeps_the_first(options, side, kept, timed):
    runner = clip(options, "" if side is None else 'input_side_packet: "size"')
    if side is not None:
        runner.side_packets[0] = side
    runner.add(0, RECTS, 5)
    runner.run()
    assert timed(runner.outputs[0]) == [(RECTS[:kept], 5)]


def test_an_empty_list_stays_empty(timed):
    runner = clip()
    runner.add(0, [], 5)
    runner.run()
    assert timed(runner.outputs[0]) == [([], 5)]


def test_size_must_be_positive():
    with pytest.raises(GraphkitError, match="max_vec_size is 0, it must be 1 or more"):
        clip("max_vec_size: 0").run()
    runner = clip(extra='input_side_packet: "size"')
    runner.side_packets[0] = 0
    with pytest.raises(GraphkitError, match="the side packet with the maximum size is 0"):
        runner.run()
