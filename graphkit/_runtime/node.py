"""Node: the state of one calculator during one run. No threads, no locks."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphkit.framework import CalculatorContext, OutputShard
from graphkit.framework._context import ListShard, OutputSet, OutputSideSet, PacketSet
from graphkit.framework._output_times import NO_CALL, OutputTimes
from graphkit.framework._packet_type import Kind, element_classes, runtime_classes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphkit._runtime.listeners import Listeners
    from graphkit._runtime.streams import InputStream, Link, OutputStream
    from graphkit._runtime.tasks import Task, TaskQueue
    from graphkit.config import NodePlan
    from graphkit.framework import Calculator, InputStreamHandler, Packet, PacketType


class NodeStatus(enum.IntEnum):
    """The states of a node's life (S22 to S25).

    ::

             open() returned         no input can come, or the run ends        close() returned
        NEW -----------------> OPENED --------------------------------> CLOSING -----------------> CLOSED

    Opening has been scheduled for a NEW node whose ``active`` is 1. One whose ``open`` raised stays NEW and is not
    closed. A CLOSING node takes no packets any more. When a run is broken off, a CLOSING node whose ``close`` was
    not called goes back to OPENED (S51).
    """

    NEW = 0
    OPENED = 1
    CLOSING = 2
    CLOSED = 3


# Looking a member up in its class costs as much as a small node.
NEW: Final = NodeStatus.NEW
OPENED: Final = NodeStatus.OPENED
CLOSING: Final = NodeStatus.CLOSING
CLOSED: Final = NodeStatus.CLOSED


LATE: Final = 1 << 32
"""Light nodes that nothing slow waits for have orders from here on."""


class Over(NamedTuple):
    """Takes a node's place in a context after its call."""

    name: str
    active: int = 0


class Speculated:
    """The result of a call ahead of time.

    Attributes:
        sources: the packets they were made from, by input id.
        outputs: packets by output id.
    """

    __slots__ = ("outputs", "sources")

    def __init__(self, sources: Sequence[Packet[Any]], outputs: list[list[Packet[Any]]]) -> None:
        self.sources = sources
        self.outputs = outputs

    def is_for(self, packets: Sequence[Packet[Any]]) -> bool:
        """Return whether *packets*, one an input, are those that the outputs were made from."""
        return all(
            packet._payload is source._payload and packet._timestamp == source._timestamp
            for packet, source in zip(packets, self.sources, strict=True)
        )

    def replay(self, cc: CalculatorContext) -> None:
        """Emit the outputs in place of the call."""
        for shard, packets in zip(cc.outputs.shards, self.outputs, strict=True):
            shard.queue.extend(packets)


