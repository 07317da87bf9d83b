"""CalculatorRunner: run one calculator on given packets, on the real scheduler."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import CalculatorError, GraphStateError
from graphkit.framework import Packet, TagMap, key_label
from graphkit.framework._contract import as_key
from graphkit.framework._timestamp import as_timestamp
from graphkit.graph import CalculatorGraph

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.config import NodePlan
    from graphkit.framework import GraphService, Key, Resources


class ByTag(dict["Key", Any]):
    """Values by (tag, index); ``"TAG"`` and an untagged index are keys too."""

    def __getitem__(self, key: str | int | Key) -> Any:
        return super().__getitem__(as_key(key))

    def __setitem__(self, key: str | int | Key, value: Any) -> None:
        super().__setitem__(as_key(key), value)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(as_key(key))  # type: ignore[arg-type]


class CalculatorRunner:
    """A graph of one node.

    ::

        runner = CalculatorRunner('calculator: "PassThroughCalculator" input_stream: "in" output_stream: "out"')
        runner.add(0, "hello", timestamp=5)
        runner.run()
        assert [p.payload for p in runner.outputs[0]] == ["hello"]

    Args:
        node: the node in text format, with or without ``node { }`` around it.
        resources: where the node's models are found.

    Attributes:
        side_packets: payloads by "TAG", ("TAG", index) or untagged index.
        outputs: packets of each output of the last run, the same way.
        output_bounds: how far each output was settled at the end of the input: the bound, before closing.
        output_side_packets: payloads the node made.
        counters: by name, without the node's prefix.
    """

    def __init__(self, node: str, *, resources: Resources | None = None) -> None:
        body = node.strip()
        if not body.startswith("node"):
            body = f"node {{ {body} }}"
        self._body = body
        self._resources = resources
        self.side_packets = ByTag()
        self.outputs = ByTag()
        self.output_bounds = ByTag()
        self.output_side_packets = ByTag()
        self.counters: dict[str, int] = {}
        self._services: dict[GraphService[Any], Any] = {}
        self._actions: list[Callable[[CalculatorGraph, NodePlan], None]] = []

    def __repr__(self) -> str:
        seen = ", ".join(f"{len(packets)} on {key_label(key)}" for key, packets in self.outputs.items())
        return f"CalculatorRunner({' '.join(self._body.split())}{'; packets: ' if seen else ''}{seen})"

    def add(self, key: str | int | Key, payload: Any, timestamp: int) -> None:
        """Queue a packet for input *key* at *timestamp* microseconds; pushed in the order of the calls."""
        packet = payload.at(timestamp) if isinstance(payload, Packet) else Packet(payload, timestamp)

        def push(graph: CalculatorGraph, node: NodePlan) -> None:
            graph.add_packet_to_input_stream(_name(node.inputs, key), packet)

        self._actions.append(push)

    def set_bound(self, key: str | int | Key, bound: int) -> None:
        """Queue a timestamp bound for input *key*."""
        checked = as_timestamp(bound)

        def push(graph: CalculatorGraph, node: NodePlan) -> None:
            graph.set_input_stream_timestamp_bound(_name(node.inputs, key), checked)

        self._actions.append(push)

    def close(self, key: str | int | Key) -> None:
        """Queue the end of input *key*."""

        def push(graph: CalculatorGraph, node: NodePlan) -> None:
            graph.close_input_stream(_name(node.inputs, key))

        self._actions.append(push)

    def set_service(self, service: GraphService[Any], value: Any) -> None:
        """Lend *value* to the node as *service*."""
        self._services[service] = value

    def run(self, *, max_packets: int | None = None) -> CalculatorRunner:
        """Run the node on what was queued until everything is processed, then close it; errors raise.

        Args:
            max_packets: of a source: end the run once an output has that many packets. None for sources that end
                themselves.

        Raises:
            GraphStateError: the node is a source that does not end: an output has more than 1000 packets.
        """
        graph = CalculatorGraph(_graph_text(self._body), resources=self._resources)
        node = graph.plan.nodes[0]
        for service, value in self._services.items():
            graph.set_service(service, value)
        self._observe(graph, node, (max_packets or _MOST_PACKETS + 1) if not node.inputs else None)
        names = node.input_side_packets
        graph.start_run({_name(names, key): value for key, value in self.side_packets.items()})
        try:
            for action in self._actions:
                action(graph, node)
            if node.inputs:
                graph.wait_until_idle()
                self._note_bounds(graph, node)
            graph.close_all_input_streams()
        except BaseException:
            graph.cancel_quietly()
            raise
        try:
            graph.wait_until_done()
        except CalculatorError as exc:
            if not isinstance(exc.cause, _EnoughError):
                raise
            if max_packets is None:
                raise GraphStateError(
                    f'node "{node.name}" is a source that does not end: an output has more than {_MOST_PACKETS} '
                    "packets. Return Status.STOP from process() at the end, or test its first packets: "
                    "run(max_packets=10)"
                ) from None
        self._collect(graph, node)
        return self

    def _observe(self, graph: CalculatorGraph, node: NodePlan, limit: int | None) -> None:
        self.outputs.clear()
        self.output_bounds.clear()
        for key, name in zip(node.outputs.keys, node.outputs.names, strict=True):
            self.outputs[key] = []
            graph.observe_output_stream(name, partial(_collect_packet, self.outputs[key], limit))

    def _note_bounds(self, graph: CalculatorGraph, node: NodePlan) -> None:
        for key, name in zip(node.outputs.keys, node.outputs.names, strict=True):
            self.output_bounds[key] = graph.output_stream_bound(name)

    def _collect(self, graph: CalculatorGraph, node: NodePlan) -> None:
        self.output_side_packets.clear()
        made = graph.side_packet_values()
        for key, name in zip(node.output_side_packets.keys, node.output_side_packets.names, strict=True):
            if name in made:
                self.output_side_packets[key] = made[name].payload
        prefix = f"{node.name}-"
        self.counters = {name.removeprefix(prefix): value for name, value in graph.counters().items()}


_MOST_PACKETS: Final = 1000
"""Of a source, if the test names no limit."""


class _EnoughError(Exception):
    """Ends the run of a source that has emitted what is wanted."""


def _collect_packet(packets: list[Packet[Any]], limit: int | None, packet: Packet[Any]) -> None:
    if limit is None or len(packets) < limit:
        packets.append(packet)
    if limit is not None and len(packets) >= limit:
        raise _EnoughError


def _node_tags(body: str) -> tuple[TagMap, TagMap]:
    """Return the inputs and input side packets that the node's text names."""
    from graphkit import config

    node = config.parse(body, name="<CalculatorRunner>").nodes[0]
    return (
        TagMap.from_entries(entry.text for entry in node.inputs),
        TagMap.from_entries(entry.text for entry in node.input_side_packets),
    )


def _graph_text(body: str) -> str:
    inputs, side = _node_tags(body)
    lines = [f'input_stream: "{name}"' for name in dict.fromkeys(inputs.names)]
    lines += [f'input_side_packet: "{name}"' for name in dict.fromkeys(side.names)]
    return "\n".join([*lines, body])


def _name(tag_map: TagMap, key: str | int | Key) -> str:
    tag, index = as_key(key)
    position = tag_map.id_of(tag, index)
    if position is None:
        have = ", ".join(key_label(k) for k in tag_map) or "none"
        raise KeyError(f"the node has no {key_label((tag, index))} there; it has: {have}")
    return tag_map.names[position]
