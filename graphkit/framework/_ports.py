"""Typed ports: the class attributes by which a calculator declares its streams and side packets.

A port is used with the context of the call: ``self.image(cc)`` is the payload, ``self.image.get(cc)`` the
payload or None, ``self.blurred.send(cc, value)`` emits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast, overload

from graphkit.errors import ContractError, EmptyPacketError
from graphkit.framework._options import schema_of
from graphkit.framework._packet import EMPTY, Packet
from graphkit.framework._packet_type import AnyType, PacketType, PayloadType

if TYPE_CHECKING:
    from graphkit.framework._context import CalculatorContext
    from graphkit.framework._contract import CalculatorContract

T = TypeVar("T")
S = TypeVar("S")


class Port(Generic[T]):
    """What all four kinds of port share.

    Args:
        packet_type: a class, ``list[X]``, AnyType, OneOf(...) or SameAs(port).
        tag: the tag in configs; "" for an untagged stream (the n-th untagged port of a class is index n).
        optional: whether a config may leave it out.
        repeated: whether a config may give the tag several times, as TAG:0, TAG:1, ...
        value_optional: of a side packet: whether its value may be missing although the config names it.
    """

    side = ""

    @overload
    def __init__(
        self: Port[Any],
        packet_type: PacketType | type[AnyType],
        tag: str = "",
        *,
        optional: bool = ...,
        repeated: bool = ...,
        value_optional: bool = ...,
    ) -> None: ...
    @overload
    def __init__(
        self,
        packet_type: type[T],
        tag: str = "",
        *,
        optional: bool = ...,
        repeated: bool = ...,
        value_optional: bool = ...,
    ) -> None: ...
    def __init__(
        self,
        packet_type: PacketType | PayloadType | type[Any] | None = None,
        tag: str = "",
        *,
        optional: bool = False,
        repeated: bool = False,
        value_optional: bool = False,
    ) -> None:
        if packet_type is None or isinstance(packet_type, str):
            kind = type(self).__name__
            said = f"{kind}({'' if packet_type is None else repr(packet_type)}) names no type of its packets"
            raise ContractError(f'{said}: write {kind}(ImageFrame, "IMAGE"), or {kind}(AnyType) for any')
        self.packet_type = PacketType.of(packet_type)
        self.tag = tag
        self.index = 0
        self.optional = optional or value_optional
        self.value_optional = value_optional
        self.repeated = repeated
        self.name = ""

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.tag or self.index!r}, {self.packet_type})"


class Input(Port[T]):
    """An input stream."""

    side = "inputs"

    @overload
    def __init__(
        self: Input[Any],
        packet_type: PacketType | type[AnyType],
        tag: str = "",
        *,
        optional: bool = ...,
        repeated: bool = ...,
        value_optional: bool = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: Input[S | None],
        packet_type: type[S],
        tag: str = "",
        *,
        optional: Literal[True],
        repeated: Literal[False] = ...,
        value_optional: bool = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: Input[S],
        packet_type: type[S],
        tag: str = "",
        *,
        optional: bool = ...,
        repeated: bool = ...,
        value_optional: bool = ...,
    ) -> None: ...
    def __init__(self, packet_type: Any = None, tag: str = "", **how: bool) -> None:
        super().__init__(packet_type, tag, **how)

    def __call__(self, cc: CalculatorContext, index: int = 0) -> T:
        """Return the payload at the input timestamp; None if an optional port has none.

        Raises:
            EmptyPacketError: a port that is not optional, or is repeated, has none.
        """
        payload: T | None = self.get(cc, index)
        if payload is None and (self.repeated or not self.optional):
            raise self._empty(cc)
        return cast("T", payload)  # the T of an optional port includes None

    def expect(self: Input[S | None], cc: CalculatorContext, index: int = 0) -> S:
        """Return the payload of an optional port that must have one; raises EmptyPacketError otherwise."""
        payload = self.get(cc, index)
        if payload is None:
            raise self._empty(cc)
        return payload

    def _empty(self, cc: CalculatorContext) -> EmptyPacketError:
        return EmptyPacketError(
            f'node "{cc.node_name}": input {self.tag or self.index} has no packet at {cc.input_timestamp}; '
            f"use .get(cc) where it may be empty",
            node=cc.node_name,
            timestamp=cc.input_timestamp,
        )

    def get(self, cc: CalculatorContext, index: int = 0) -> T | None:
        """Return the payload at the input timestamp, None if it is empty or not connected."""
        position = cc.inputs.tag_map._ids.get((self.tag, self.index + index))
        if position is None:
            return None
        payload = cc.inputs.packets[position]._payload
        return None if payload is EMPTY else payload

    def packet(self, cc: CalculatorContext, index: int = 0) -> Packet[T]:
        """Return the packet at the input timestamp; an empty one if there is none."""
        position = cc.inputs.tag_map.id_of(self.tag, self.index + index)
        return Packet.empty(cc.input_timestamp) if position is None else cc.inputs.packets[position]

    def packets(self, cc: CalculatorContext) -> list[Packet[T]]:
        """Return the packets of all indexes of a repeated port."""
        return [cc.inputs.packets[i] for i in cc.inputs.tag_map.ids_of(self.tag)]

    def is_connected(self, cc: CalculatorContext | CalculatorContract, index: int = 0) -> bool:
        """Return whether the node's config names this stream."""
        return (self.tag, self.index + index) in cc.inputs.tag_map

    def count(self, cc: CalculatorContext | CalculatorContract) -> int:
        """Return how many streams the node's config gives this tag."""
        return cc.inputs.tag_map.count(self.tag)


