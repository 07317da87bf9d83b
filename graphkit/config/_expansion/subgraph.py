"""Subgraphs written in Python: a class that gives the config for one node.

::

    class Twice(Subgraph):
        def get_config(self, context):
            name = context.options(TwiceOptions).calculator
            return f'input_stream: "in" output_stream: "out" node {{ calculator: "{name}" ... }}'

    register_subgraph("Twice", Twice)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from graphkit.config._checking.contracts import node_options
from graphkit.config._checking.faults import Faults
from graphkit.config._text.names import tag_map
from graphkit.framework import TagMap

if TYPE_CHECKING:
    from graphkit.config._model import NodeConfig
    from graphkit.config._text.reader import ConfigLike

O = TypeVar("O")  # noqa: E741 - O for options


class SubgraphContext:
    """The node that a subgraph stands for.

    Attributes:
        node: its config.
        inputs, outputs, input_side_packets, output_side_packets: what the caller connects.
    """

    def __init__(self, node: NodeConfig, faults: Faults | None = None) -> None:
        self.node = node
        self.faults = Faults() if faults is None else faults
        owner = f"node {node.title}"
        self.inputs = tag_map(node.inputs, owner, self.faults) or TagMap()
        self.outputs = tag_map(node.outputs, owner, self.faults) or TagMap()
        self.input_side_packets = tag_map(node.input_side_packets, owner, self.faults) or TagMap()
        self.output_side_packets = tag_map(node.output_side_packets, owner, self.faults) or TagMap()
        self._options = node_options(node, self.faults)

    def options(self, cls: type[O]) -> O:
        """Return the node's options of class *cls*, all defaults if the config gives none."""
        found: O | None = self._options.get(cls)
        return cls() if found is None else found


class Subgraph:
    """Base of subgraphs written in Python; registered by ``graphkit.framework._registry.register_subgraph``."""

    def get_config(self, context: SubgraphContext) -> ConfigLike:
        """Return the config that takes the node's place: text, a message, a path or a GraphConfig.

        Its graph-level streams are the tags that the caller may connect.
        """
        raise NotImplementedError(f"{type(self).__name__} has no get_config()")
