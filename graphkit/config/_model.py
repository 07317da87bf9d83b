"""The config between reading and validating: plain objects that expansion rewrites.

Every object keeps its place in its file. Options stay protobuf messages until the plan is made,
as graph options merge field by field. A message in the model is never changed in place: code that changes
one replaces it by a copy, so that nodes may share them.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from graphkit.config._text.source import NOWHERE, Mark, Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from google.protobuf.message import Message


class Entry(NamedTuple):
    """One stream or side packet of a node or graph: ``name``, ``TAG:name`` or ``TAG:index:name``."""

    text: str
    place: Place = NOWHERE

    @property
    def name(self) -> str:
        """The stream's name."""
        return self.text.rpartition(":")[2]

    @property
    def tag(self) -> str:
        """The tag, "" if it has none."""
        return self.text.partition(":")[0] if ":" in self.text else ""

    def renamed(self, name: str) -> Entry:
        """Return the entry with another stream name under the same tag and index."""
        prefix, colon, _ = self.text.rpartition(":")
        return Entry(f"{prefix}{colon}{name}", self.place)


@dataclass(frozen=True, slots=True)
class OptionsMessage:
    """One options message of a node or graph.

    Attributes:
        message: the message itself.
        in_any: whether it was written in ``node_options`` or ``graph_options`` (as an Any), not ``options``.
        mark: marks of its fields.
        place: of the message in its file.
        inherited: whether a node has it from the graph around it; a subgraph's own options take precedence.
    """

    message: Message
    in_any: bool = False
    mark: Mark = field(default_factory=Mark)
    place: Place = NOWHERE
    inherited: bool = False

    @property
    def full_name(self) -> str:
        """The message's full name."""
        return str(self.message.DESCRIPTOR.full_name)


@dataclass(slots=True)
class NodeConfig:
    """One node: a calculator, or a subgraph that is yet to be expanded.

    Attributes:
        name: as given, or as expansion made it; "" for none.
        calculator: name of the calculator or subgraph.
        message: the node's protobuf message without the fields that are attributes here.
        package: namespace in which its calculator is looked up first.
        ancestry: types of the subgraphs it was expanded from, outermost first.
        broken: whether it is a subgraph that could not be expanded, which is reported.
    """

    name: str
    calculator: str
    message: Message
    place: Place
    package: str = ""
    inputs: list[Entry] = field(default_factory=list)
    outputs: list[Entry] = field(default_factory=list)
    input_side_packets: list[Entry] = field(default_factory=list)
    output_side_packets: list[Entry] = field(default_factory=list)
    options: list[OptionsMessage] = field(default_factory=list)
    option_values: list[Entry] = field(default_factory=list)
    mark: Mark = field(default_factory=Mark)
    ancestry: tuple[str, ...] = ()
    broken: bool = False

    @property
    def title(self) -> str:
        """The node as messages name it: ``"luma" (LuminanceCalculator)``, or only the calculator."""
        if not self.name or self.name == self.calculator:
            return f'"{self.calculator}"'
        return f'"{self.name}" ({self.calculator})'

    def place_of(self, field_name: str, index: int = 0) -> Place:
        """Return the place of a field of the node."""
        return Place(self.place.source, self.mark.at(field_name, index).offset)

    def copy(self) -> NodeConfig:
        """Return a copy with lists of its own."""
        return dataclasses.replace(
            self, inputs=list(self.inputs), outputs=list(self.outputs),
            input_side_packets=list(self.input_side_packets), output_side_packets=list(self.output_side_packets),
            options=list(self.options), option_values=list(self.option_values),
        )  # fmt: skip

    def rename(self, streams: Callable[[str], str], side_packets: Callable[[str], str]) -> None:
        """Rename the node's connections."""
        self.inputs = [entry.renamed(streams(entry.name)) for entry in self.inputs]
        self.outputs = [entry.renamed(streams(entry.name)) for entry in self.outputs]
        self.input_side_packets = [e.renamed(side_packets(e.name)) for e in self.input_side_packets]
        self.output_side_packets = [e.renamed(side_packets(e.name)) for e in self.output_side_packets]


@dataclass(slots=True)
class GraphConfig:
    """One graph or subgraph, as read or as expanded.

    Attributes:
        path: the file it was read from, None for text and messages.
        message: the graph's protobuf message without the fields that are attributes here: executors,
            stream handlers, queue size, profiler and the rest.
        options: ``options`` and ``graph_options``.
    """

    message: Message
    source: Place
    type: str = ""
    package: str = ""
    nodes: list[NodeConfig] = field(default_factory=list)
    inputs: list[Entry] = field(default_factory=list)
    outputs: list[Entry] = field(default_factory=list)
    input_side_packets: list[Entry] = field(default_factory=list)
    output_side_packets: list[Entry] = field(default_factory=list)
    options: list[OptionsMessage] = field(default_factory=list)
    mark: Mark = field(default_factory=Mark)
    path: Path | None = None

    def place_of(self, field_name: str, index: int = 0) -> Place:
        """Return the place of a field of the graph."""
        return Place(self.source.source, self.mark.at(field_name, index).offset)

    def copy(self) -> GraphConfig:
        """Return a copy with nodes and lists of its own."""
        return dataclasses.replace(
            self, nodes=[node.copy() for node in self.nodes], inputs=list(self.inputs), outputs=list(self.outputs),
            input_side_packets=list(self.input_side_packets), output_side_packets=list(self.output_side_packets),
            options=list(self.options),
        )  # fmt: skip
