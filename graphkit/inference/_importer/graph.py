"""The graph that converters fill and passes rewrite: ONNX operators, one output each, static shapes.

Not here: anything of `onnx` itself (see `writer`) or of TensorFlow Lite (see `reader`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

Shape = tuple[int, ...]


@dataclass(slots=True, eq=False)
class Node:
    """One ONNX operator. Absent optional inputs are empty strings."""

    op: str
    inputs: list[str]
    output: str
    attrs: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Graph:
    """Operators in an order in which they can run, and what they compute with.

    Attributes:
        nodes: the operators, producers before consumers.
        constants: weights by value name.
        shapes: the shape of every value, as stored (rank 4 is NCHW inside).
        inputs: names of the values that a caller passes.
        outputs: names of the values that a caller gets.
    """

    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, NDArray[Any]] = field(default_factory=dict)
    shapes: dict[str, Shape] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    _serial: int = 0

    def name(self, hint: str) -> str:
        """Return a value name that is not taken yet."""
        while True:
            self._serial += 1
            name = f"{hint}_{self._serial}"
            if name not in self.shapes:
                return name

    def constant(self, array: NDArray[Any], hint: str = "const") -> str:
        """Add a constant and return its name."""
        name = self.name(hint)
        self.constants[name] = np.ascontiguousarray(array) if array.ndim else array
        self.shapes[name] = array.shape
        return name

    def emit(self, op: str, inputs: Sequence[str], shape: Shape, **attrs: Any) -> str:
        """Append an operator and return the name of its output, which has the given shape."""
        node = self.node(op, inputs, shape, **attrs)
        self.nodes.append(node)
        return node.output

    def node(self, op: str, inputs: Sequence[str], shape: Shape, **attrs: Any) -> Node:
        """Return a new operator without placing it; its output's shape is recorded."""
        output = self.name(op.lower())
        self.shapes[output] = tuple(shape)
        return Node(op, list(inputs), output, attrs)

    def producers(self) -> dict[str, Node]:
        """Return the operator that makes each value."""
        return {node.output: node for node in self.nodes}

    def consumers(self) -> dict[str, list[Node]]:
        """Return the operators that read each value; an operator that reads it twice is listed twice."""
        readers: dict[str, list[Node]] = {name: [] for name in self.shapes}
        for node in self.nodes:
            for name in node.inputs:
                if name:
                    readers[name].append(node)
        return readers

    def only_reader(self, value: str, consumers: Mapping[str, list[Node]]) -> Node | None:
        """Return the operator that alone reads a value that is no graph output, else None."""
        readers = consumers[value]
        return readers[0] if len(readers) == 1 and value not in self.outputs else None

    def insert(self, before: Node, nodes: Iterable[Node]) -> None:
        """Place operators right before another one."""
        at = next(i for i, node in enumerate(self.nodes) if node is before)
        self.nodes[at:at] = list(nodes)

    def prune(self) -> None:
        """Drop operators and constants that no graph output depends on."""
        wanted = set(self.outputs)
        kept: list[Node] = []
        for node in reversed(self.nodes):
            if node.output in wanted:
                kept.append(node)
                wanted.update(name for name in node.inputs if name)
        self.nodes = kept[::-1]
        self.constants = {name: array for name, array in self.constants.items() if name in wanted}
        known = wanted | set(self.inputs)
        self.shapes = {name: shape for name, shape in self.shapes.items() if name in known}
