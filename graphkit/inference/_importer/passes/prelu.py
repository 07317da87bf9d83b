"""PRELU as two depthwise 1x1 convolutions around a rectifier.

With slope a, PRELU(x) = a x + (1 - a) relu(x). Let s be the sign of 1 - a and m its size. Then
s PRELU(x) = (s a) x + relu(m x): two convolutions of one factor a channel, a fused rectifier and a fused sum,
all of them blocked kernels. The result comes out with the sign s a channel; linear operators carry the sign
along for free, in weights that are multiplied by it here, and everything else has it taken off before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit.inference._importer.passes.builders import scale_channels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphkit.inference._importer.graph import Graph, Node

_SIGN_KEEPING = frozenset({"Resize", "GlobalAveragePool", "AveragePool"})


def rewrite_prelu(graph: Graph) -> None:
    """Replace every PRELU with one slope a channel."""
    if any(node.op == "PRelu" for node in graph.nodes):
        _SignPass(graph).run()


class _SignPass:
    """One walk over the graph. `signs` holds, for a value stored as sign * truth, the sign of each channel."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.signs: dict[str, NDArray[Any]] = {}
        self.consumers = graph.consumers()
        self.nodes: list[Node] = []
        self._plain: dict[str, str] = {}

    def run(self) -> None:
        """Rewrite the graph in place."""
        nodes, self.graph.nodes = self.graph.nodes, self.nodes
        for node in nodes:
            handler = {"PRelu": self._prelu, "Conv": self._conv, "Add": self._add}.get(node.op, self._other)
            handler(node)
        self.graph.outputs = [self.plain(name) for name in self.graph.outputs]

    def plain(self, value: str) -> str:
        """Return a value that holds the truth."""
        if value not in self.signs:
            return value
        if value not in self._plain:
            node = scale_channels(self.graph, value, self.signs[value])
            self.nodes.append(node)
            self._plain[value] = node.output
        return self._plain[value]

    def _sign(self, value: str) -> NDArray[Any]:
        return self.signs.get(value, np.ones(self.graph.shapes[value][1], np.float32))

    def _prelu(self, node: Node) -> None:
        slope = self._slope(node)
        if slope is None:
            self._other(node)
            return
        value = node.inputs[0]
        incoming = self._sign(value)
        sign = np.where(slope > 1, -1.0, 1.0).astype(np.float32)
        bent = scale_channels(self.graph, value, np.abs(1 - slope) * incoming)
        rectified = self.graph.node("Relu", [bent.output], self.graph.shapes[value])
        straight = scale_channels(self.graph, value, sign * slope * incoming)
        total = self.graph.node("Add", [straight.output, rectified.output], self.graph.shapes[value])
        total.output = node.output
        self.nodes += [bent, rectified, straight, total]
        self._mark(node.output, sign)

    def _slope(self, node: Node) -> NDArray[Any] | None:
        slope = self.graph.constants[node.inputs[1]]
        shape = self.graph.shapes[node.inputs[0]]
        if len(shape) != 4 or slope.ndim != 4 or slope.shape[2:] != (1, 1) or slope.shape[0] != 1:
            return None
        return np.broadcast_to(slope.reshape(-1), (shape[1],))

    def _conv(self, node: Node) -> None:
        weights = self.graph.constants[node.inputs[1]]
        incoming = self.signs.get(node.inputs[0])
        if incoming is not None:
            # Row o of the weights sees the channels of its group.
            groups = node.attrs["group"]
            per_group = incoming.reshape(groups, -1).repeat(len(weights) // groups, axis=0)
            weights = weights * per_group[:, :, None, None]
        outgoing = self._wanted_sign(node)
        if outgoing is not None:
            weights = weights * outgoing[:, None, None, None]
            if len(node.inputs) > 2:
                node.inputs[2] = self.graph.constant(self.graph.constants[node.inputs[2]] * outgoing, "bias")
            self._mark(node.output, outgoing)
        if incoming is not None or outgoing is not None:
            node.inputs[1] = self.graph.constant(weights, "weight")
        self.nodes.append(node)

    def _wanted_sign(self, node: Node) -> NDArray[Any] | None:
        """Return the sign that the other operand of an addition has, if only that addition reads the value."""
        reader = self.graph.only_reader(node.output, self.consumers)
        if reader is None or reader.op != "Add":
            return None
        other = reader.inputs[1] if reader.inputs[0] == node.output else reader.inputs[0]
        same_shape = self.graph.shapes[other] == self.graph.shapes[node.output]
        return self.signs.get(other) if same_shape else None

    def _add(self, node: Node) -> None:
        left, right = node.inputs
        sign = self.signs.get(left)
        same_shape = self.graph.shapes[left] == self.graph.shapes[right]
        if sign is None or not same_shape or not np.array_equal(sign, self._sign(right)):
            self._other(node)
            return
        self.nodes.append(node)
        self._mark(node.output, sign)

    def _other(self, node: Node) -> None:
        if node.op in _SIGN_KEEPING and node.inputs[0] in self.signs:
            self._mark(node.output, self.signs[node.inputs[0]])
        else:
            node.inputs = [self.plain(name) for name in node.inputs]
        self.nodes.append(node)

    def _mark(self, value: str, sign: NDArray[Any]) -> None:
        if (sign < 0).any():
            self.signs[value] = sign
