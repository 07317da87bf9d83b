"""Zero padding of height and width goes into the convolution that reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from graphkit.inference._importer.graph import Graph, Node


def fold_pad(graph: Graph) -> None:
    """Replace a Pad that only convolutions read by larger `pads` of theirs.

    The Pad costs a copy of the image, and ONNX Runtime has no blocked kernel for it.
    """
    consumers = graph.consumers()
    for node in list(graph.nodes):
        amounts = spatial_padding(graph, node)
        readers = consumers[node.output]
        if amounts is None or node.output in graph.outputs or any(reader.op != "Conv" for reader in readers):
            continue
        for reader in readers:
            reader.attrs["pads"] = [int(a + b) for a, b in zip(reader.attrs["pads"], amounts, strict=True)]
            reader.inputs[0] = node.inputs[0]
        graph.nodes.remove(node)


def spatial_padding(graph: Graph, node: Node) -> list[int] | None:
    """Return [top, left, bottom, right] of a Pad with zeros of height and width alone, else None."""
    if node.op != "Pad" or node.attrs["mode"] != "constant" or len(node.inputs) > 2:
        return None
    before, after = graph.constants[node.inputs[1]].reshape(2, -1)
    if len(before) != 4 or before[:2].any() or after[:2].any() or np.concatenate([before, after]).min() < 0:
        return None
    return [*before[2:].tolist(), *after[2:].tolist()]
