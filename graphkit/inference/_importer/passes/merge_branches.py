"""Branches that are built alike are computed as one, each a group of channels.

The heads of a model are often the same small convolutions with other weights, on regions of one image. On small
images each operator costs more than its numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from graphkit.inference._importer.passes.pad_channels import fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graphkit.inference._importer.graph import Graph, Node

_SLICE_INPUTS: Final = 4
_CHANNELS: Final = 1
_JOINED: Final = frozenset({"Conv", "PRelu", "Add", "MaxPool"})


class _Lane(NamedTuple):
    """The same value of all branches, and the value that holds them side by side."""

    values: tuple[str, ...]
    joined: str


def merge_branches(graph: Graph) -> None:
    """Merge the branches that begin at neighbouring slices of a value, as far as they are built alike."""
    while any(_Merge(graph, slices).run() for slices in _starts(graph)):
        graph.prune()


def _starts(graph: Graph) -> Iterator[list[Node]]:
    """Yield the slices of each value that are as wide, side by side: batches of one, or channels."""
    found: dict[tuple[str, int], list[Node]] = {}
    for node in graph.nodes:
        if node.op == "Slice" and len(node.inputs) == _SLICE_INPUTS and len(graph.shapes[node.output]) == 4:
            axis = int(graph.constants[node.inputs[3]].item()) if graph.constants[node.inputs[3]].size == 1 else -1
            found.setdefault((node.inputs[0], axis), []).append(node)
    for (source, axis), slices in found.items():
        if len(slices) > 1 and _are_side_by_side(graph, slices, source, axis):
            yield slices


def _are_side_by_side(graph: Graph, slices: Sequence[Node], source: str, axis: int) -> bool:
    """Return whether *slices* are images of one size that follow each other in channels, or are a whole batch."""
    shape = graph.shapes[slices[0].output]
    if axis not in (0, _CHANNELS) or shape[0] != 1 or any(graph.shapes[node.output] != shape for node in slices):
        return False
    begins = [int(graph.constants[node.inputs[1]].item()) for node in slices]
    follow = begins == [begins[0] + number * shape[axis] for number in range(len(slices))]
    return follow and (axis == _CHANNELS or len(slices) == graph.shapes[source][0])


class _Merge:
    """One merging of branches."""

    def __init__(self, graph: Graph, slices: Sequence[Node]) -> None:
        self.graph, self.slices = graph, slices
        self.consumers = graph.consumers()
        self.lanes: dict[str, _Lane] = {}
        self.place = {id(node): place for place, node in enumerate(graph.nodes)}
        self.gone: set[int] = set()
        self.put: dict[int, list[Node]] = {}

    def run(self) -> bool:
        """Merge; return whether there was anything to merge."""
        start = self._start()
        values = tuple(node.output for node in self.slices)
        self.lanes[values[0]] = _Lane(values, start.output)
        for node in self.graph.nodes:
            partners = self._partners(node)
            if partners:
                self._join(partners)
        if not self.gone:
            return False
        self.put.setdefault(self.place[id(self.slices[0])], []).insert(0, start)
        for lane in list(self.lanes.values())[1:]:
            self._take_apart(lane)
        nodes: list[Node] = []
        for place, node in enumerate(self.graph.nodes):
            nodes += self.put.get(place, [])
            if id(node) not in self.gone:
                nodes.append(node)
        self.graph.nodes = nodes
        return True

    def _start(self) -> Node:
        """Return what holds the slices side by side in channels."""
        graph, first = self.graph, self.slices[0]
        _, channels, *size = graph.shapes[first.output]
        shape = (1, channels * len(self.slices), *size)
        if graph.constants[first.inputs[3]].item() != _CHANNELS:
            target = graph.constant(np.array(shape, np.int64), "shape")
            return graph.node("Reshape", [first.inputs[0], target], shape)
        ends = [first.inputs[1], self.slices[-1].inputs[2], first.inputs[3]]
        return graph.node("Slice", [first.inputs[0], *ends], shape)

    def _partners(self, node: Node) -> list[Node]:
        """Return the nodes of all branches that do what *node* does in the first one; none if one lacks it."""
        lanes = [self.lanes.get(name) for name in self._data(node)]
        if node.op not in _JOINED or id(node) in self.gone or not self._may_join(node):
            return []
        partners = [node]
        for branch in range(1, len(self.slices)):
            values = [lane.values[branch] for lane in lanes if lane is not None]
            if not values or len(values) != len(lanes):
                return []
            alike = (
                reader
                for reader in self.consumers[values[0]]
                if id(reader) not in self.gone
                and self._data(reader) == values
                and self._kind(reader) == self._kind(node)
            )
            partner = next(alike, None)
            if partner is None:
                return []
            partners.append(partner)
        return partners

    def _data(self, node: Node) -> list[str]:
        return [name for name in node.inputs if name not in self.graph.constants]

    def _kind(self, node: Node) -> tuple[Any, ...]:
        weights = [self.graph.constants[name].shape for name in node.inputs if name in self.graph.constants]
        return node.op, node.attrs, weights, self.graph.shapes[node.output]

    def _may_join(self, node: Node) -> bool:
        """Return whether the blocked kernels take *node* with several groups of channels."""
        shape = self.graph.shapes[node.output]
        if len(shape) != 4 or shape[0] != 1 or not fits(shape[1]) or node.output in self.graph.outputs:
            return False
        if node.op == "Conv":
            return node.attrs["group"] in (1, shape[1]) and fits(self.graph.shapes[node.inputs[0]][1])
        if node.op == "PRelu":
            return self.graph.constants[node.inputs[1]].shape == (1, shape[1], 1, 1)
        return not any(name in self.graph.constants for name in node.inputs)

    def _join(self, partners: Sequence[Node]) -> None:
        graph, first = self.graph, partners[0]
        inputs = []
        for position, name in enumerate(first.inputs):
            if name in graph.constants:
                arrays = [graph.constants[node.inputs[position]] for node in partners]
                inputs.append(graph.constant(np.concatenate(arrays, axis=int(first.op == "PRelu")), "weight"))
            else:
                inputs.append(self.lanes[name].joined)
        attrs = dict(first.attrs)
        if first.op == "Conv":
            attrs["group"] *= len(partners)
        _, channels, *size = graph.shapes[first.output]
        joined = graph.node(first.op, inputs, (1, channels * len(partners), *size), **attrs)
        self.put.setdefault(min(self.place[id(node)] for node in partners), []).append(joined)
        self.gone.update(id(node) for node in partners)
        self.lanes[first.output] = _Lane(tuple(node.output for node in partners), joined.output)

    def _take_apart(self, lane: _Lane) -> None:
        """Slice out what nodes that were not merged read."""
        for number, value in enumerate(lane.values):
            if all(id(reader) in self.gone for reader in self.consumers[value]):
                continue
            channels = self.graph.shapes[value][1]
            ends = (number * channels, (number + 1) * channels, _CHANNELS)
            inputs = [self.graph.constant(np.array([end], np.int64)) for end in ends]
            part = self.graph.node("Slice", [lane.joined, *inputs], self.graph.shapes[value])
            part.output = value
            after = next(put for put in self.put.values() if any(node.output == lane.joined for node in put))
            after.append(part)
