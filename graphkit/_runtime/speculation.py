"""Speculation: pure nodes work on a packet that still waits at a gate (S36). No threads, no locks.

A tracker searches a frame only if the frame before it was not followed, so a gate holds the frame back until
the one before is done, and the search could not overlap with anything. The expensive nodes behind the gate
depend on nothing but the packet that waits. When a thread has nothing else to do, it runs them on that packet.
If the gate then lets the packet pass, the node finds its outputs ready; if not, they are forgotten. Either way
the graph emits what it would have emitted.

Only nodes that declare themselves ``pure`` are called ahead, only behind calculators that declare ``is_gate``, and
only while the gate let the last packet pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from graphkit._runtime.node import OPENED, Speculated
from graphkit._runtime.tasks import SPECULATE, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit._runtime.node import Node
    from graphkit._runtime.streams import InputStream, OutputStream
    from graphkit._runtime.tasks import TaskQueue
    from graphkit.framework import CalculatorContext, Packet


class Step(NamedTuple):
    """A pure node that may be called ahead of time.

    Attributes:
        node: the node.
        parent: the step whose outputs it reads; None if it reads the waiting packet itself.
        output: which output of the parent it reads.
    """

    node: Node
    parent: Node | None
    output: int


class Lane(NamedTuple):
    """A gate's input and the pure nodes behind it, parents first."""

    gate: Node
    queue: InputStream
    steps: tuple[Step, ...]


class Speculation:
    """Finds calls that may be made ahead of time, and keeps their outputs.

    Attributes:
        queues: those of the nodes that may be called ahead.
        used: how many calls were replaced by speculative results.
        made: how many calls were made ahead.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        readers: dict[OutputStream, list[Node]] = {}
        for node in nodes:
            for queue in node.inputs:
                readers.setdefault(queue.stream, []).append(node)
        self._lanes = tuple(lane for gate in nodes if gate.plan.cls.is_gate for lane in _lanes(gate, readers))
        self.queues = tuple({id(s.node.queue): s.node.queue for lane in self._lanes for s in lane.steps}.values())
        self.used = 0
        self.made = 0

    def __bool__(self) -> bool:
        return bool(self._lanes)

    def candidate(self, own: TaskQueue) -> tuple[Node, Packet[Any]] | None:
        """Return a node of *own* and the packet that it may work on ahead of time, None if there is none."""
        for gate, queue, steps in self._lanes:
            if not gate.passed or not queue.queue or gate.status is not OPENED:
                continue
            waiting = queue.queue[0]
            for node, parent, output in steps:
                source = waiting if parent is None else _made_from(parent, output, waiting)
                if source is None:
                    break
                if node.speculated is not None and node.speculated.is_for(source):
                    continue
                is_idle = node.status is OPENED and not node.active and not node.inputs[0].queue
                if node.queue is own and is_idle and node.calculator.pure:
                    return node, source
                break
        return None

    def task(self, own: TaskQueue) -> Task | None:
        """Return the call of a candidate, which counts as busy from now on."""
        found = self.candidate(own)
        if found is None:
            return None
        node, packet = found
        context = node.another_context()
        context.inputs.packets[0] = packet
        context.input_timestamp = packet.timestamp
        node.active = node.limit
        return Task(SPECULATE, node, context, node.process)

    def keep(self, node: Node, context: CalculatorContext) -> None:
        """Keep what *node* made ahead of time on *context*."""
        self.made += 1
        outputs = [list(shard.queue) for shard in context.outputs.shards]
        plain = all(shard.bound is None and not shard.closed for shard in context.outputs.shards)
        node.speculated = Speculated(context.inputs.packets[0], outputs) if plain else None

    def take(self, node: Node, packet: Packet[Any]) -> Speculated | None:
        """Return and forget what *node* has ready for *packet*, None if it has nothing."""
        made, node.speculated = node.speculated, None
        if made is None or not made.is_for(packet):
            return None
        self.used += 1
        return made


def _made_from(parent: Node, output: int, waiting: Packet[Any]) -> Packet[Any] | None:
    """Return the one packet that *parent* made ahead for *waiting*'s time."""
    made = parent.speculated
    if made is None or made.source._timestamp != waiting._timestamp or len(made.outputs[output]) != 1:
        return None
    return made.outputs[output][0]


def _lanes(gate: Node, readers: dict[OutputStream, list[Node]]) -> list[Lane]:
    lanes = []
    for position, key in enumerate(gate.plan.inputs):
        output = gate.plan.outputs.id_of(*key)
        if output is None:
            continue
        steps = _pure_readers(gate.outputs[output], None, 0, readers)
        for step in steps:
            for i, stream in enumerate(step.node.outputs):
                steps.extend(_pure_readers(stream, step.node, i, readers))
        if steps:
            lanes.append(Lane(gate, gate.inputs[position], tuple(steps)))
    return lanes


def _pure_readers(
    stream: OutputStream, parent: Node | None, output: int, readers: dict[OutputStream, list[Node]]
) -> list[Step]:
    return [
        Step(node, parent, output)
        for node in readers.get(stream, ())
        if node.plan.cls.pure and len(node.inputs) == 1 and not node.plan.output_side_packets
    ]
