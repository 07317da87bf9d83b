"""The validated plan: all that can be known about a graph before it runs.

The plan is data. ``graphkit.config`` makes it; the runtime only reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphkit.errors import Location
    from graphkit.framework import Calculator, CalculatorContract, GraphService, PacketType, TagMap


class StreamPlan(NamedTuple):
    """One stream of the expanded graph.

    Attributes:
        id: position in GraphPlan.streams.
        name: in the expanded graph, subgraph prefixes included.
        packet_type: resolved over the whole graph; ANY if nothing decides it.
        producer: id of the producing node, -1 for a graph input stream.
        producer_output: id of the output at the producer.
        consumers: (node id, input id) of each reader, by node id.
    """

    id: int
    name: str
    packet_type: PacketType
    producer: int
    producer_output: int
    consumers: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, repr=False)
class NodePlan:
    """One calculator of the expanded graph.

    Attributes:
        id: position in GraphPlan.nodes (topological order; decides scheduling priority).
        name: canonical name, unique in the graph.
        calculator: the registered name.
        cls: the class, instantiated for each run.
        location: of the node in its file.
        contract: as declared for this node; its ports' types are resolved.
        inputs, outputs, input_side_packets, output_side_packets: names by tag and index.
        input_streams: stream id of each input.
        output_streams: stream id of each output.
        back_edges: whether each input closes a cycle.
        options: the options messages of the node, by options class.
        input_stream_handler: name of the policy after precedence node, graph, contract, default.
        input_stream_handler_options: its options, by keyword.
        max_in_flight: how many process calls may run at once.
        executor: name of the executor, "" for the default one.
        source_layer: layers of sources run one after the other.
        buffer_size_hint: raises the queue limit of the node's inputs; 0 for none.
        ancestry: types of the subgraphs that it was expanded from, outermost first.
    """

    id: int
    name: str
    calculator: str
    cls: type[Calculator]
    location: Location
    contract: CalculatorContract
    inputs: TagMap
    outputs: TagMap
    input_side_packets: TagMap
    output_side_packets: TagMap
    input_streams: tuple[int, ...]
    output_streams: tuple[int, ...]
    back_edges: tuple[bool, ...]
    options: Mapping[type[Any], Any]
    input_stream_handler: str = "DefaultInputStreamHandler"
    input_stream_handler_options: Mapping[str, Any] = field(default_factory=dict)
    max_in_flight: int = 1
    executor: str = ""
    source_layer: int = 0
    buffer_size_hint: int = 0
    ancestry: tuple[str, ...] = ()

    def __repr__(self) -> str:
        ports = f"{len(self.inputs)} inputs, {len(self.outputs)} outputs"
        return f"NodePlan({self.id}: {self.name}, {self.calculator}, {ports}, at {self.location})"

    @property
    def is_source(self) -> bool:
        """Whether the node has output streams but no input streams."""
        return bool(self.output_streams) and not self.input_streams


class SidePacketPlan(NamedTuple):
    """One side packet of the expanded graph.

    Attributes:
        name: in the expanded graph.
        packet_type: resolved; ANY if nothing decides it.
        producer: id of the producing node, -1: the program gives it.
        optional: no consumer requires it.
        location: of the first consumer, for messages.
    """

    name: str
    packet_type: PacketType
    producer: int
    optional: bool
    location: Location


class ExecutorPlan(NamedTuple):
    """One declared executor: its name ("" is the default one), type and options message fields."""

    name: str
    type: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ProfilerPlan:
    """What the config's ``profiler_config`` asks for.

    Attributes:
        profile: count calls and times.
        trace: keep a trace, if the program gives a path.
        trace_name: the name of the trace's file, without a folder.
    """

    profile: bool = False
    trace: bool = False
    trace_name: str = "trace"


@dataclass(frozen=True, slots=True, repr=False)
class GraphPlan:
    """A whole graph, expanded, validated and sorted.

    Attributes:
        type: the graph's type name, "" for none.
        nodes: topologically sorted; a config that is already sorted keeps its order.
        streams: all streams.
        stream_ids: stream name to id.
        graph_inputs: tags and names of the graph's input streams.
        graph_outputs: tags and names of the graph's declared output streams.
        side_packets: by name; all of the expanded graph.
        graph_output_side_packets: tags and names of the declared output side packets.
        services: requested by nodes; True if it is optional for each of them.
        max_queue_size: packets an input queue holds before it throttles; -1 for no limit.
        num_threads: of the default executor, 0 to choose automatically.
        executors: declared ones.
        report_deadlock: fail instead of growing a full queue.
        profiler: what to measure.
    """

    type: str
    nodes: tuple[NodePlan, ...]
    streams: tuple[StreamPlan, ...]
    stream_ids: Mapping[str, int]
    graph_inputs: TagMap
    graph_outputs: TagMap
    side_packets: Mapping[str, SidePacketPlan]
    graph_output_side_packets: TagMap
    services: Mapping[GraphService[Any], bool]
    max_queue_size: int = 100
    num_threads: int = 0
    executors: tuple[ExecutorPlan, ...] = ()
    report_deadlock: bool = False
    profiler: ProfilerPlan = ProfilerPlan()

    def __repr__(self) -> str:
        streams = [_listed("in", self.graph_inputs.names), _listed("out", self.graph_outputs.names)]
        about = [self.type or "unnamed", f"{len(self.nodes)} nodes", f"{len(self.streams)} streams", *streams]
        return f"GraphPlan({', '.join(filter(None, about))})"


_MOST_LISTED: Final = 4


def _listed(what: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return f"{what}: {' '.join(names[:_MOST_LISTED])}{more}" if names else ""
