"""Stages: a graph cut into parts that run one after the other and take a millisecond or more each.

Each hands one value to the next. It is a value that only convolutions read: there ONNX Runtime chooses the same
kernels for both sides as for the whole, so that the results are the same, bit for bit.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

from graphkit.inference._importer.graph import Graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.inference._importer.graph import Node, Shape

_LEAST: Final = 40_000_000
"""Multiplications of a stage: about a millisecond of one core."""
_MOST_MOVED: Final = 80_000
"""Elements that are handed on: that takes a few hundredths of a millisecond."""


class _Cut(NamedTuple):
    """A place where a graph may be cut.

    Attributes:
        after: how many operators lie before it.
        value: what is handed on.
        done: how many multiplications lie before it.
    """

    after: int
    value: str
    done: int


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
    """Return cuts, in order, between which there is enough to do."""
    whole = sum(_multiplications(graph, node) for node in graph.nodes)
    chosen, done = list[_Cut](), 0
    for cut in _cuts(graph):
        if cut.done - done >= _LEAST and whole - cut.done >= _LEAST:
            chosen.append(cut)
            done = cut.done
    return chosen


def _cuts(graph: Graph) -> Iterator[_Cut]:
    """Yield the places where one small value is all that the rest needs, and only convolutions read it."""
    readers, outputs = graph.consumers(), set(graph.outputs)
    last = {name: index for index, node in enumerate(graph.nodes) for name in node.inputs}
    last |= dict.fromkeys(outputs, len(graph.nodes))
    done, alive = 0, set(graph.inputs)
    for index, node in enumerate(graph.nodes[:-1]):
        done += _multiplications(graph, node)
        alive = {name for name in (*alive, node.output) if last.get(name, -1) > index}
        if len(alive) == 1 and not alive & outputs:
            (value,) = alive
            if _is_small(graph.shapes[value]) and all(reader.op == "Conv" for reader in readers[value]):
                yield _Cut(index + 1, value, done)


def _is_small(shape: Shape) -> bool:
    return len(shape) == 4 and prod(shape) <= _MOST_MOVED


def _multiplications(graph: Graph, node: Node) -> int:
    """Return how many multiplications an operator makes; only convolutions count."""
    return prod(graph.shapes[node.output]) * prod(graph.shapes[node.inputs[1]][1:]) if node.op == "Conv" else 0
