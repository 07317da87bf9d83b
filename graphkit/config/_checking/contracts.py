"""The contract of every node: its calculator, tags, options, and what its ports declare."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from graphkit.config._options.catalog import options_classes
from graphkit.config._options.messages import to_instance
from graphkit.config._text.names import canonical_names, keyed, place_of_key, tag_map
from graphkit.errors import Lack, UnknownCalculatorError, did_you_mean
from graphkit.framework import CalculatorContract, TagMap, key_label
from graphkit.framework import _registry as registry
from graphkit.framework._calculator import apply_ports, ports_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from google.protobuf.message import Message

    from graphkit.config._checking.faults import Faults
    from graphkit.config._model import Entry, GraphConfig, NodeConfig
    from graphkit.config._text.source import Place
    from graphkit.framework import Calculator, Key, PortMap

KnownTypes: TypeAlias = "Callable[[], set[str]]"
"""Gives the names of all subgraphs; called only for the message about an unknown name."""

_SIDES: Final = ("inputs", "outputs", "input_side_packets", "output_side_packets")
_SIDE_LABELS: Final = {
    "inputs": "input stream", "outputs": "output stream",
    "input_side_packets": "input side packet", "output_side_packets": "output side packet",
}  # fmt: skip


@dataclass(slots=True)
class CheckedNode:
    """One calculator node while the plan is made.

    Attributes:
        cls: None if the calculator is unknown or a tag is malformed; such a node only keeps its streams'
            names, so that one fault does not make others.
        contract: None in the same case.
    """

    config: NodeConfig
    name: str
    cls: type[Calculator] | None
    inputs: TagMap = field(default_factory=TagMap)
    outputs: TagMap = field(default_factory=TagMap)
    input_side_packets: TagMap = field(default_factory=TagMap)
    output_side_packets: TagMap = field(default_factory=TagMap)
    options: dict[type[Any], Any] = field(default_factory=dict)
    contract: CalculatorContract | None = None

    @property
    def calculator(self) -> str:
        """The name of its calculator."""
        return self.config.calculator

    @property
    def title(self) -> str:
        """The node as messages name it."""
        return f'"{self.name}"' if self.name == self.calculator else f'"{self.name}" ({self.calculator})'

    def place_of(self, side: str, key: Key) -> Place:
        """Return the place of one of its connections; *side* is "inputs", "outputs" and so on."""
        return place_of_key(getattr(self.config, side), key, self.config.place)


def build_nodes(graph: GraphConfig, faults: Faults, known_types: KnownTypes = set) -> list[CheckedNode]:
    """Return the nodes of an expanded graph with their contracts.

    Args:
        graph: the expanded graph.
        faults: collects unknown calculators and tags, and missing ports.
        known_types: gives the subgraphs that could be meant by an unknown name.
    """
    names = canonical_names(graph.nodes)
    nodes = [
        _build_node(config, name, faults, known_types) for config, name in zip(graph.nodes, names, strict=True)
    ]
    places: dict[str, CheckedNode] = {}
    for node in nodes:
        other = places.setdefault(node.name, node)
        if other is not node:
            faults.add(
                f'two nodes are called "{node.name}", the other at {other.config.place.location}; rename one',
                node.config.place,
                node=node,
            )
    return nodes


def _build_node(config: NodeConfig, name: str, faults: Faults, known_types: KnownTypes) -> CheckedNode:
    node = CheckedNode(config, name, registry.lookup_calculator(config.calculator, config.package))
    if node.cls is None and config.calculator and not config.broken:
        known = {*registry.calculator_names(), *known_types()}
        unknown = str(UnknownCalculatorError(config.calculator, known, registry.unregistered(config.calculator)))
        kind = "calculator" if config.calculator.endswith("Calculator") else "subgraph"
        lack = Lack(kind, config.calculator)
        faults.add(unknown, config.place_of("calculator"), node=node, lack=lack)
    for side in _SIDES:
        entries: Sequence[Entry] = getattr(config, side)
        made = tag_map(entries, f"node {node.title}", faults)
        if made is None:
            node.cls = None
        else:
            setattr(node, side, made)
    node.options = node_options(config, faults)
    if node.cls is not None:
        node.contract = _contract(node, node.cls, faults)
    return node


def node_options(config: NodeConfig, faults: Faults) -> dict[type[Any], Any]:
    """Return the node's options by class; if one message is given in both notations, node_options wins."""
    merged: dict[str, Message] = {}
    places: dict[str, Place] = {}
    for options in config.options:
        full_name = options.full_name
        places.setdefault(full_name, options.place)
        if full_name in merged:
            both = type(options.message)()
            both.MergeFrom(merged[full_name])
            both.MergeFrom(options.message)
            merged[full_name] = both
        else:
            merged[full_name] = options.message
    instances: dict[type[Any], Any] = {}
    for full_name, message in merged.items():
        for cls in options_classes(full_name):
            try:
                instances[cls] = to_instance(cls, message)
            except ValueError as exc:
                faults.add(f"options {full_name}: {exc}", places[full_name], exc)
    return instances


