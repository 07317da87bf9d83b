"""A Clip after an addition or a resize is fused into a convolution that changes nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from graphkit.inference._importer.passes.builders import scale_channels

if TYPE_CHECKING:
    from graphkit.inference._importer.graph import Graph

_BEFORE: Final = ("Add", "Resize")


def clip_through_conv(graph: Graph) -> None:
    """Put a depthwise 1x1 convolution by one between an Add or a Resize and the Clip that alone reads it.

    ONNX Runtime fuses a Clip into a convolution but has no blocked kernel for it: alone it costs a reordering
    of the image before and one after.
    """
    consumers = graph.consumers()
    for node in list(graph.nodes):
        reader = graph.only_reader(node.output, consumers)
        shape = graph.shapes[node.output]
        if node.op in _BEFORE and reader is not None and reader.op == "Clip" and len(shape) == 4 and shape[2] > 1:
            carrier = scale_channels(graph, node.output, np.ones(shape[1]))
            graph.insert(reader, [carrier])
            reader.inputs[0] = carrier.output
