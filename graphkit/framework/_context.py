"""CalculatorContext: what a calculator sees while it is called.

One context serves one call at a time. The runtime fills ``inputs.packets`` and ``input_timestamp``
before the call and collects the shards of ``outputs`` after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from graphkit.errors import (
    GraphStateError,
    PacketError,
    PacketTypeError,
    SidePacketError,
    StatusCode,
    StreamClosedError,
    TimestampError,
)
from graphkit.framework._contract import as_key
from graphkit.framework._converters import converter_hint, wrapper_hint
from graphkit.framework._output_times import NO_CALL, check_time
from graphkit.framework._packet import EMPTY, Packet
from graphkit.framework._packet_type import strange_element
from graphkit.framework._tag_map import key_label
from graphkit.framework._timestamp import Timestamp, as_timestamp, describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphkit.framework._output_times import Call, OutputTimes
    from graphkit.framework._packet_type import PacketType
    from graphkit.framework._services import GraphService
    from graphkit.framework._tag_map import Key, TagMap
    from graphkit.framework._views import CallerView

O = TypeVar("O")  # noqa: E741 - O for options
S = TypeVar("S")


class PacketSet:
    """The packets of a call (or the side packets of a run), by "TAG", ("TAG", index) or untagged index."""

    __slots__ = ("headers", "packets", "tag_map")

    def __init__(self, tag_map: TagMap) -> None:
        self.tag_map = tag_map
        self.packets: list[Packet[Any]] = [Packet.empty()] * len(tag_map)
        self.headers: list[Packet[Any]] = [Packet.empty()] * len(tag_map)

    def __getitem__(self, key: str | int | Key) -> Packet[Any]:
        return self.packets[self._position(key)]

    def forget(self) -> None:
        """Release the packets."""
        self.packets[:] = [Packet.empty()] * len(self.packets)

    def header(self, key: str | int | Key = 0) -> Packet[Any]:
        """Return the stream's header; an empty packet if it has none."""
        return self.headers[self._position(key)]

    def __contains__(self, key: str | int | Key) -> bool:
        return as_key(key) in self.tag_map

    def __iter__(self) -> Iterator[Packet[Any]]:
        return iter(self.packets)

    def __len__(self) -> int:
        return len(self.packets)

    def _position(self, key: str | int | Key) -> int:
        tag, index = as_key(key)
        position = self.tag_map.id_of(tag, index)
        if position is None:
            have = ", ".join(key_label(k) for k in self.tag_map) or "nothing"
            raise KeyError(f"{key_label((tag, index))} is not connected here; connected: {have}")
        return position


