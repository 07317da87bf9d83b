"""Graph configs: read, expand subgraphs, validate, and give the plan that the runtime runs.

`load` does it all; `parse`, `expand` and `validate` are its steps. Nothing here runs a graph.
"""

from graphkit.config.loading import expand, load, search_path
from graphkit.config.model import GraphConfig
from graphkit.config.plan import ExecutorPlan, GraphPlan, NodePlan, SidePacketPlan, StreamPlan
from graphkit.config.reader import ConfigLike, parse, path_of
from graphkit.config.subgraph import Subgraph, SubgraphContext
from graphkit.config.switch_container import SwitchContainerOptions
from graphkit.config.validation import validate
from graphkit.config.writer import to_pbtxt

__all__ = [
    "load", "parse", "path_of", "expand", "validate", "to_pbtxt", "search_path",
    "GraphPlan", "NodePlan", "StreamPlan", "SidePacketPlan", "ExecutorPlan",
    "ConfigLike", "GraphConfig", "Subgraph", "SubgraphContext", "SwitchContainerOptions",
]  # fmt: skip
