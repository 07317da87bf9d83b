"""Outputs that belong to one call: what is emitted into them later is refused, whatever the node does then (S10).

A context serves one call after the other, so a thread that outlived its call could emit through it in the name of
another one. Most of those packets are too late for their stream, which is settled by then, and fail the run. Not
all: a node without an offset settles nothing, a negative offset not enough, and a packet that is sent without a
time gets that of the context. So the calls of such nodes, and of those that wait or run beside each other, where
threads are, get a context each. Light nodes that settle their outputs do not pay for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit._runtime.node import Over
from graphkit.framework import CalculatorContext, OutputShard
from graphkit.framework._context import ListShard, OutputSet
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

    def call(cc: CalculatorContext) -> Any:
        shards = cc.outputs.shards
        own = _of_one_call(cc)
        try:
            return process(own)
        finally:
            for mine, shard in zip(own.outputs.shards, shards):  # noqa: B905 - strict costs
                mine.caller, mine.call, mine.times = over, NO_CALL, None
                shard.bound, shard.closed = mine.bound, mine.closed

    return call


def _of_one_call(cc: CalculatorContext) -> CalculatorContext:
    """Return a context like *cc*, whose outputs emit into the queues of its outputs."""
    shards = cc.outputs.shards
    outputs = OutputSet(cc.outputs.tag_map, [_twin(shard) for shard in shards])
    side = (cc.input_side_packets, cc.output_side_packets)
    own = CalculatorContext(cc.node_name, cc.node_id, cc.calculator_type, cc._options, cc.inputs, outputs, side)
    own.input_timestamp = cc.input_timestamp
    own.lend(cc)
    for mine, shard in zip(outputs.shards, shards):  # noqa: B905 - strict costs
        if shard.times is not None:
            mine.times = OutputTimes(shard.times.stream, own, is_source=shard.times.is_source)
            mine.call = mine.times.usual_call(mine.offset)
    return own


def _twin(shard: OutputShard) -> OutputShard:
    twin = type(shard)(shard.name, shard.packet_type, shard.classes, shard.caller)
    twin.queue, twin.closed, twin.header = shard.queue, shard.closed, shard.header
    twin.offset, twin.opened = shard.offset, shard.opened
    if isinstance(shard, ListShard) and isinstance(twin, ListShard):
        twin.elements = shard.elements
    return twin
