"""least_cost_pairs: who belongs to whom, so that the sum of the costs is least (the Hungarian method)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_REFUSED = 1e6  # more than any sum of allowed costs


def least_cost_pairs(costs: NDArray[np.float64], most: float) -> list[tuple[int, int]]:
    """Return (row, column) of as many pairs as cost *most* or less each, chosen so that the sum is least.

    Args:
        costs: (N, M), 0 or more.
        most: a dearer pair is none.
    """
    if not costs.size:
        return []
    flipped = costs.shape[0] > costs.shape[1]
    bounded = np.where(costs <= most, costs, _REFUSED)
    pairs = _assign(bounded.T if flipped else bounded)
    if flipped:
        pairs = [(row, column) for column, row in pairs]
    return sorted((row, column) for row, column in pairs if costs[row, column] <= most)


def _assign(costs: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return one column for each row, (N, M) with N <= M: shortest augmenting paths with potentials."""
    rows, columns = costs.shape
    row_potential, column_potential = np.zeros(rows), np.zeros(columns + 1)
    row_of = np.full(columns + 1, -1)  # of each column; the last one is where a path begins
    for row in range(rows):
        row_of[columns] = row
        column, best = columns, np.full(columns, np.inf)
        came_from, done = np.full(columns, columns), np.zeros(columns + 1, np.bool_)
        while row_of[column] >= 0:
            done[column] = True
            current = row_of[column]
            reduced = costs[current] - row_potential[current] - column_potential[:columns]
            better = ~done[:columns] & (reduced < best)
            best[better], came_from[better] = reduced[better], column
            step, column = _nearest(best, done[:columns])
            row_potential[row_of[done]] += step
            column_potential[done] -= step
            best[~done[:columns]] -= step
        while column != columns:
            before = came_from[column]
            row_of[column], column = row_of[before], before
    return [(int(row_of[column]), column) for column in range(columns) if row_of[column] >= 0]


def _nearest(best: NDArray[np.float64], done: NDArray[Any]) -> tuple[float, int]:
    column = int(np.where(done, np.inf, best).argmin())
    return float(best[column]), column
