from __future__ import annotations

from typing import Any

import pytest

from graphkit.errors import CalculatorError
from graphkit.testing import CalculatorRunner


def pick(items: list[Any] | None, indices: list[int] | None) -> list[Any]:
    run = CalculatorRunner(
        'calculator: "PickVectorItemsCalculator" input_stream: "ITERABLE:a" input_stream: "INDICES:b" '
        'output_stream: "ITERABLE:c"'
    )
    if items is not None:
        run.add("ITERABLE", items, 5)
    if indices is not None:
        run.add("INDICES", indices, 5)
    run.run()
    return [packet.payload for packet in run.outputs["ITERABLE"]]


@pytest.mark.parametrize(
    ("items", "indices", "expected"),
    [
        pytest.param(["a", "b", "c"], [2, 0], [["c", "a"]], id="some, in another order"),
        pytest.param(["a"], [], [[]], id="none"),
        pytest.param(None, [0], [], id="no list"),
        pytest.param(["a"], None, [], id="no indexes"),
    ],
)
def test_picks(items: Any, indices: Any, expected: Any) -> None:
    assert pick(items, indices) == expected


@pytest.mark.parametrize("indices", [[1], [-1]])
def test_an_index_outside(indices: list[int]) -> None:
    with pytest.raises(CalculatorError, match=r"INDICES are \[-?1\], and ITERABLE has 1 elements, counted from 0"):
        pick(["a"], indices)
