"""Graphs whose results depend on the order in which packets arrive: a file must give the same result every time.

A node with an Immediate policy runs for whatever came first. Live, that is what it is for. On a file it would let
the results depend on which branch was faster, so the job feeds such a graph frame by frame, and the nodes take
turns on the thread that feeds (S41).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.framework import ApplicationThreadExecutor
from graphkit.framework._registry import find_input_stream_handler
from graphkit.jobs._leases import Lease

if TYPE_CHECKING:
    from graphkit.config import GraphPlan, NodePlan
    from graphkit.graph import CalculatorGraph


class InOrder(Lease):
    """Lets the nodes of a graph run one after the other, by their priority alone.

    Nodes with an executor that the program has set, and those that draw on the GPU, keep their threads.

    Args:
        graph: not running.
    """

    def __init__(self, graph: CalculatorGraph) -> None:
        self._graph = graph
        self._names: list[str] = []

    def lend(self) -> None:
        """Put one executor in the place of all that the graph declares."""
        names = {"", *(executor.name for executor in self._graph.plan.executors)}
        self._names = [name for name in sorted(names) if self._graph.executor(name) is None]
        executor = ApplicationThreadExecutor()
        for name in self._names:
            self._graph.set_executor(name, executor)

    def give_back(self) -> None:
        """Leave the graph with its own executors."""
        for name in self._names:
            self._graph.set_executor(name, None)


def depends_on_arrival(plan: GraphPlan) -> bool:
    """Return whether a node of the graph may give other results if its inputs arrive in another order."""
    return any(map(_depends, plan.nodes))


def _depends(node: NodePlan) -> bool:
    if len(node.input_streams) < 2 or node.cls.any_arrival_order:
        return False
    return not find_input_stream_handler(node.input_stream_handler).any_arrival_order