class Output(Port[T]):
    """An output stream."""

    side = "outputs"

    def send(self, cc: CalculatorContext, value: T, timestamp: int | None = None, *, index: int = 0) -> None:
        """Emit *value* at the input timestamp, or at *timestamp*; does nothing if not connected."""
        position = cc.outputs.tag_map._ids.get((self.tag, self.index + index))
        if position is not None:
            cc.outputs.shards[position].send(value, cc.input_timestamp if timestamp is None else timestamp)

    def add(self, cc: CalculatorContext, packet: Packet[T], *, index: int = 0) -> None:
        """Emit *packet* unchanged; an empty packet moves the bound past its timestamp."""
        position = cc.outputs.tag_map._ids.get((self.tag, self.index + index))
        if position is not None:
            cc.outputs.shards[position].add(packet)

    def set_next_timestamp_bound(self, cc: CalculatorContext, bound: int, *, index: int = 0) -> None:
        """Promise that the next packet comes at *bound* or later."""
        position = cc.outputs.tag_map.id_of(self.tag, self.index + index)
        if position is not None:
            cc.outputs.shards[position].set_next_timestamp_bound(bound)

    def close(self, cc: CalculatorContext, *, index: int = 0) -> None:
        """End the stream: nothing more will be emitted."""
        position = cc.outputs.tag_map.id_of(self.tag, self.index + index)
        if position is not None:
            cc.outputs.shards[position].close()

    def is_connected(self, cc: CalculatorContext | CalculatorContract, index: int = 0) -> bool:
        """Return whether the node's config names this stream."""
        return (self.tag, self.index + index) in cc.outputs.tag_map

    def count(self, cc: CalculatorContext | CalculatorContract) -> int:
        """Return how many streams the node's config gives this tag."""
        return cc.outputs.tag_map.count(self.tag)


class SideInput(Port[T]):
    """An input side packet: one value per run, available before ``open``.

    An optional one may be left out of the config. If the config names it, its value is needed, unless the
    port is ``value_optional``.
    """

    side = "input_side_packets"

    @overload
    def __init__(
        self: SideInput[Any],
        packet_type: PacketType | type[AnyType],
        tag: str = "",
        *,
        optional: bool = ...,
        repeated: bool = ...,
        value_optional: bool = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: SideInput[S | None],
        packet_type: type[S],
        tag: str = "",
        *,
        optional: Literal[True],
        repeated: Literal[False] = ...,
        value_optional: bool = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: SideInput[S],
        packet_type: type[S],
        tag: str = "",
        *,
        optional: bool = ...,
        repeated: bool = ...,
        value_optional: bool = ...,
    ) -> None: ...
    def __init__(self, packet_type: Any = None, tag: str = "", **how: bool) -> None:
        super().__init__(packet_type, tag, **how)

    def __call__(self, cc: CalculatorContext, index: int = 0) -> T:
        """Return the value; None if an optional one is missing."""
        value: T | None = self.get(cc, index)
        if value is None and (self.repeated or not self.optional):
            raise self._empty(cc)
        return cast("T", value)  # the T of an optional port includes None

    def expect(self: SideInput[S | None], cc: CalculatorContext, index: int = 0) -> S:
        """Return the value of an optional one that must have one; raises EmptyPacketError otherwise."""
        value = self.get(cc, index)
        if value is None:
            raise self._empty(cc)
        return value

    def _empty(self, cc: CalculatorContext) -> EmptyPacketError:
        message = f'node "{cc.node_name}": side packet {self.tag or self.index} is not connected'
        return EmptyPacketError(message, node=cc.node_name)

    def get(self, cc: CalculatorContext, index: int = 0) -> T | None:
        """Return the value, None if it is not connected."""
        position = cc.input_side_packets.tag_map.id_of(self.tag, self.index + index)
        return None if position is None else cc.input_side_packets.packets[position].get_or(None)

    def is_connected(self, cc: CalculatorContext | CalculatorContract, index: int = 0) -> bool:
        """Return whether the node's config names this side packet."""
        return (self.tag, self.index + index) in cc.input_side_packets.tag_map

    def count(self, cc: CalculatorContext | CalculatorContract) -> int:
        """Return how many side packets the node's config gives this tag."""
        return cc.input_side_packets.tag_map.count(self.tag)


class SideOutput(Port[T]):
    """An output side packet: set once per run, in ``open``, ``process`` or ``close``."""

    side = "output_side_packets"

    def set(self, cc: CalculatorContext, value: T, *, index: int = 0) -> None:
        """Set the value; setting it twice in a run is an error."""
        cc.output_side_packets.set((self.tag, self.index + index), value)

    def is_connected(self, cc: CalculatorContext | CalculatorContract, index: int = 0) -> bool:
        """Return whether the node's config names this side packet."""
        return (self.tag, self.index + index) in cc.output_side_packets.tag_map

    def count(self, cc: CalculatorContext | CalculatorContract) -> int:
        """Return how many side packets the node's config gives this tag."""
        return cc.output_side_packets.tag_map.count(self.tag)


class Options(Generic[T]):
    """The options of a calculator; ``self.options(cc)`` is the instance the config describes."""

    def __init__(self, cls: type[T]) -> None:
        schema_of(cls)
        self.cls = cls

    def __call__(self, cc: CalculatorContext | CalculatorContract) -> T:
        """Return the node's options, all defaults if the config gives none."""
        return cc.options(self.cls)
