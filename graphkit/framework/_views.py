"""Read-only views of the engine's classes, for services, input policies and the registry.

The engine's own classes fit them; authors read them and never make one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Mapping, Sequence

    from graphkit.framework._contract import CalculatorContract
    from graphkit.framework._packet import Packet
    from graphkit.framework._services import GraphService
    from graphkit.framework._tag_map import TagMap


class NodeView(Protocol):
    """One calculator of the expanded graph."""

    @property
    def name(self) -> str:
        """Its name, unique in the graph."""

    @property
    def calculator(self) -> str:
        """The name of its calculator."""

    @property
    def contract(self) -> CalculatorContract:
        """What its calculator declared for it, with types resolved."""

    @property
    def inputs(self) -> TagMap:
        """Names of its input streams."""

    @property
    def outputs(self) -> TagMap:
        """Names of its output streams."""

    @property
    def input_side_packets(self) -> TagMap:
        """Names of the side packets that it takes."""

    @property
    def output_side_packets(self) -> TagMap:
        """Names of the side packets that it makes."""

    @property
    def input_streams(self) -> Sequence[int]:
        """The stream of each input, by number."""

    @property
    def output_streams(self) -> Sequence[int]:
        """The stream of each output, by number."""

    @property
    def options(self) -> Mapping[type[Any], Any]:
        """Its options messages, by options class."""

    @property
    def executor(self) -> str:
        """The name of its executor, "" for the default one."""


class GraphView(Protocol):
    """A whole graph, expanded and validated."""

    @property
    def nodes(self) -> Sequence[NodeView]:
        """Its nodes, each after those that feed it."""

    @property
    def services(self) -> Mapping[GraphService[Any], bool]:
        """The services that nodes request; True if it is optional for each of them."""


class InputQueue(Protocol):
    """The queue between a stream and one input of a node."""

    @property
    def index(self) -> int:
        """The input's id at the node."""

    @property
    def name(self) -> str:
        """The stream's name."""

    @property
    def queue(self) -> deque[Packet[Any]]:
        """The packets that wait, in time order."""

    @property
    def settled(self) -> int:
        """The timestamp up to which everything is decided."""

    @property
    def is_done(self) -> bool:
        """Whether no packet waits and none can come."""

    def pop_at(self, timestamp: int) -> Packet[Any] | None:
        """Return and remove the packet at *timestamp*, None if there is none; settles *timestamp*."""

    def empty_timestamp(self) -> int:
        """Return the timestamp of the empty packet that tells how far the stream is settled."""


class SubgraphLike(Protocol):
    """A class that gives the config of a subgraph."""

    def get_config(self, context: Any) -> Any:
        """Return the config, as text, as a path or as a message."""


class CallerView(Protocol):
    """The node that calls a calculator."""

    @property
    def name(self) -> str:
        """Name of the node."""

    @property
    def active(self) -> int:
        """How many of its calls are scheduled or under way."""
