"""From a plan to the state of one run: nodes, queues and streams, wired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit._process.threads import budget
from graphkit._runtime.chaining import link_nodes
from graphkit._runtime.node import Node
from graphkit._runtime.observers import Observer, ObserverCalculator, TogetherCalculator
from graphkit._runtime.precedence import order_nodes
from graphkit._runtime.state import GraphState
from graphkit._runtime.streams import GraphInput, InputStream, OutputStream
from graphkit._runtime.tasks import TaskQueue
from graphkit._runtime.throttle import Throttle
from graphkit.config import NodePlan
from graphkit.errors import CalculatorError, GraphStateError, InputStreamHandlerError, Location, did_you_mean
from graphkit.framework import ANY, CalculatorContract, Executor, TagMap, ThreadPoolExecutor
from graphkit.framework._executor import make_executor
from graphkit.framework._handlers import DefaultInputStreamHandler
from graphkit.framework._registry import find_input_stream_handler

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphkit.config import GraphPlan
    from graphkit.framework import GraphService, Packet


def build_state(
    plan: GraphPlan,
    executors: Mapping[str, Executor],
    observers: Sequence[Observer],
    headers: Mapping[str, Packet[Any]] | None = None,
    services: Mapping[GraphService[Any], Any] | None = None,
) -> GraphState:
    """Return the state of a fresh run of *plan*: new calculators, empty queues.

    *headers* are those of graph input streams, by name; *services* those of the run.
    """
    placed = _service_executors(plan, services or {})
    queues = _task_queues(plan, {**dict(placed.values()), **executors})
    nodes = [
        _make_node(node, placed[node.id][0] if node.id in placed else node.executor, queues) for node in plan.nodes
    ]
    streams = [OutputStream(s.name, plan.nodes[s.producer].name if s.producer >= 0 else "") for s in plan.streams]
    for node in nodes:
        node.outputs = tuple(streams[i] for i in node.plan.output_streams)
        node.inputs = tuple(
            InputStream(node, i, streams[s], _queue_limit(plan, node.plan))
            for i, s in enumerate(node.plan.input_streams)
        )
    nodes += [_observer_node(plan, len(nodes) + i, o, queues[""], streams) for i, o in enumerate(observers)]
    _wire(nodes, streams)
    for node in nodes:
        _equip(node)
    order_nodes(nodes)
    link_nodes(nodes)
    for name, header in (headers or {}).items():
        for consumer in streams[plan.stream_ids[name]].consumers:
            consumer.node.contexts[0].inputs.headers[consumer.index] = header
    inputs = {name: GraphInput(streams[plan.stream_ids[name]]) for name in plan.graph_inputs.names}
    throttle = Throttle(nodes, inputs.values(), report_deadlock=plan.report_deadlock)
    return GraphState(nodes, inputs, list(queues.values()), throttle)


def default_executor(plan: GraphPlan) -> Executor:
    """Return the default executor of a plan that declares none: at most as many threads as nodes."""
    return ThreadPoolExecutor(plan.num_threads or min(budget().cores, max(len(plan.nodes), 1)))


def _task_queues(plan: GraphPlan, given: Mapping[str, Executor]) -> dict[str, TaskQueue]:
    executors = dict(given)
    for declared in plan.executors:
        if declared.name and not declared.type and declared.name not in given:
            raise GraphStateError(
                f'executor "{declared.name}" is declared without a type, so the program has to hand it over: call '
                f'set_executor("{declared.name}", ...) before the run, or write type: "ThreadPoolExecutor".'
            )
        executors.setdefault(declared.name, make_executor(declared.type, declared.options))
    if "" not in executors:
        executors[""] = default_executor(plan)
    ordered = sorted(executors)
    return {
        name: TaskQueue(name, executors[name], executors[name].width(), owned=name not in given)
        for name in ordered
    }


def _service_executors(
    plan: GraphPlan, services: Mapping[GraphService[Any], Any]
) -> dict[int, tuple[str, Executor]]:
    """Return the executors, by node id, that services want for nodes that name none themselves."""
    return {
        node.id: service.executor(services[service], node)
        for node in plan.nodes
        for service in node.contract.services
        if not node.executor and service.executor is not None and services.get(service) is not None
    }


def _make_node(plan: NodePlan, executor: str, queues: Mapping[str, TaskQueue]) -> Node:
    if executor not in queues:
        raise GraphStateError(
            f'node "{plan.name}" asks for executor "{executor}", which the graph does not have.'
            f"{did_you_mean(executor, queues)} Declare it with executor {{ name: ... }} or hand one to "
            "set_executor()."
        )
    try:
        node = Node(plan, plan.cls(), queues[executor])
    except Exception as exc:
        raise CalculatorError(plan.name, plan.calculator, "construction", None, exc) from exc
    node.process = node.queue.executor.prepared(node.process)
    return node


def _queue_limit(plan: GraphPlan, node: NodePlan) -> int:
    """Return how many packets a queue of *node* holds (S37)."""
    limit = plan.max_queue_size
    return limit if limit < 0 else max(limit, node.buffer_size_hint, 1)


def _observer_node(
    plan: GraphPlan, node_id: int, observer: Observer, queue: TaskQueue, streams: list[OutputStream]
) -> Node:
    ids = tuple(plan.stream_ids[name] for name in observer.streams)
    inputs, nothing = TagMap.from_entries(observer.streams), TagMap()
    name = f"observer of {', '.join(observer.streams)}"
    contract = CalculatorContract(name, inputs, nothing, nothing, nothing, {})
    for spec in contract.inputs.specs():
        spec.type = ANY
    contract.process_timestamp_bounds = observer.bounds
    cls = TogetherCalculator if observer.together else ObserverCalculator
    node_plan = NodePlan(
        node_id, name, "observer", cls, Location(), contract, inputs, nothing, nothing, nothing,
        ids, (), (False,) * len(ids), {},
    )  # fmt: skip
    node = Node(node_plan, cls(observer), queue)
    limit = observer.max_queue_size if observer.on_touch else plan.max_queue_size
    node.inputs = tuple(InputStream(node, i, streams[s], limit) for i, s in enumerate(ids))
    observer.queue = node.inputs[0]
    node.on_touch = observer.on_touch
    return node


def _wire(nodes: Sequence[Node], streams: Sequence[OutputStream]) -> None:
    readers: dict[str, list[InputStream]] = {stream.name: [] for stream in streams}
    for node in nodes:
        for queue in node.inputs:
            readers[queue.name].append(queue)
    for stream in streams:
        stream.consumers = tuple(readers[stream.name])


def _equip(node: Node) -> None:
    """Give the node its handler, its first context and what it waits for before it opens."""
    contract = node.plan.contract
    if node.inputs:
        name = node.plan.input_stream_handler
        try:
            node.handler = find_input_stream_handler(name)(
                node.inputs,
                node.plan.inputs,
                node.plan.input_stream_handler_options,
                process_timestamp_bounds=contract.process_timestamp_bounds,
            )
        except Exception as exc:
            raise InputStreamHandlerError(node.name, node.plan.calculator, name, exc, "prepare") from exc
        plain = type(node.handler) is DefaultInputStreamHandler and not contract.process_timestamp_bounds
        if plain and len(node.inputs) == 1 and node.limit == 1 and not node.chooses and node.on_touch is None:
            node.single = node.inputs[0]
        elif plain and node.on_touch is None:
            node.joined = node.inputs
    node.contexts.append(node.new_context())
    node.waiting_for.update(f"side packet {name}" for name in node.plan.input_side_packets.names)
    for queue, back in zip(node.inputs, node.plan.back_edges, strict=True):
        if queue.stream.producer and not back:
            node.waiting_for.add(f"node {queue.stream.producer}")
