"""Images with few or odd channels get more, of zeros, so that they fit ONNX Runtime's blocked layout.

The layout holds channels in blocks (of 16 with AVX-512, of 8 with AVX2); a convolution whose input does not fit
reads and writes plain memory, and images are reordered around it.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from graphkit.inference._importer.passes.builders import MOST_WEIGHTS

if TYPE_CHECKING:
    from graphkit.inference._importer.graph import Graph, Node

BLOCK = 16
_UNARY = frozenset({"Relu", "Clip", "Sigmoid", "Tanh", "HardSwish"})
_WINDOWED = frozenset({"MaxPool", "AveragePool", "GlobalAveragePool", "Resize"})
_BINARY = frozenset({"Add", "Mul"})


def pad_channels(graph: Graph) -> None:
    """Widen every image whose readers are all operators that can take it wider, and the weights around it."""
    wide = _widened(graph)
    for node in graph.nodes:
        if node.op == "Conv":
            _widen_conv(graph, node, node.inputs[0] in wide, node.output in wide)
    for value in wide:
        batch, channels, height, width = graph.shapes[value]
        graph.shapes[value] = (batch, rounded(channels), height, width)


def rounded(channels: int) -> int:
    """Return the number of channels that a widened image has."""
    return -(-channels // BLOCK) * BLOCK


def fits(channels: int) -> bool:
    """Tell whether ONNX Runtime keeps an image of that many channels blocked by itself."""
    return channels % BLOCK == 0


def _widened(graph: Graph) -> set[str]:
    """Return the values to widen: the largest set in which producers and readers agree."""
    consumers = graph.consumers()
    producers = graph.producers()
    wide = {
        value
        for value, shape in graph.shapes.items()
        if len(shape) == 4 and not fits(shape[1]) and value in producers and value not in graph.outputs
    }
    while True:
        agreed = {
            value
            for value in wide
            if _makes_wide(graph, producers[value], wide)
            and all(_takes_wide(graph, reader, wide) for reader in consumers[value])
        }
        if agreed == wide:
            return wide
        wide = agreed


def _makes_wide(graph: Graph, node: Node, wide: set[str]) -> bool:
    if node.op == "Conv":
        alone = node.attrs["group"] == 1 and _can_grow(graph, node)
        return alone or (_is_depthwise(graph, node) and node.inputs[0] in wide)
    if node.op in _BINARY:
        return _same_operands(graph, node) and all(name in wide for name in node.inputs)
    return node.op in _UNARY | _WINDOWED and node.inputs[0] in wide


def _takes_wide(graph: Graph, node: Node, wide: set[str]) -> bool:
    if node.op == "Conv":
        alone = node.attrs["group"] == 1 and _can_grow(graph, node)
        return alone or (_is_depthwise(graph, node) and node.output in wide)
    if node.op in _BINARY:
        return _same_operands(graph, node) and node.output in wide
    return node.op in _UNARY | _WINDOWED and node.output in wide


def _can_grow(graph: Graph, node: Node) -> bool:
    weights = graph.constants[node.inputs[1]]
    rows, columns = weights.shape[:2]
    return rounded(rows) * rounded(columns) * prod(weights.shape[2:]) <= max(MOST_WEIGHTS, 2 * weights.size)


def _is_depthwise(graph: Graph, node: Node) -> bool:
    channels = graph.shapes[node.inputs[0]][1]
    return bool(node.attrs["group"] == channels == graph.shapes[node.output][1])


def _same_operands(graph: Graph, node: Node) -> bool:
    left, right = node.inputs
    return graph.shapes[left] == graph.shapes[right] and not {left, right} & graph.constants.keys()


def _widen_conv(graph: Graph, node: Node, wide_in: bool, wide_out: bool) -> None:
    if not wide_in and not wide_out:
        return
    weights = graph.constants[node.inputs[1]]
    rows, columns = weights.shape[:2]
    more_rows = rounded(rows) - rows if wide_out else 0
    more_columns = rounded(columns) - columns if wide_in and node.attrs["group"] == 1 else 0
    padded = np.pad(weights, ((0, more_rows), (0, more_columns), (0, 0), (0, 0)))
    node.inputs[1] = graph.constant(padded, "weight")
    if wide_out and len(node.inputs) > 2:
        node.inputs[2] = graph.constant(np.pad(graph.constants[node.inputs[2]], (0, more_rows)), "bias")
    if node.attrs["group"] > 1:
        node.attrs["group"] = rows + more_rows