class OutputShard:
    """One output stream during one call: collects what the call emits.

    Attributes:
        queue: packets emitted by this call, in order.
        bound: explicit next timestamp bound of this call, None if it set none.
        closed: whether the stream is closed.
        offset: the stream's timestamp offset, None for none; the calculator may set it in ``open``.
        header: set in ``open``.
        opened: whether ``open`` is over.
        caller: the node that calls the calculator; nothing may be emitted outside of its calls.
        call: the context of its call, while packets at the input time need no further look; else NO_CALL.
        times: what packets are checked against at other times; None until ``open`` is over.
    """

    __slots__ = (
        "bound",
        "call",
        "caller",
        "classes",
        "closed",
        "header",
        "name",
        "offset",
        "opened",
        "packet_type",
        "queue",
        "times",
    )

    def __init__(
        self, name: str, packet_type: PacketType, classes: tuple[type[Any], ...] | None, caller: CallerView
    ) -> None:
        self.name = name
        self.caller = caller
        self.packet_type = packet_type
        self.classes = classes
        self.queue: list[Packet[Any]] = []
        self.bound: int | None = None
        self.closed = False
        self.offset: int | None = None
        self.header: Packet[Any] = Packet.empty()
        self.opened = False
        self.call: Call = NO_CALL
        self.times: OutputTimes | None = None

    def send(self, value: Any, timestamp: int) -> None:
        """Emit *value* at *timestamp*."""
        self.add(Packet(value, timestamp))

    def add(self, packet: Packet[Any]) -> None:
        """Emit *packet*; an empty one at t is the promise that the next comes after t.

        Raises:
            GraphStateError: the call that may emit is over.
            StreamClosedError: the stream was closed before.
            PacketTypeError: the payload is not of the declared type.
            TimestampError: the timestamp is not allowed in a stream.
            TimestampMismatchError: it is below what the node promised, or has sent already (S3, S8).
        """
        payload = packet._payload
        if self.closed or not self.caller.active:
            raise self._refusal("nothing can be added to it: send before you close it", "was given a packet")
        if payload is EMPTY:
            self.set_next_timestamp_bound(packet.timestamp.next_allowed_in_stream())
            return
        if self.classes is not None and not isinstance(payload, self.classes):
            raise self._wrong_type(packet, type(payload).__name__)
        if payload is None:
            raise PacketError(
                f'output stream "{self.name}" was given None; emit nothing instead',
                stream=self.name,
                node=self.caller.name,
                timestamp=packet.timestamp,
            )
        if self.queue or packet._timestamp is not self.call.input_timestamp:
            check_time(self, packet._timestamp)
        if self.bound is not None and packet._timestamp >= self.bound:
            self.bound = None  # the packet says more
        self.queue.append(packet)

    def set_next_timestamp_bound(self, bound: int) -> None:
        """Promise that the next packet comes at *bound* or later."""
        if self.closed or not self.caller.active:
            raise self._refusal("it takes no bound", "was given a bound")
        bound = as_timestamp(bound) if not isinstance(bound, Timestamp) else bound
        if not bound.is_allowed_in_stream() and bound != Timestamp.ONE_OVER_POST_STREAM:
            raise TimestampError(
                f'output stream "{self.name}": {describe(bound)} cannot be a bound',
                stream=self.name,
                node=self.caller.name,
                timestamp=bound,
            )
        self.bound = bound

    def set_header(self, header: Packet[Any]) -> None:
        """Give the stream a header, for all readers to see before they open; only in ``open``."""
        if self.opened:
            raise GraphStateError(f'output stream "{self.name}": set_header() is for open() only')
        self.header = header

    def close(self) -> None:
        """End the stream."""
        if not self.caller.active:
            raise self._refusal("", "was closed")
        self.closed = True

    def _wrong_type(self, packet: Packet[Any], found: str) -> PacketTypeError:
        payload, types = packet._payload, self.packet_type.types
        hint = wrapper_hint(payload, types) or converter_hint((type(payload),), types)
        if payload is None:
            hint = "; to emit nothing, do not send"
        return PacketTypeError(
            f'output stream "{self.name}" carries {self.packet_type}, but was given {found}{hint}',
            stream=self.name,
            node=self.caller.name,
            timestamp=packet.timestamp,
            expected=self.packet_type,
            found=found,
        )

    def _refusal(self, closed: str, done: str) -> StreamClosedError | GraphStateError:
        """Return the error for emitting after the end of the stream, or of the call that might (S10)."""
        if self.caller.active:
            return StreamClosedError(
                f'output stream "{self.name}" is closed; {closed}', stream=self.name, node=self.caller.name
            )
        return GraphStateError(
            f'output stream "{self.name}" of node "{self.caller.name}" {done} when its call was over: '
            "open(), process() or close() had returned. Emit before it returns: wait there for the answer, with "
            "blocking = True; or make the node a source; or push the packet into a graph input stream from outside"
        )


class ListShard(OutputShard):
    """The output stream of a list whose elements are of declared types; looks at the first of them.

    Attributes:
        elements: the classes that they may have.
    """

    __slots__ = ("elements",)

    elements: tuple[type[Any], ...]

    def add(self, packet: Packet[Any]) -> None:
        """Emit *packet*; raises PacketTypeError for a wrong element, and otherwise as any stream does."""
        payload = packet._payload
        if isinstance(payload, list) and (strange := strange_element(payload, self.elements)):
            raise self._wrong_type(packet, strange)
        super().add(packet)


class OutputSet:
    """The output streams of a call, by "TAG", ("TAG", index) or untagged index."""

    __slots__ = ("shards", "tag_map")

    def __init__(self, tag_map: TagMap, shards: list[OutputShard]) -> None:
        self.tag_map = tag_map
        self.shards = shards

    def __getitem__(self, key: str | int | Key) -> OutputShard:
        tag, index = as_key(key)
        position = self.tag_map.id_of(tag, index)
        if position is None:
            raise KeyError(f"output {key_label((tag, index))} is not connected here")
        return self.shards[position]

    def __contains__(self, key: str | int | Key) -> bool:
        return as_key(key) in self.tag_map

    def __iter__(self) -> Iterator[OutputShard]:
        return iter(self.shards)

    def __len__(self) -> int:
        return len(self.shards)


