"""Unpacks TensorFlow Lite's sparse weights (SparsityParameters) into dense arrays.

A sparse tensor of rank r, with b block dimensions, is stored as a tree of r + b levels in `traversal_order`.
A DENSE level has as many children as its size; a SPARSE_CSR level lists its children: those of parent p
are `indices[segments[p]:segments[p + 1]]`. Dimension r + k is the inside of block k, of dimension block_map[k].
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit.inference._importer import schema

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphkit.inference._importer.flatbuffer import Table


# Pruned models keep a tenth of their weights or more; one that keeps almost none is made to take up memory.
_MOST_PER_VALUE = 1000


class SparseFormatError(ValueError):
    """Sparsity data that contradicts itself."""


def densify(values: NDArray[Any], shape: tuple[int, ...], sparsity: Table) -> NDArray[Any]:
    """Return the dense array.

    Args:
        values: (n,) the stored values, in tree order.
        shape: the dense shape.
        sparsity: the table `SparsityParameters`.

    Raises:
        SparseFormatError: the tree does not have exactly the stored values.
    """
    order = sparsity.numbers(schema.SPARSITY_ORDER, "<i4")
    blocks = sparsity.numbers(schema.SPARSITY_BLOCKS, "<i4")
    described = sparsity.tables(schema.SPARSITY_LEVELS)
    if len(order) != len(described) or len(order) != len(shape) + len(blocks):
        raise SparseFormatError("levels and dimensions differ in number")
    if prod(shape) > _MOST_PER_VALUE * len(values):
        raise SparseFormatError(f"{len(values)} values for a dense shape of {shape}")
    levels = np.zeros((1, 0), np.int64)
    for level in described:
        levels = _descend(levels, level, prod(shape))
    if len(levels) != len(values):
        raise SparseFormatError(f"{len(values)} values for {len(levels)} places")
    dense = np.zeros(shape, values.dtype)
    dense[tuple(_coordinates(levels, order, blocks, shape, described))] = values
    return dense


def _descend(parents: NDArray[np.int64], level: Table, most: int) -> NDArray[np.int64]:
    """Return one row per child, at most so many: the parent's coordinates and its own."""
    if level.number(schema.LEVEL_FORMAT, "b") == schema.DENSE:
        size = level.number(schema.LEVEL_SIZE, "i")
        if size < 0 or size * len(parents) > most:
            raise SparseFormatError(f"a level of {size} places below {len(parents)}")
        own = np.tile(np.arange(size), len(parents))
        return np.column_stack([np.repeat(parents, size, axis=0), own])
    segments = _index_vector(level, schema.LEVEL_SEGMENTS_TYPE, schema.LEVEL_SEGMENTS)
    indices = _index_vector(level, schema.LEVEL_INDICES_TYPE, schema.LEVEL_INDICES)
    if len(segments) != len(parents) + 1 or segments[-1] != len(indices):
        raise SparseFormatError("segments do not fit the level above")
    return np.column_stack([np.repeat(parents, np.diff(segments), axis=0), indices])


def _index_vector(level: Table, kind: int, vector: int) -> NDArray[np.int64]:
    dtype, table = schema.INDEX_TYPES.get(level.number(kind, "B")), level.table(vector)
    if dtype is None or table is None:
        raise SparseFormatError("a sparse level without indices")
    return table.numbers(0, dtype).astype(np.int64)


def _coordinates(
    levels: NDArray[np.int64],
    order: NDArray[Any],
    blocks: NDArray[Any],
    shape: tuple[int, ...],
    described: list[Table],
) -> list[NDArray[np.int64]]:
    """Return the index arrays of the values in the dense array, one a dimension."""
    at = {int(dimension): levels[:, level] for level, dimension in enumerate(order)}
    coordinates = [at[dimension] for dimension in range(len(shape))]
    level_of = {int(dimension): level for level, dimension in enumerate(order)}
    for block, dimension in enumerate(blocks):
        inner = len(shape) + block
        size = described[level_of[inner]].number(schema.LEVEL_SIZE, "i")
        coordinates[dimension] = coordinates[dimension] * size + at[inner]
    return coordinates
