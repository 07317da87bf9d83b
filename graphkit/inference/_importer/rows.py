"""Models of one picture become models of several: each row is computed as if it were alone.

Nothing but the first size changes. An operation that could mix rows, or that is not listed here, is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.inference._importer.graph import Graph, Node

_ELEMENTWISE: Final = (
    "Abs", "Add", "Clip", "Div", "Exp", "HardSwish", "LeakyRelu", "Max", "Min", "Mul", "Neg", "PRelu", "Relu",
    "Sigmoid", "Sqrt", "Sub", "Tanh",
)  # fmt: skip
_OF_A_PICTURE: Final = (
    "AveragePool", "Conv", "ConvTranspose", "DepthToSpace", "GlobalAveragePool", "GlobalMaxPool", "MaxPool",
)  # fmt: skip


def set_rows(graph: Graph, rows: int) -> Node | None:
    """Have *graph*, of one row, compute several.

    Returns:
        The operator that may mix rows, with the graph as it was; None if it was done.
    """
    computed = [*graph.inputs, *(node.output for node in graph.nodes)]
    for node in graph.nodes:
        keeps = _KEEPS_ROWS.get(node.op, _unknown)
        sizes = [graph.shapes[name] for name in (*_computed(graph, node), node.output)]
        if any(size[:1] != (1,) for size in sizes) or not keeps(graph, node):
            return node
    for node in graph.nodes:
        if node.op == "Reshape":
            target = np.array([rows, *graph.shapes[node.output][1:]], np.int64)
            node.inputs[1] = graph.constant(target, "shape")
    for name in computed:
        graph.shapes[name] = (rows, *graph.shapes[name][1:])
    graph.prune()
    return None


def _computed(graph: Graph, node: Node) -> list[str]:
    return [name for name in node.inputs if name and name not in graph.constants]


def _elementwise(graph: Graph, node: Node) -> bool:
    """Return whether all that is computed has the first size, and all that is constant none of its own there."""
    rank = len(graph.shapes[node.output])
    if any(len(graph.shapes[name]) != rank for name in _computed(graph, node)):
        return False
    shapes = [graph.shapes[name] for name in node.inputs if name]
    return all(len(shape) < rank or shape[0] == 1 for shape in shapes)


def _first_input(graph: Graph, node: Node) -> bool:
    return _computed(graph, node) == node.inputs[:1]


def _resized(graph: Graph, node: Node) -> bool:
    """Return whether it is told how much larger pictures become; sizes would count the rows as well."""
    return _first_input(graph, node) and len(node.inputs) == 3


def _product(graph: Graph, node: Node) -> bool:
    return _first_input(graph, node) and len(graph.shapes[node.inputs[0]]) == 2 and not node.attrs.get("transA")


def _joined(graph: Graph, node: Node) -> bool:
    return node.attrs["axis"] != 0 and len(_computed(graph, node)) == len(node.inputs)


def _padded(graph: Graph, node: Node) -> bool:
    amounts = graph.constants[node.inputs[1]].reshape(2, -1)
    return not amounts[:, 0].any()


def _sliced(graph: Graph, node: Node) -> bool:
    return _first_input(graph, node) and 0 not in graph.constants[node.inputs[3]]


def _unknown(graph: Graph, node: Node) -> bool:
    return False


_KEEPS_ROWS: Final[dict[str, Callable[[Graph, Node], bool]]] = {
    **dict.fromkeys(_ELEMENTWISE, _elementwise),
    **dict.fromkeys(_OF_A_PICTURE, _first_input),
    "Concat": _joined,
    "Gemm": _product,
    "Pad": _padded,
    "Reshape": _first_input,
    "Resize": _resized,
    "Slice": _sliced,
    "Transpose": lambda graph, node: node.attrs["perm"][0] == 0,
}
"""For each operator whether it leaves rows apart, whose inputs and output have one row."""
