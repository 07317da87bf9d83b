"""``mediapipe.ValidatedGraphConfig``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from graphkit import Resources, config
from graphkit.compat._errors import as_peer_raises
from graphkit.compat._plans import graph_file
from graphkit.formats import mediapipe_name

__all__ = ["ValidatedGraphConfig"]

_GLOBAL: Final = re.compile(r"(?<![:\w])(?=(?:mediapipe|std)::)")


class ValidatedGraphConfig:
    """A graph that was read, expanded and checked."""

    def __init__(self) -> None:
        self._plan: config.GraphPlan | None = None
        self._expanded: config.GraphConfig | None = None

    def initialize(self, *, binary_graph_path: str | None = None, graph_config: Any = None) -> None:
        """Read a graph, expand it and check it.

        Args:
            binary_graph_path: its file.
            graph_config: instead of a file, a CalculatorGraphConfig message or its text.

        Raises:
            ValueError: not exactly one of the two, or the graph is not valid.
            RuntimeError: it names something that does not exist.
            FileNotFoundError: there is no such file.
        """
        self.adopt(*read_graph(binary_graph_path, graph_config))

    def adopt(self, plan: config.GraphPlan, expanded: config.GraphConfig) -> None:
        """Take a graph that `read_graph` read."""
        self._plan, self._expanded = plan, expanded

    def initialized(self) -> bool:
        """Return whether a graph was read."""
        return self._plan is not None

    def registered_stream_type_name(self, stream: str) -> str:
        """Return the C++ name of what *stream* carries.

        Raises:
            RuntimeError: the graph does not have it, or nothing says what it carries.
        """
        plan = self.plan
        if stream not in plan.stream_ids:
            raise RuntimeError(f'Unable to find the type of the stream: the graph has no stream "{stream}"')
        return _name(plan.streams[plan.stream_ids[stream]].packet_type, stream)

    def registered_side_packet_type_name(self, side_packet: str) -> str:
        """Return the C++ name of *side_packet*'s type; raises RuntimeError as for streams."""
        if side_packet not in self.plan.side_packets:
            raise RuntimeError(f'Unable to find the type: the graph has no side packet "{side_packet}"')
        return _name(self.plan.side_packets[side_packet].packet_type, side_packet)

    @property
    def plan(self) -> config.GraphPlan:
        """Graphkit's plan of the graph."""
        if self._plan is None:
            raise RuntimeError("ValidatedGraphConfig is not initialized.")
        return self._plan

    @property
    def text_config(self) -> str:
        """The expanded graph as text."""
        return config.to_pbtxt(self.expanded)

    @property
    def binary_config(self) -> bytes:
        """The expanded graph as bytes."""
        data: bytes = config.to_message(self.expanded).SerializeToString()
        return data

    @property
    def expanded(self) -> config.GraphConfig:
        """The graph with its subgraphs expanded."""
        if self._expanded is None:
            raise RuntimeError("ValidatedGraphConfig is not initialized.")
        return self._expanded


def read_graph(binary_graph_path: str | None, graph_config: Any) -> tuple[config.GraphPlan, config.GraphConfig]:
    """Return the plan and the expanded config of a graph; arguments and errors as `initialize` has them."""
    if (binary_graph_path is None) == (graph_config is None):
        raise ValueError("Please provide one of 'binary_graph_path' to initialize from a file, or 'graph_config'")
    with as_peer_raises():
        source: Any = graph_config
        if binary_graph_path is not None:
            source = graph_file(binary_graph_path)
        resources = config.search_path(source) if isinstance(source, Path) else Resources()
        expanded = config.expand(config.parse(source), resources=resources)
        return config.load(source, resources=resources), expanded


def _name(packet_type: Any, of: str) -> str:
    if not packet_type.types:
        raise RuntimeError(f'nothing in the graph says what "{of}" carries: {packet_type}')
    names = [_GLOBAL.sub("::", mediapipe_name(kind)) for kind in packet_type.types]
    return names[0] if len(names) == 1 else f"OneOf<{', '.join(names)}>"
