"""Stages: a graph cut into parts that run one after the other and take about equally long.

Each hands one value to the next. It is a value that only convolutions read: there ONNX Runtime chooses the same
kernels for both sides as for the whole, so that the results are the same, bit for bit.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

from graphkit.inference._importer.graph import Graph

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST: Final = 3
"""How many stages a graph is cut into: each then takes a few milliseconds of the larger models."""
_MOVED: Final = 100
"""Handing on an element costs about as much as so many multiplications."""


class _Cut(NamedTuple):
    """A place where a graph may be cut.

    Attributes:
        after: how many operators lie before it.
        value: what is handed on.
        share: of the multiplications, how many lie before it, 0 to 1.
        price: of handing it on, as a share of the multiplications.
    """

    after: int
    value: str
    share: float
    price: float


def count_stages(graph: Graph) -> int:
    """Return how many stages a graph has; 1 if it cannot be cut."""
    return 1 + len(_chosen(graph))


def stage_of(graph: Graph, stage: int) -> Graph:
    """Return one stage of *graph*, counted from 0."""
    cuts = _chosen(graph)
    begins = [(0, ""), *((cut.after, cut.value) for cut in cuts)]
    ends = [*begins[1:], (len(graph.nodes), "")]
    (begin, given), (end, made) = begins[stage], ends[stage]
    part = Graph(
        nodes=graph.nodes[begin:end],
        constants=dict(graph.constants),
        shapes=dict(graph.shapes),
        inputs=[given] if given else list(graph.inputs),
        outputs=[made] if made else list(graph.outputs),
    )
    part.prune()
    return part


def _chosen(graph: Graph) -> list[_Cut]:
    """Return the cuts that divide the work most evenly, in order."""
    possible, chosen = list(_cuts(graph)), list[_Cut]()
    for number in range(1, MOST):
        aim = number / MOST
        near = [cut for cut in possible if abs(cut.share - aim) < 0.5 / MOST]
        if near:
            chosen.append(min(near, key=lambda cut: abs(cut.share - aim) + cut.price))
    return chosen


def _cuts(graph: Graph) -> Iterator[_Cut]:
    """Yield the places where one value is all that the rest needs, and only convolutions read it."""
    readers, outputs = graph.consumers(), set(graph.outputs)
    last = {name: index for index, node in enumerate(graph.nodes) for name in node.inputs}
    last |= dict.fromkeys(outputs, len(graph.nodes))
    work = [_multiplications(graph, index) for index in range(len(graph.nodes))]
    whole, done, alive = max(1, sum(work)), 0, set(graph.inputs)
    for index, node in enumerate(graph.nodes[:-1]):
        done += work[index]
        alive = {name for name in (*alive, node.output) if last.get(name, -1) > index}
        if len(alive) == 1 and not alive & outputs:
            (value,) = alive
            if len(graph.shapes[value]) == 4 and all(reader.op == "Conv" for reader in readers[value]):
                price = _MOVED * prod(graph.shapes[value]) / whole
                yield _Cut(index + 1, value, done / whole, price)


def _multiplications(graph: Graph, index: int) -> int:
    """Return how many multiplications an operator makes; only convolutions count."""
    node = graph.nodes[index]
    return prod(graph.shapes[node.output]) * prod(graph.shapes[node.inputs[1]][1:]) if node.op == "Conv" else 0
