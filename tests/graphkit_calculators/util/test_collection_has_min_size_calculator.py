from __future__ import annotations

import pytest

from graphkit.errors import GraphkitError
from graphkit.formats import NormalizedRect
from graphkit.testing import CalculatorRunner

RECT = NormalizedRect(0.5, 0.5, 0.2, 0.2)


def has_min_size(options="", extra=""):
    return CalculatorRunner(
        f'calculator: "NormalizedRectVectorHasMinSizeCalculator" input_stream: "ITERABLE:in" {extra} '
        'output_stream: "out" '
        f"options {{ [mediapipe.CollectionHasMinSizeCalculatorOptions.ext] {{ {options} }} }}"
    )


@pytest.mark.parametrize(
    ("options", "side", "count", "expected"),
    [
        pytest.param("", None, 0, True, id="default-takes-none"),
        pytest.param("min_size: 2", None, 1, False, id="too-few"),
        pytest.param("min_size: 2", None, 2, True, id="enough"),
        pytest.param("min_size: 2", 3, 2, False, id="side-packet"),
    ],
)
def test_compares(options, side, count, expected):
    runner = has_min_size(options, "" if side is None else 'input_side_packet: "n"')
    if side is not None:
        runner.side_packets[0] = side
    runner.add("ITERABLE", [RECT] * count, 5)
    runner.run()
    assert [(p.payload, int(p.timestamp)) for p in runner.outputs[0]] == [(expected, 5)]


def test_size_may_not_be_negative():
    with pytest.raises(GraphkitError, match="min_size is -1, it must be 0 or more"):
        has_min_size("min_size: -1").run()
