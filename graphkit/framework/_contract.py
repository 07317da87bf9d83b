"""CalculatorContract: what one node of one graph accepts and emits.

One contract per node: the typed ports of the calculator class are applied to the tags that
the node's config uses, then ``update_contract`` of the class may refine it. It sees options and tags,
never side packet values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from graphkit.framework._packet_type import ANY, NONE, AnyType, OneOf, PacketType, PayloadType, SameAs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphkit.framework._services import GraphService
    from graphkit.framework._tag_map import Key, TagMap

O = TypeVar("O")  # noqa: E741 - O for options


class PortSpec:
    """The declaration of one stream or side packet of a node.

    Attributes:
        type: what it carries; None until it is declared.
        optional: whether a config may leave it out.
    """

    __slots__ = ("optional", "type")

    def __init__(self, packet_type: PacketType | None = None, *, optional: bool = False) -> None:
        self.type = packet_type
        self.optional = optional

    def set(self, *types: PayloadType) -> PortSpec:
        """Accept any of *types*."""
        self.type = OneOf(*types)
        return self

    def set_any(self) -> PortSpec:
        """Accept the type of the other end."""
        self.type = ANY
        return self

    def set_none(self) -> PortSpec:
        """Accept a stream that never carries a packet."""
        self.type = NONE
        return self

    def set_same_as(self, tag: str, index: int = 0) -> PortSpec:
        """Carry what input *tag*, *index* of this node carries."""
        self.type = SameAs((tag, index))
        return self


class PortMap:
    """The ports of one side of a node, by ``"TAG"``, ``("TAG", index)`` or untagged ``index``."""

    __slots__ = ("_specs", "tag_map")

    def __init__(self, tag_map: TagMap) -> None:
        self.tag_map = tag_map
        self._specs: list[PortSpec] = [PortSpec() for _ in tag_map.keys]

    def __getitem__(self, key: str | int | Key) -> PortSpec:
        tag, index = as_key(key)
        position = self.tag_map.id_of(tag, index)
        if position is None:
            raise KeyError(key)
        return self._specs[position]

    def __contains__(self, key: str | int | Key) -> bool:
        return as_key(key) in self.tag_map

    def __iter__(self) -> Iterator[Key]:
        return iter(self.tag_map.keys)

    def __len__(self) -> int:
        return len(self._specs)

    def items(self) -> Iterator[tuple[Key, PortSpec]]:
        """Yield (tag, index) and spec of each port in id order."""
        return zip(self.tag_map.keys, self._specs, strict=True)

    def specs(self) -> list[PortSpec]:
        """Return the specs by id."""
        return self._specs

    def count(self, tag: str) -> int:
        """Return how many ports *tag* has on this node."""
        return self.tag_map.count(tag)


class CalculatorContract:
    """What a node declares; passed to ``Calculator.update_contract``.

    Attributes:
        inputs: input streams.
        outputs: output streams.
        input_side_packets: what must be available before the node opens.
        output_side_packets: what the node makes once per run.
        input_stream_handler: name of the input policy the calculator wants ("" for the default).
        input_stream_handler_options: options of that policy, by keyword.
        timestamp_offset: outputs come at input time plus this many microseconds or later; None promises
            nothing, so consumers wait for a packet or an explicit bound.
        process_timestamp_bounds: whether ``process`` is also called when every input is settled and empty.
        services: services requested, and whether they may be missing.
        service_settings: this node's settings for a service, in that service's own terms.
        node_name: of the node in the expanded graph.
    """

    def __init__(
        self,
        node_name: str,
        inputs: TagMap,
        outputs: TagMap,
        input_side_packets: TagMap,
        output_side_packets: TagMap,
        options: Mapping[type[Any], Any],
    ) -> None:
        self.node_name = node_name
        self.inputs = PortMap(inputs)
        self.outputs = PortMap(outputs)
        self.input_side_packets = PortMap(input_side_packets)
        self.output_side_packets = PortMap(output_side_packets)
        self.input_stream_handler = ""
        self.input_stream_handler_options: dict[str, Any] = {}
        self.timestamp_offset: int | None = 0
        self.process_timestamp_bounds = False
        self.services: dict[GraphService[Any], bool] = {}
        self.service_settings: dict[GraphService[Any], Any] = {}
        self._options = options

    def options(self, cls: type[O]) -> O:
        """Return the node's options of class *cls*, all defaults if the config gives none."""
        found = self._options.get(cls)
        return cls() if found is None else found

    def use_service(self, service: GraphService[Any], *, optional: bool = False, settings: Any = None) -> None:
        """Request a graph service; *settings* are for the service's own hooks."""
        self.services[service] = optional
        if settings is not None:
            self.service_settings[service] = settings


def as_key(key: str | int | Key) -> Key:
    """Return ``"TAG"``, untagged ``index`` or ``("TAG", index)`` as (tag, index)."""
    if isinstance(key, str):
        return (key, 0)
    if isinstance(key, int):
        return ("", key)
    return key


__all__ = ["AnyType", "CalculatorContract", "OneOf", "PortMap", "PortSpec", "SameAs", "as_key"]
