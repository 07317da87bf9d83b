"""From an expanded config to the plan: contracts, connections, types, order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from graphkit.config._checking.contracts import build_nodes
from graphkit.config._checking.cycles import Cycles
from graphkit.config._checking.faults import Faults
from graphkit.config._checking.handlers import check_sizes, executors, input_policy
from graphkit.config._checking.ordering import sorted_order
from graphkit.config._checking.type_resolution import resolve_types
from graphkit.config._checking.wiring import GRAPH, connect
from graphkit.config._plan import GraphPlan, NodePlan, ProfilerPlan, SidePacketPlan, StreamPlan
from graphkit.framework import ANY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit.config._checking.contracts import CheckedNode, KnownTypes
    from graphkit.config._checking.handlers import Policy
    from graphkit.config._checking.wiring import Edge, Wiring
    from graphkit.config._model import GraphConfig
    from graphkit.framework import Calculator, CalculatorContract, GraphService, PacketType

DEFAULT_MAX_QUEUE_SIZE: Final = 100


def validate(graph: GraphConfig) -> GraphPlan:
    """Return the plan of an expanded graph.

    Raises:
        GraphValidationError: everything that is wrong with it.
    """
    faults = Faults()
    plan = make_plan(graph, faults)
    faults.check()
    if plan is None:
        raise AssertionError("a graph without a plan has faults")
    return plan


def make_plan(graph: GraphConfig, faults: Faults, known_types: KnownTypes = set) -> GraphPlan | None:
    """Return the plan as `validate` does; None after leaving the reasons in *faults*."""
    nodes = build_nodes(graph, faults, known_types)
    wiring = connect(graph, nodes, faults)
    types = resolve_types(nodes, wiring, faults)
    declared, num_threads = executors(graph, nodes, faults)
    check_sizes(graph, nodes, faults)
    policies = [input_policy(node, graph, faults) for node in nodes]
    cycles = Cycles(nodes, wiring, policies)
    order = sorted_order(nodes, wiring, cycles, faults)
    if len(faults):
        return None
    cycles.warn_of_dead_ends()
    maker = _PlanMaker(nodes, wiring, types, order)
    message: Any = graph.message
    return GraphPlan(
        type=graph.type,
        nodes=tuple(maker.node_plan(number, policies[number]) for number in order),
        streams=tuple(maker.stream_plan(edge) for edge in wiring.streams.values()),
        stream_ids=maker.stream_ids,
        graph_inputs=wiring.graph_inputs,
        graph_outputs=wiring.graph_outputs,
        side_packets={edge.name: maker.side_packet_plan(edge) for edge in wiring.side_packets.values()},
        graph_output_side_packets=wiring.graph_output_side_packets,
        services=_services(nodes),
        max_queue_size=message.max_queue_size or DEFAULT_MAX_QUEUE_SIZE,
        num_threads=num_threads,
        executors=declared,
        report_deadlock=message.report_deadlock,
        profiler=_profiler(message.profiler_config),
    )


def _profiler(asked: Any) -> ProfilerPlan:
    """Return what a ``profiler_config`` asks for; of a trace's path only its last part, and no hidden one."""
    name = re.split(r"[/\\]", asked.trace_log_path)[-1].lstrip(".")
    trace = asked.trace_enabled and not asked.trace_log_disabled
    return ProfilerPlan(asked.enable_profiler, trace, name or "trace")


def _services(nodes: Sequence[CheckedNode]) -> dict[GraphService[Any], bool]:
    asked: dict[GraphService[Any], bool] = {}
    for node in nodes:
        for service, optional in (node.contract.services if node.contract else {}).items():
            asked[service] = asked.get(service, True) and optional
    return asked


class _PlanMaker:
    """Turns checked nodes and edges into plans, with numbers by the final order."""

    def __init__(
        self, nodes: Sequence[CheckedNode], wiring: Wiring, types: dict[int, PacketType], order: Sequence[int]
    ) -> None:
        self._nodes, self._wiring, self._types = nodes, wiring, types
        self._final = {number: i for i, number in enumerate(order)} | {GRAPH: GRAPH}
        inputs = [edge for edge in wiring.streams.values() if edge.producer and edge.producer.node == GRAPH]
        made = [wiring.streams[name] for number in order for name in nodes[number].outputs.names]
        wiring.streams = {edge.name: edge for edge in [*inputs, *made]}
        self.stream_ids = {name: i for i, name in enumerate(wiring.streams)}

    def stream_plan(self, edge: Edge) -> StreamPlan:
        producer = edge.producer
        if producer is None:
            raise AssertionError(f"stream {edge.name} has no producer")
        return StreamPlan(
            id=self.stream_ids[edge.name],
            name=edge.name,
            packet_type=self._types.get(id(edge), ANY),
            producer=self._final[producer.node],
            producer_output=producer.port,
            consumers=tuple(sorted((self._final[end.node], end.port) for end in edge.consumers)),
        )

    def side_packet_plan(self, edge: Edge) -> SidePacketPlan:
        first = self._nodes[edge.consumers[0].node].config.place if edge.consumers else edge.place
        specs = [self._contract(end.node).input_side_packets.specs()[end.port] for end in edge.consumers]
        return SidePacketPlan(
            name=edge.name,
            packet_type=self._types.get(id(edge), ANY),
            producer=GRAPH if edge.producer is None else self._final[edge.producer.node],
            optional=all(spec.optional for spec in specs),
            location=first.location,
        )

    def node_plan(self, number: int, policy: Policy) -> NodePlan:
        node = self._nodes[number]
        message: Any = node.config.message
        return NodePlan(
            id=self._final[number],
            name=node.name,
            calculator=node.config.calculator,
            cls=self._cls(node),
            location=node.config.place.location,
            contract=self._contract(number),
            inputs=node.inputs,
            outputs=node.outputs,
            input_side_packets=node.input_side_packets,
            output_side_packets=node.output_side_packets,
            input_streams=tuple(self.stream_ids[name] for name in node.inputs.names),
            output_streams=tuple(self.stream_ids[name] for name in node.outputs.names),
            back_edges=tuple((number, port) in self._wiring.back_edges for port in range(len(node.inputs))),
            options=node.options,
            input_stream_handler=policy.name,
            input_stream_handler_options=policy.options,
            max_in_flight=message.max_in_flight or 1,
            executor=message.executor,
            source_layer=message.source_layer,
            buffer_size_hint=message.buffer_size_hint,
            ancestry=node.config.ancestry,
        )

    def _contract(self, number: int) -> CalculatorContract:
        contract = self._nodes[number].contract
        if contract is None:
            raise AssertionError(f"node {number} has no contract")
        return contract

    @staticmethod
    def _cls(node: CheckedNode) -> type[Calculator]:
        if node.cls is None:
            raise AssertionError(f"node {node.name} has no calculator")
        return node.cls