def _contract(node: CheckedNode, cls: type[Calculator], faults: Faults) -> CalculatorContract | None:
    contract = CalculatorContract(
        node.name, node.inputs, node.outputs, node.input_side_packets, node.output_side_packets, node.options
    )
    try:
        missing = apply_ports(cls, contract)
    except (
        Exception
    ) as exc:  # update_contract is the calculator's own code: any error it raises is a fault of the node
        if not _add_misspelt(node, cls, contract, faults):
            faults.add(
                f"node {node.title}: its calculator refuses this config: {type(exc).__name__}: {exc}",
                node.config.place, exc, node=node,
            )  # fmt: skip
        return None
    for sentence in missing:
        faults.add(
            f"node {node.title}: {sentence} and this node does not connect it", node.config.place, node=node
        )
    for side in _SIDES:
        _check_declared(node, cls, side, getattr(contract, side), faults)
    return contract


def _check_declared(node: CheckedNode, cls: type[Calculator], side: str, ports: PortMap, faults: Faults) -> None:
    undeclared = [key for key, spec in ports.items() if spec.type is None]
    if not undeclared:
        return
    places = keyed(getattr(node.config, side))
    for tag, index in undeclared:
        place = places[tag, index].place
        faults.add(f"node {node.title}: {_undeclared(cls, side, (tag, index), ports)}", place, node=node)


def _add_misspelt(node: CheckedNode, cls: type[Calculator], contract: CalculatorContract, faults: Faults) -> bool:
    """Report tags that are close to a declared one: the likely cause of a refusal, and a clearer message."""
    before = len(faults)
    for side in _SIDES:
        ports: PortMap = getattr(contract, side)
        declared = [tag for tag, _ in _declared_keys(cls, side, ports)]
        if any(spec.type is None and did_you_mean(tag, declared) for (tag, _), spec in ports.items() if tag):
            _check_declared(node, cls, side, ports, faults)
    return len(faults) > before


def _undeclared(cls: type[Calculator], side: str, key: Key, ports: PortMap) -> str:
    label, known = _SIDE_LABELS[side], _declared_keys(cls, side, ports)
    tags = sorted({tag for tag, _ in known if tag})
    untagged = sum(1 for tag, _ in known if not tag)
    takes = [f"tags {', '.join(tags)}"] if tags else []
    takes += [f"{untagged} without a tag"] if untagged else []
    found = f'tag "{key[0]}"' if key[0] else f"index {key[1]} (without a tag)"
    if key[0] in tags:
        found = key_label(key)
    close = did_you_mean(key[0], tags) if key[0] and key[0] not in tags else ""
    told = f"{label} with {found} is not known to the calculator; it takes {' and '.join(takes) or 'none'}.{close}"
    if side == "outputs" and key[0] and hasattr(cls, "function_outputs") and not close:
        told += f' A function names an output in its annotation: -> Annotated[..., "{key[0]}"].'
    return told


def _declared_keys(cls: type[Calculator], side: str, ports: PortMap) -> set[Key]:
    keys = {(port.tag, port.index) for port in ports_of(cls) if port.side == side}
    keys |= {key for key, spec in ports.items() if spec.type is not None}
    of_function = {"inputs": "function_inputs", "outputs": "function_outputs"}.get(side, "neither")
    streams: Sequence[Any] = getattr(cls, of_function, [])
    for position, stream in enumerate(streams):
        keys |= {("", position), *([(stream.tag, 0)] if stream.tag else [])}
    return keys
