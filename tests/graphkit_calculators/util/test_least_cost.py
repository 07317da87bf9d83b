from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from graphkit_calculators.util._least_cost import least_cost_pairs


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 3), (4, 4), (2, 5), (5, 2), (1, 4)])
def test_the_sum_is_the_least_of_all_ways(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(3)
    for _ in range(40):
        costs = random.random(shape)
        pairs = least_cost_pairs(costs, 1.0)
        assert len(pairs) == len({row for row, _ in pairs}) == len({column for _, column in pairs}) == min(shape)
        wide = costs if shape[0] <= shape[1] else costs.T
        ways = permutations(range(wide.shape[1]), wide.shape[0])
        least = min(sum(wide[row, column] for row, column in enumerate(way)) for way in ways)
        assert sum(costs[pair] for pair in pairs) == pytest.approx(least)


@pytest.mark.parametrize(
    ("costs", "pairs"),
    [
        pytest.param([[0.1, 0.9], [0.2, 0.95]], [(0, 0)], id="one is too dear"),
        pytest.param([[0.1, 0.45], [0.2, 0.9]], [(0, 1), (1, 0)], id="as many as can be"),
        pytest.param([[2.0, 3.0]], [], id="all are too dear"),
    ],
)
def test_a_dear_pair_is_none(costs: list[list[float]], pairs: list[tuple[int, int]]) -> None:
    assert least_cost_pairs(np.array(costs), 0.5) == pairs


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nobody(shape: tuple[int, int]) -> None:
    assert least_cost_pairs(np.zeros(shape), 1.0) == []