class OutputSideSet:
    """The output side packets of a node."""

    __slots__ = ("_node", "packets", "tag_map", "types")

    def __init__(self, node: str, tag_map: TagMap, types: tuple[PacketType, ...]) -> None:
        self._node = node
        self.tag_map = tag_map
        self.types = types
        self.packets: dict[int, Packet[Any]] = {}

    def set(self, key: str | int | Key, value: Any) -> None:
        """Set a side packet; twice in a run raises SidePacketError, as does None or a wrong type."""
        tag, index = as_key(key)
        position = self.tag_map.id_of(tag, index)
        if position is None:
            return
        name = self.tag_map.names[position]
        if position in self.packets:
            raise SidePacketError(
                f'node "{self._node}": output side packet "{name}" was already set in this run',
                side_packet=name,
                node=self._node,
                status=StatusCode.ALREADY_EXISTS,
            )
        if value is None or not self.types[position].accepts(value):
            raise SidePacketError(
                f'node "{self._node}": output side packet "{name}" carries {self.types[position]}, but was given '
                f"{type(value).__name__}",
                side_packet=name,
                node=self._node,
            )
        self.packets[position] = Packet(value)

    def __contains__(self, key: str | int | Key) -> bool:
        return as_key(key) in self.tag_map


class CalculatorContext:
    """What ``open``, ``process`` and ``close`` are called with.

    Attributes:
        inputs: one packet per input stream, empty if it has none at ``input_timestamp``.
        outputs: where to emit.
        input_side_packets: the side packets of this run.
        output_side_packets: the side packets this node makes.
        input_timestamp: microseconds; UNSTARTED in ``open``, DONE in ``close``, 0 for a source.
        node_name: of the node in the expanded graph.
        node_id: position of the node in the sorted graph.
        calculator_type: registered name of the calculator.
        graph_error: in ``close``: the error that ended the run, None in a good run.
    """

    __slots__ = (
        "_counters", "_options", "_services", "calculator_type", "graph_error", "input_side_packets",
        "input_timestamp", "inputs", "node_id", "node_name", "output_side_packets", "outputs",
        "resources", "sequence",
    )  # fmt: skip

    def __init__(
        self,
        node_name: str,
        node_id: int,
        calculator_type: str,
        options: Mapping[type[Any], Any],
        inputs: PacketSet,
        outputs: OutputSet,
        side: tuple[PacketSet, OutputSideSet],
    ) -> None:
        self.node_name = node_name
        self.node_id = node_id
        self.calculator_type = calculator_type
        self.inputs = inputs
        self.outputs = outputs
        self.input_side_packets, self.output_side_packets = side
        self.input_timestamp = Timestamp.UNSTARTED
        self.graph_error: BaseException | None = None
        self.resources: Any = None
        self.sequence = 0
        self._options = options
        self._services: Mapping[GraphService[Any], Any] = {}
        self._counters: Any = None

    def equip(self, services: Mapping[GraphService[Any], Any], resources: Any, counters: Any) -> None:
        """Set what the graph lends its nodes; called by the runtime."""
        self._services, self.resources, self._counters = services, resources, counters

    def lend(self, other: CalculatorContext) -> None:
        """Copy what the graph lent *other*, a context of the same node; called by the runtime."""
        self.equip(other._services, other.resources, other._counters)

    def options(self, cls: type[O]) -> O:
        """Return the node's options of class *cls*, all defaults if the config gives none."""
        found = self._options.get(cls)
        return cls() if found is None else found

    def service(self, service: GraphService[S]) -> S | None:
        """Return a service requested in the contract, None if it is optional and missing."""
        return self._services.get(service)

    def has_service(self, name: str) -> bool:
        """Return whether this run has the service called *name*, whichever node requested it.

        For nodes that act differently if it exists, and do not import the module that defines it.
        """
        return any(service.name == name and value is not None for service, value in self._services.items())

    def counter(self, name: str) -> Any:
        """Return the counter ``<node name>-<name>`` of this graph: increment(), increment_by(n), get()."""
        return self._counters.get(f"{self.node_name}-{name}")

    def set_offset(self, offset: int) -> None:
        """In ``open``: promise that all outputs come at input time + *offset* or later."""
        if self.input_timestamp != Timestamp.UNSTARTED:
            raise GraphStateError(f'node "{self.node_name}": set_offset() is for open() only')
        for shard in self.outputs.shards:
            shard.offset = offset
