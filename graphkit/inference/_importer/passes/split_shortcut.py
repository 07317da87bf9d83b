"""A shortcut that got channels of zeros is added only where it has values.

Where a block has more channels than the one before, its shortcut is widened by zeros, which `grow_channels`
makes a convolution. It costs as much as the block's own; two halves of that, of which one takes the sum, cost
nothing more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from graphkit.inference._importer.passes.pad_channels import fits

if TYPE_CHECKING:
    from graphkit.inference._importer.graph import Graph, Node

_WORTHWHILE: Final = 1 << 20
"""Products of the convolution that is saved; below it, two more operators cost as much."""


def split_shortcut(graph: Graph) -> None:
    """Replace a convolution and a widened shortcut that are added by two convolutions, one with the sum."""
    consumers, producers = graph.consumers(), graph.producers()
    for add in list(graph.nodes):
        if add.op != "Add":
            continue
        operands = [producers.get(name) for name in add.inputs]
        for widening, conv in (operands, operands[::-1]):
            if widening is None or conv is None or widening is conv:
                continue
            alone = all(graph.only_reader(node.output, consumers) is add for node in (widening, conv))
            if alone and _only_widens(graph, widening) and _may_split(graph, widening, conv):
                _split(graph, add, widening, conv)
                break


def _only_widens(graph: Graph, node: Node) -> bool:
    """Return whether *node* is a convolution with a unit matrix above rows of zeros."""
    if node.op != "Conv" or node.attrs["group"] != 1 or len(node.inputs) > 2:
        return False
    weights = graph.constants[node.inputs[1]]
    rows, columns = weights.shape[:2]
    if weights.shape[2:] != (1, 1) or rows <= columns or not (fits(rows) and fits(columns)):
        return False
    is_worthwhile = weights.size * int(np.prod(graph.shapes[node.output][2:])) >= _WORTHWHILE
    return is_worthwhile and np.array_equal(weights[:, :, 0, 0], np.eye(rows, columns))


def _may_split(graph: Graph, widening: Node, conv: Node) -> bool:
    return (
        conv.op == "Conv"
        and conv.attrs["group"] == 1
        and graph.shapes[conv.output] == graph.shapes[widening.output]
    )


def _split(graph: Graph, add: Node, widening: Node, conv: Node) -> None:
    shape = graph.shapes[add.output]
    kept = graph.shapes[widening.inputs[0]][1]
    halves = [_rows(graph, conv, slice(0, kept)), _rows(graph, conv, slice(kept, None))]
    total = graph.node("Add", [halves[0].output, widening.inputs[0]], graph.shapes[widening.inputs[0]])
    joined = graph.node("Concat", [total.output, halves[1].output], shape, axis=1)
    joined.output = add.output
    graph.insert(add, [halves[0], total, halves[1], joined])
    for node in (add, widening, conv):
        graph.nodes.remove(node)


def _rows(graph: Graph, conv: Node, rows: slice) -> Node:
    """Return the convolution with some of its output channels."""
    inputs = [conv.inputs[0], *(graph.constant(graph.constants[name][rows], "weight") for name in conv.inputs[1:])]
    batch, channels, *size = graph.shapes[conv.output]
    return graph.node("Conv", inputs, (batch, len(range(channels)[rows]), *size), **conv.attrs)
