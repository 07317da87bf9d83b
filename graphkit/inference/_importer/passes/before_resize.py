"""A 1x1 convolution of an enlarged image is done before it is enlarged.

Both are linear, one across channels and one across pixels, and the weights of a resize add up to one: the order
changes nothing but the rounding. On the smaller image the convolution costs a quarter, for twice the size, and
fewer channels are enlarged.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from graphkit.inference._importer.graph import Graph, Node

_PLACE: Final = {"kernel_shape": [1, 1], "strides": [1, 1], "pads": [0, 0, 0, 0], "group": 1}
_WITH_SIZES: Final = 3
"""Inputs of a Resize after the image if it is told sizes, not factors."""


def convolve_before_resize(graph: Graph) -> None:
    """Exchange a Resize that enlarges and the 1x1 convolution that alone reads it and makes no more channels."""
    consumers = graph.consumers()
    for resize in list(graph.nodes):
        conv = graph.only_reader(resize.output, consumers)
        if conv is not None and _enlarges(graph, resize) and _is_mixing(graph, conv):
            _exchange(graph, resize, conv)


def _enlarges(graph: Graph, node: Node) -> bool:
    if node.op != "Resize" or node.attrs["mode"] != "linear":
        return False
    return prod(graph.shapes[node.output]) > prod(graph.shapes[node.inputs[0]])


def _is_mixing(graph: Graph, node: Node) -> bool:
    """Return whether *node* gives each pixel a sum of its channels, and no more channels than it had."""
    if node.op != "Conv" or any(node.attrs.get(name) != value for name, value in _PLACE.items()):
        return False
    return graph.shapes[node.output][1] <= graph.shapes[node.inputs[0]][1]


def _exchange(graph: Graph, resize: Node, conv: Node) -> None:
    shape = graph.shapes[conv.output]
    source = resize.inputs[0]
    small = graph.node("Conv", [source, *conv.inputs[1:]], (*shape[:2], *graph.shapes[source][2:]), **conv.attrs)
    factors = resize.inputs[1:]
    if len(factors) == _WITH_SIZES:
        factors[-1] = graph.constant(np.array(shape, np.int64), "sizes")
    large = graph.node("Resize", [small.output, *factors], shape, **resize.attrs)
    large.output = conv.output
    graph.insert(conv, [small, large])
    graph.nodes.remove(resize)
    graph.nodes.remove(conv)