class Node:
    """One calculator at run time.

    Attributes:
        plan: the node's plan.
        calculator: the user's object, new for this run.
        status: its state in the lifecycle.
        limit: how many process calls may run at once; pure nodes use every thread of their executor.
        active: process calls that are scheduled or running.
        waiting_for: what must happen before it opens: side packets and producers by name.
        single: its one input if the short path applies (one input, default handler, one call at a time).
        joined: its inputs if the path for several of them, or of several calls at a time, applies (default
            handler).
        offset: timestamp offset of its outputs, None for none.
        forwarded: up to which time its outputs were settled without a call.
        queue: the queue of its tasks.
        order: among nodes called at one time the lowest goes first.
        feeds: the blocking nodes that it, or what it emits, may make ready, a bit for each, its own included.
        holds: those of them that cannot be called before it was, not even ahead of time.
        blocked_by: for a source: the full queues that hold it back.
        task: its next process call, if it handles one time at a time.
        link: where its packet may go straight into the next call.
        speculated: outputs that it made ahead of time.
        chooses: whether it is a gate, or passes on the packets of some of its inputs.
        passed: for one that chooses: whether its last call let a packet pass.
        has_passed: for a gate: whether any call let a packet pass.
        refused: for a gate: whether its last call had a packet and none was ever let pass.
        listeners: notified of its calls.
        unread: whether nobody reads its outputs in this run, so that it makes none.
        on_touch: called instead of scheduling when an input changes (pollers).
        has_opened: whether ``open`` of the calculator has returned.
        has_closed: whether ``close`` of the calculator was called.
    """

    __slots__ = (
        "active", "blocked_by", "calculator", "chooses", "contexts", "expected", "feeds", "finished",
        "forwarded", "handler", "has_closed", "has_opened", "has_passed", "holds", "id", "inputs", "joined",
        "light", "limit", "link", "listeners", "name", "offset", "on_touch", "order", "outputs", "passed",
        "plan", "process", "queue", "refused", "sequence", "single", "speculated", "status", "stopped", "task",
        "touched", "unread", "waiting_for",
    )  # fmt: skip

    def __init__(self, plan: NodePlan, calculator: Calculator, queue: TaskQueue) -> None:
        self.plan = plan
        self.id = plan.id
        self.order = self.feeds = self.holds = 0
        self.name = plan.name
        self.calculator = calculator
        self.process: Callable[[CalculatorContext], Any] = calculator.process
        self.queue = queue
        self.status: NodeStatus = NEW
        self.has_opened = False
        self.has_closed = False
        self.active = 0
        parallel = queue.width if plan.cls.pure else 1
        self.limit = max(plan.max_in_flight, parallel) if plan.input_streams else 1
        self.offset = plan.contract.timestamp_offset
        self.forwarded = 0
        self.inputs: tuple[InputStream, ...] = ()
        self.outputs: tuple[OutputStream, ...] = ()
        self.handler: InputStreamHandler | None = None
        self.single: InputStream | None = None
        self.joined: tuple[InputStream, ...] = ()
        self.waiting_for: set[str] = set()
        self.blocked_by: set[InputStream] = set()
        self.on_touch: Callable[[], None] | None = None
        self.listeners: Listeners | None = None
        self.link: Link | None = None
        self.speculated: Speculated | None = None
        self.chooses = plan.cls.is_gate or bool(plan.cls.passes_on)
        self.passed = False
        self.has_passed = False
        self.refused = False
        self.touched = False
        self.stopped = False
        self.unread = False
        # S28, S33: on an executor that it names, a node waits for a thread of it, light or not.
        self.light = not (plan.cls.blocking or plan.is_source) and queue.is_default
        self.contexts: list[CalculatorContext] = []
        self.task: Task
        self.sequence = 0
        self.expected = 0
        self.finished: dict[int, CalculatorContext] = {}

    def rest(self) -> None:
        """Emit nothing in this run, as nobody reads it: calls only settle the outputs; nobody waits for them."""
        self.unread, self.process = True, _nothing
        self.feeds, self.order = 0, self.order | LATE

    def open(self, cc: CalculatorContext) -> Any:
        """Open the calculator."""
        opening: Callable[[CalculatorContext], Any] = self.calculator.open
        outcome = opening(cc) if self.listeners is None else self.listeners.watched("opened", opening, cc)
        self.has_opened = outcome is None
        return outcome

    def close(self, cc: CalculatorContext) -> Any:
        """Close the calculator, once, even if it raises."""
        self.has_closed = True
        for shard in cc.outputs.shards:
            shard.call = NO_CALL
        closing: Callable[[CalculatorContext], Any] = self.calculator.close
        return closing(cc) if self.listeners is None else self.listeners.watched("closed", closing, cc)

    @property
    def is_source(self) -> bool:
        """Whether the node has outputs but no inputs, and is called until it stops."""
        return not self.inputs and bool(self.outputs)

    @property
    def may_feed(self) -> bool:
        """Whether the node, a source, can still emit."""
        return self.status < CLOSING and not self.stopped

    def free_context(self) -> CalculatorContext:
        """Return a context that no running call uses; parallel nodes keep the first one for open and close."""
        context = self.contexts.pop() if len(self.contexts) > 1 else self.another_context()
        self.enable(context)
        return context

    def enable(self, context: CalculatorContext) -> None:
        """Let calls in *context* emit."""
        for shard, stream in zip(context.outputs.shards, self.outputs, strict=True):
            shard.opened, shard.closed, shard.caller = True, stream.closed, self
            shard.times = OutputTimes(stream, context, is_source=not self.inputs)
            shard.call = shard.times.usual_call(shard.offset)

    def end_call(self, context: CalculatorContext) -> None:
        """Refuse further output into *context*, although other calls are under way (S10)."""
        for shard in context.outputs.shards:
            shard.caller, shard.call, shard.times = Over(self.name), NO_CALL, None

    def note_passage(self, context: CalculatorContext) -> None:
        """Note whether this node let a packet of a call pass, a gate any, another node that of `passes_on`."""
        if not self.plan.cls.is_gate:
            self.passed = any(
                packet._payload is context.inputs[tag]._payload
                for tag, output in self.plan.cls.passes_on.items()
                if tag in context.inputs and output in context.outputs
                for packet in context.outputs[output].queue
            )
            return
        self.passed = any(shard.queue for shard in context.outputs.shards)
        gated = zip(self.plan.inputs, context.inputs.packets, strict=True)
        self.has_passed = self.has_passed or self.passed
        self.refused = not self.has_passed and any(packet and key in self.plan.outputs for key, packet in gated)

    def forget_packets(self) -> None:
        """Release the packets of the last calls: a frame must not live as long as its graph."""
        self.speculated = None
        for context in self.contexts:
            context.inputs.forget()

    def release(self) -> None:
        """Let go of the calculator, its packets and the neighbours, once the run is over."""
        for context in self.contexts:
            self.end_call(context)
        self.contexts, self.finished = [], {}
        self.inputs = self.joined = self.outputs = ()
        self.handler = self.single = self.link = self.speculated = self.on_touch = self.listeners = None
        for name in ("calculator", "process", "task"):  # there is no task before `open`
            if hasattr(self, name):
                delattr(self, name)

    def another_context(self) -> CalculatorContext:
        """Return a context for one more call at a time, with all that the first one was given."""
        first, context = self.contexts[0], self.new_context()
        context.input_side_packets = first.input_side_packets
        context.output_side_packets = first.output_side_packets
        context.inputs.headers = first.inputs.headers
        context.lend(first)
        return context

    def new_context(self) -> CalculatorContext:
        """Return a bare context."""
        plan, contract = self.plan, self.plan.contract
        shards = [
            _shard(name, spec.type, self)  # validation resolved the type
            for name, spec in zip(plan.outputs.names, contract.outputs.specs(), strict=True)
        ]
        side_types = tuple(spec.type for spec in contract.output_side_packets.specs())
        return CalculatorContext(
            plan.name,
            plan.id,
            plan.calculator,
            plan.options,
            PacketSet(plan.inputs),
            OutputSet(plan.outputs, shards),
            (
                PacketSet(plan.input_side_packets),
                OutputSideSet(plan.name, plan.output_side_packets, side_types),  # type: ignore[arg-type]
            ),
        )


def _nothing(cc: CalculatorContext) -> None:
    """Emit nothing."""


def _shard(name: str, packet_type: PacketType | None, node: Node) -> OutputShard:
    assert packet_type is not None
    types = packet_type.types if packet_type.kind is Kind.ONE_OF else ()
    elements = element_classes(types)
    shard = (OutputShard if elements is None else ListShard)(
        name, packet_type, runtime_classes(types) if types else None, node
    )
    if isinstance(shard, ListShard) and elements is not None:
        shard.elements = elements
    shard.offset = node.offset
    return shard
