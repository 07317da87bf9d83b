"""A large convolution with a single output channel, split in two that have blocked kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graphkit.inference._importer.passes.builders import conv_1x1

if TYPE_CHECKING:
    from graphkit.inference._importer.graph import Graph, Node


def split_single_channel_conv(graph: Graph) -> None:
    """Replace k x k with one output channel by a depthwise k x k and a 1x1 sum over the channels.

    The blocked kernel computes output channels in blocks, so one channel costs as much as sixteen.
    """
    for node in list(graph.nodes):
        if _is_single_channel(graph, node):
            _split(graph, node)


def _is_single_channel(graph: Graph, node: Node) -> bool:
    if node.op != "Conv" or node.attrs["group"] != 1 or node.attrs["kernel_shape"] == [1, 1]:
        return False
    weights = graph.constants[node.inputs[1]]
    height, width = graph.shapes[node.output][2:]
    return bool(weights.shape[0] == 1 and weights.shape[1] > 1 and height * width > 1)


def _split(graph: Graph, node: Node) -> None:
    weights = graph.constants[node.inputs[1]]
    channels = weights.shape[1]
    batch, _, height, width = graph.shapes[node.output]
    weight = graph.constant(weights.transpose(1, 0, 2, 3), "weight")
    attrs = {**node.attrs, "group": channels}
    depthwise = graph.node("Conv", [node.inputs[0], weight], (batch, channels, height, width), **attrs)
    total = conv_1x1(graph, depthwise.output, np.ones((1, channels, 1, 1)), groups=1)
    total.inputs += node.inputs[2:]
    total.output = node.output
    graph.insert(node, [depthwise, total])
    graph.nodes.remove(node)
