"""Zero padding of channels becomes a 1x1 convolution, which stays in the blocked layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graphkit.inference._importer.passes.builders import MOST_WEIGHTS, conv_1x1

if TYPE_CHECKING:
    from graphkit.inference._importer.graph import Graph, Node


def grow_channels(graph: Graph) -> None:
    """Replace a Pad of channels by a convolution with a unit matrix (with rows of zeros for the new channels)."""
    for index, node in enumerate(graph.nodes):
        matrix = _growth(graph, node)
        if matrix is not None:
            conv = conv_1x1(graph, node.inputs[0], matrix[:, :, None, None], groups=1)
            conv.output = node.output
            graph.nodes[index] = conv


def _growth(graph: Graph, node: Node) -> np.ndarray | None:
    if node.op != "Pad" or node.attrs["mode"] != "constant" or len(node.inputs) > 2:
        return None
    before, after = graph.constants[node.inputs[1]].reshape(2, -1)
    rest = [0, 2, 3]
    if len(before) != 4 or before[rest].any() or after[rest].any() or min(before[1], after[1]) < 0:
        return None
    channels = graph.shapes[node.inputs[0]][1]
    if channels * (channels + before[1] + after[1]) > MOST_WEIGHTS:
        return None
    return np.pad(np.eye(channels, dtype=np.float32), ((before[1], after[1]), (0, 0)))
