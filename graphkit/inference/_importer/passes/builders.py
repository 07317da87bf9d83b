"""Convolutions that the rewrites put in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphkit.inference._importer.graph import Graph, Node


MOST_WEIGHTS = 1 << 22
"""A rewrite that would put in more weights than this is left out: no real image has so many channels."""


def conv_1x1(graph: Graph, value: str, weights: NDArray[Any], groups: int) -> Node:
    """Return a new 1x1 convolution, not placed yet; weights (O, I / groups, 1, 1)."""
    batch, _, height, width = graph.shapes[value]
    weight = graph.constant(weights.astype(np.float32), "weight")
    return graph.node(
        "Conv",
        [value, weight],
        (batch, weights.shape[0], height, width),
        kernel_shape=[1, 1],
        strides=[1, 1],
        dilations=[1, 1],
        pads=[0, 0, 0, 0],
        group=groups,
    )


def scale_channels(graph: Graph, value: str, factors: NDArray[Any]) -> Node:
    """Return a new depthwise 1x1 convolution that multiplies each channel by its factor; factors (C,)."""
    return conv_1x1(graph, value, factors.reshape(-1, 1, 1, 1), groups=len(factors))
