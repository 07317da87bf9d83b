"""Regions sampled along affine maps: the four pixels around each position are gathered, each a row of channels.

ONNX's GridSample takes twice the time: it goes through the image channel by channel. Regions of one image that
are sampled next to each other are sampled together, as each operator costs more than its numbers.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from graphkit.inference._importer.graph import Graph, Node, Shape

SAMPLE: Final = "SampleAffine"
"""Inputs: an image (1, C, H, W), and the transposed affine map (3, 2) from (x, y, 1) in the result to the image.

Pixel centres are at halves. A position below 0 or above size - 1 samples as zero: the border is not blended with
zeros. No operator of ONNX: `sample_rows` replaces it.
"""


def sample_rows(graph: Graph) -> None:
    """Replace every `SAMPLE`, neighbours of one image and size together."""
    nodes, graph.nodes = graph.nodes, []
    for (is_sample, _, _), members in groupby(nodes, lambda node: _kind(graph, node)):
        if is_sample:
            _Sampling(graph, list(members)).run()
        else:
            graph.nodes += members


def _kind(graph: Graph, node: Node) -> tuple[bool, str, Shape]:
    return (True, node.inputs[0], graph.shapes[node.output]) if node.op == SAMPLE else (False, "", ())


class _Sampling:
    """Appends the operators that take the place of some samplings of one image."""

    def __init__(self, graph: Graph, members: Sequence[Node]) -> None:
        self.graph, self.members = graph, members
        _, self.channels, self.out_height, self.out_width = graph.shapes[members[0].output]
        _, _, self.height, self.width = graph.shapes[members[0].inputs[0]]
        self.each = self.out_height * self.out_width
        self.count = self.each * len(members)

    def run(self) -> None:
        """Append them."""
        emit = self.graph.emit
        positions = self._positions()
        inside, corner, fraction = self._split(positions)
        # (1 - x, x) of the left and right pixels times (1 - y, y) of the upper and lower ones.
        across = self._blend(fraction, [[-1, 1, -1, 1], [0, 0, 0, 0]], [1, 0, 1, 0])
        down = self._blend(fraction, [[0, 0, 0, 0], [-1, -1, 1, 1]], [1, 1, 0, 0])
        weights = self._binary("Mul", self._binary("Mul", across, down), inside)
        row, column = self.width * (self.height > 1), int(self.width > 1)
        index = emit("MatMul", [corner, self._constant([[1], [self.width]])], (self.count, 1))
        index = emit("Cast", [index], (self.count, 1), to=_INT64)
        offsets = self.graph.constant(np.array([[0, column, row, row + column]], np.int64))
        pixels = emit(
            "Gather",
            [self._rows(), self._binary("Add", index, offsets)],
            (self.count, 4, self.channels),
            axis=0,
        )
        blended = emit(
            "MatMul", [self._reshape(weights, (self.count, 1, 4)), pixels], (self.count, 1, self.channels)
        )
        self._give_out(blended)

    def _rows(self) -> str:
        """Return the image as pixels (H * W, C)."""
        shape = (1, self.height, self.width, self.channels)
        turned = self.graph.emit("Transpose", [self.members[0].inputs[0]], shape, perm=[0, 2, 3, 1])
        return self._reshape(turned, (self.height * self.width, self.channels))

    def _positions(self) -> str:
        """Return the positions in pixels, (count, 2): for each pixel of a result those of all members."""
        many = len(self.members)
        maps = [node.inputs[1] for node in self.members]
        joined = maps[0] if many == 1 else self.graph.emit("Concat", maps, (3, 2 * many), axis=1)
        moved = self._binary("Add", joined, self._constant(np.repeat([[0], [0], [-0.5]], 2 * many, axis=1)))
        ys, xs = np.mgrid[0 : self.out_height, 0 : self.out_width].reshape(2, -1) + 0.5
        centres = self._constant(np.stack([xs, ys, np.ones_like(xs)], axis=1))
        found = self.graph.emit("MatMul", [centres, moved], (self.each, 2 * many))
        return self._reshape(found, (self.count, 2))

    def _split(self, positions: str) -> tuple[str, str, str]:
        """Return whether positions are inside (1 or 0), the pixels left above them, and the way there.

        What is outside, or no number, counts as the first pixel, so that no index is out of range.
        """
        zero = self.graph.constant(np.array(0, np.float32))
        last = np.array([[self.width, self.height]], np.float32) - 1
        near = self._binary("Min", self._binary("Max", positions, zero), self._constant(last))
        is_near = self.graph.emit("Equal", [positions, near], (self.count, 2))
        kept = self.graph.emit("Where", [is_near, positions, zero], (self.count, 2))
        whole = self.graph.emit("Floor", [kept], (self.count, 2))
        corner = self._binary("Min", whole, self._constant(np.maximum(last - 1, 0)))
        flags = self.graph.emit("Cast", [is_near], (self.count, 2), to=_FLOAT)
        inside = self.graph.emit("ReduceMin", [flags], (self.count, 1), axes=[1], keepdims=1)
        return inside, corner, self._binary("Sub", kept, corner)

    def _blend(self, fraction: str, factors: Sequence[Sequence[float]], plus: Sequence[float]) -> str:
        inputs = [fraction, self._constant(factors), self._constant(plus)]
        return self.graph.emit("Gemm", inputs, (self.count, 4))

    def _give_out(self, blended: str) -> None:
        """Append what gives each member its result."""
        many = len(self.members)
        apart = self._reshape(blended, (self.each, many, self.channels))
        planes = self.graph.emit("Transpose", [apart], (many, self.channels, self.each), perm=[1, 2, 0])
        images = self._reshape(planes, (many, self.channels, self.out_height, self.out_width))
        if many == 1:
            self.graph.nodes[-1].output = self.members[0].output
            return
        for number, node in enumerate(self.members):
            ends = [self.graph.constant(np.array([value], np.int64)) for value in (number, number + 1, 0)]
            self.graph.emit("Slice", [images, *ends], self.graph.shapes[node.output])
            self.graph.nodes[-1].output = node.output

    def _binary(self, op: str, left: str, right: str) -> str:
        shape = np.broadcast_shapes(self.graph.shapes[left], self.graph.shapes[right])
        return self.graph.emit(op, [left, right], shape)

    def _reshape(self, value: str, shape: Shape) -> str:
        target = self.graph.constant(np.array(shape, np.int64), "shape")
        return self.graph.emit("Reshape", [value, target], shape)

    def _constant(self, values: Sequence[Sequence[float]] | Sequence[float] | NDArray[Any]) -> str:
        return self.graph.constant(np.array(values, np.float32))


_FLOAT: Final = 1
_INT64: Final = 7
"""Element types, by their numbers in ONNX."""
