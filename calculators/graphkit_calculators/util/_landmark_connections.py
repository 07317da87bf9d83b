"""Connections of landmarks, as options list them: pairs of indexes in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Sequence


def connection_pairs(indexes: Sequence[int]) -> list[tuple[int, int]]:
    """Return the pairs of a list of indexes; raises ContractError where one is left over or below 0."""
    if len(indexes) % 2 or min(indexes, default=0) < 0:
        raise ContractError(
            f"landmark_connections holds pairs of indexes from 0; found {len(indexes)} numbers, the "
            f"smallest {min(indexes)}."
        )
    return list(zip(indexes[::2], indexes[1::2], strict=True))
