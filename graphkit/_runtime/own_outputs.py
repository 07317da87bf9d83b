"""Outputs that belong to one call: what is emitted into them later is refused, whatever the node does then (S10).

A context serves one call after the other, so a thread that outlived its call could emit through it in the name of
another one. Most of those packets are too late for their stream, which is settled by then, and fail the run. Not
all: a node without an offset settles nothing, a negative offset not enough, and a packet that is sent without a
time gets that of the context. So the calls of such nodes, and of those that wait or run beside each other, where
threads are, get a context each. Light nodes that settle their outputs do not pay for it.

A context that nobody has kept, as its reference count tells, serves a later call again: that is half as dear.
"""

from __future__ import annotations

from sys import getrefcount
from typing import TYPE_CHECKING, Any

from graphkit._runtime.node import Over
from graphkit.framework import CalculatorContext, OutputShard
from graphkit.framework._context import ListShard, OutputSet, PacketSet
from graphkit.framework._output_times import NO_CALL, OutputTimes

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit._runtime.node import Node


def needs_own_outputs(node: Node) -> bool:
    """Whether a packet that one of the node's calls emits too late might pass as another's."""
    if not node.inputs or not node.outputs:
        return False
    return node.limit > 1 or node.plan.cls.blocking or node.offset is None or node.offset < 0


def with_own_outputs(node: Node) -> Callable[[CalculatorContext], Any]:
    """Return the node's process call, made with a context that ends with it."""
    process, over = node.process, Over(node.name)
    unused: list[_Own] = []
    no_packets = PacketSet(node.plan.inputs)

    def call(cc: CalculatorContext) -> Any:
        try:
            own = unused.pop()
        except IndexError:
            own = _Own(cc, over)
            own.least = own.references()
        own.begin(cc)
        try:
            return process(own.context)
        finally:
            own.end(cc, over)
            if own.references() == own.least:
                own.context.inputs = no_packets  # a frame must not wait for the next call
                unused.append(own)

    return call


class _Own:
    """A context like *cc*, whose outputs emit into the queues of its outputs while it serves a call.

    Attributes:
        context: it.
        least: its references, and those of its outputs, before anybody else could keep one.
    """

    __slots__ = ("_shards", "_times", "context", "least")

    def __init__(self, cc: CalculatorContext, over: Over) -> None:
        self._shards = [_twin(shard) for shard in cc.outputs.shards]
        outputs = OutputSet(cc.outputs.tag_map, self._shards)
        side = (cc.input_side_packets, cc.output_side_packets)
        self.context = CalculatorContext(
            cc.node_name, cc.node_id, cc.calculator_type, cc._options, cc.inputs, outputs, side
        )
        self.context.lend(cc)
        self._times = [
            None if times is None else OutputTimes(times.stream, self.context, is_source=times.is_source)
            for times in (shard.times for shard in cc.outputs.shards)
        ]
        self.least = 0
        self.end(cc, over)

    def begin(self, cc: CalculatorContext) -> None:
        """Serve the call of *cc*."""
        context = self.context
        context.inputs, context.input_timestamp = cc.inputs, cc.input_timestamp
        for mine, shard, times in zip(self._shards, cc.outputs.shards, self._times):  # noqa: B905 - strict costs
            mine.queue, mine.closed, mine.caller = shard.queue, shard.closed, shard.caller
            mine.offset, mine.bound, mine.times = shard.offset, None, times
            if times is not None:
                mine.call = times.usual_call(mine.offset)

    def end(self, cc: CalculatorContext, over: Over) -> None:
        """The call is over: nothing more can be emitted."""
        for mine, shard in zip(self._shards, cc.outputs.shards):  # noqa: B905 - strict costs
            mine.caller, mine.call, mine.times = over, NO_CALL, None
            shard.bound, shard.closed = mine.bound, mine.closed

    def references(self) -> int:
        """Return how many there are to the context and its outputs."""
        context = self.context
        found = getrefcount(context) + getrefcount(context.outputs)
        for shard in self._shards:
            found += getrefcount(shard)
        return found


def _twin(shard: OutputShard) -> OutputShard:
    twin = type(shard)(shard.name, shard.packet_type, shard.classes, shard.caller)
    twin.queue, twin.closed, twin.header = shard.queue, shard.closed, shard.header
    twin.offset, twin.opened = shard.offset, shard.opened
    if isinstance(shard, ListShard) and isinstance(twin, ListShard):
        twin.elements = shard.elements
    return twin
