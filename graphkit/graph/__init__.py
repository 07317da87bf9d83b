"""A graph, its runs, and pollers that take packets out of them."""

from graphkit.graph._graph import CalculatorGraph
from graphkit.graph._poller import OutputStreamPoller

__all__ = ["CalculatorGraph", "OutputStreamPoller"]
