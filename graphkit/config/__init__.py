"""Graph configs: read, expand subgraphs, validate, and make the plan that the runtime runs.

`load` does all of it; `parse`, `expand` and `validate` are its steps. `diagnose` reports all that is wrong with a
graph and what is missing. Nothing here runs a graph.
"""

from graphkit.config._checking.faults import Faults, NamedNode
from graphkit.config._checking.given import check_side_packet_name, check_side_packets
from graphkit.config._checking.planning import validate
from graphkit.config._diagnosis import Diagnosis, Examined, diagnose, examine
from graphkit.config._expansion.subgraph import Subgraph, SubgraphContext
from graphkit.config._expansion.switch_container import SwitchContainerOptions
from graphkit.config._loading import expand, load, search_path
from graphkit.config._model import GraphConfig, NodeConfig
from graphkit.config._options.catalog import options_message
from graphkit.config._plan import ExecutorPlan, GraphPlan, NodePlan, ProfilerPlan, SidePacketPlan, StreamPlan
from graphkit.config._text.reader import ConfigLike, parse, path_of
from graphkit.config._text.source import Place
from graphkit.config._text.writer import to_message, to_pbtxt

__all__ = [
    "diagnose", "examine", "load", "parse", "path_of", "expand", "validate", "to_message", "to_pbtxt",
    "search_path",
    "check_side_packet_name", "check_side_packets", "options_message",
    "GraphPlan", "NodePlan", "StreamPlan", "SidePacketPlan", "ExecutorPlan", "ProfilerPlan",
    "ConfigLike", "Diagnosis", "Examined", "Faults", "GraphConfig", "NamedNode", "NodeConfig", "Place",
    "Subgraph", "SubgraphContext", "SwitchContainerOptions",
]  # fmt: skip
