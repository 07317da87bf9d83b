"""Speculation: pure nodes work on a packet that still waits at a gate (S36). No threads, no locks.

A tracker searches a frame only if the frame before it was not followed, so a gate holds the frame back until
the one before is done, and the search could not overlap with anything. The expensive nodes behind the gate
depend on nothing but the packet that waits. When a thread has nothing else to do, it runs them on that packet.
If the gate then lets the packet pass, the node finds its outputs ready; if not, they are forgotten. Either way
the graph emits what it would have emitted.

The same holds for a node that chooses between packets, such as the region of the frame before and one that is
found anew: what it usually passes on waits while the other is still being made.

Only nodes that declare themselves ``pure`` are called ahead, only behind calculators that declare ``is_gate`` or
``passes_on``, and only while these let the last packet pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from graphkit._runtime.node import OPENED, Speculated
from graphkit._runtime.tasks import SPECULATE, Task
from graphkit.framework._handlers import DEFAULT_HANDLER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graphkit._runtime.node import Node
    from graphkit._runtime.streams import InputStream, OutputStream
    from graphkit._runtime.tasks import TaskQueue
    from graphkit.framework import CalculatorContext, Packet


class Step(NamedTuple):
    """A pure node that may be called ahead of time.

    Attributes:
        node: the node.
        position: which of its inputs gets the packet ahead of time; the others must have theirs.
        parent: the step whose outputs it reads; None if it reads the waiting packet itself.
        output: which output of the parent it reads.
    """

    node: Node
    position: int
    parent: Node | None
    output: int


class Lane(NamedTuple):
    """An input of a gate, or of a node that chooses, and the pure nodes behind it, parents first."""

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
        readers: dict[OutputStream, list[InputStream]] = {}
        for node in nodes:
            for queue in node.inputs:
                readers.setdefault(queue.stream, []).append(queue)
        self._lanes = tuple(lane for gate in nodes if gate.chooses for lane in _lanes(gate, readers))
        self.queues = tuple({id(s.node.queue): s.node.queue for lane in self._lanes for s in lane.steps}.values())
        self.used = 0
        self.made = 0

    def __bool__(self) -> bool:
        return bool(self._lanes)

    def candidate(self, own: TaskQueue) -> tuple[Node, tuple[Packet[Any], ...]] | None:
        """Return a node of *own* and the packets that it may work on ahead of time, None if there is none."""
        for gate, queue, steps in self._lanes:
            if not gate.passed or not queue.queue or gate.status is not OPENED:
                continue
            waiting = queue.queue[0]
            for step in steps:
                node, _, parent, output = step
                source = waiting if parent is None else _made_from(parent, output, waiting)
                packets = None if source is None else _input_set(step, source)
                if packets is None:
                    break
                if node.speculated is not None and node.speculated.is_for(packets):
                    continue
                if node.queue is own and node.status is OPENED and not node.active and node.calculator.pure:
                    return node, packets
                break
        return None

    def task(self, own: TaskQueue) -> Task | None:
        """Return the call of a candidate, which counts as busy from now on."""
        found = self.candidate(own)
        if found is None:
            return None
        node, packets = found
        context = node.another_context()
        node.enable(context)
        context.inputs.packets[:] = packets
        context.input_timestamp = packets[0].timestamp
        node.active = node.limit
        return Task(SPECULATE, node, context, node.process)

    def keep(self, node: Node, context: CalculatorContext) -> None:
        """Keep what *node* made ahead of time on *context*."""
        self.made += 1
        outputs = [list(shard.queue) for shard in context.outputs.shards]
        plain = all(shard.bound is None and not shard.closed for shard in context.outputs.shards)
        node.speculated = Speculated(context.inputs.packets, outputs) if plain else None

    def take(self, node: Node, packets: Sequence[Packet[Any]]) -> Speculated | None:
        """Return and forget what *node* has ready for *packets*, one an input; None if it has nothing."""
        made, node.speculated = node.speculated, None
        if made is None or not made.is_for(packets):
            return None
        self.used += 1
        return made


def _input_set(step: Step, source: Packet[Any]) -> tuple[Packet[Any], ...] | None:
    """Return what the step's node is called with if it gets *source* next; None if that is not known yet."""
    node, position, _, _ = step
    packets = []
    for queue in node.inputs:
        if queue.index == position:
            if queue.queue:
                return None
            packets.append(source)
        elif queue.queue and queue.queue[0]._timestamp == source._timestamp:
            packets.append(queue.queue[0])
        else:
            return None
    return tuple(packets)


def _made_from(parent: Node, output: int, waiting: Packet[Any]) -> Packet[Any] | None:
    """Return the one packet that *parent* made ahead for *waiting*'s time."""
    made = parent.speculated
    if made is None or made.sources[0]._timestamp != waiting._timestamp or len(made.outputs[output]) != 1:
        return None
    return made.outputs[output][0]


def _lanes(gate: Node, readers: dict[OutputStream, list[InputStream]]) -> list[Lane]:
    lanes = []
    for position, output in _ways(gate):
        steps = _pure_readers(gate.outputs[output], None, 0, readers)
        for step in steps:
            for i, stream in enumerate(step.node.outputs):
                steps.extend(_pure_readers(stream, step.node, i, readers))
        if steps:
            lanes.append(Lane(gate, gate.inputs[position], tuple(steps)))
    return lanes


def _ways(gate: Node) -> Iterator[tuple[int, int]]:
    """Yield the inputs whose packets may pass, and the outputs at which they come out."""
    outputs, passes_on = gate.plan.outputs, gate.plan.cls.passes_on
    for position, key in enumerate(gate.plan.inputs):
        if gate.plan.cls.is_gate:
            output = outputs.id_of(*key)
        else:
            output = outputs.id_of(passes_on[key[0]], key[1]) if key[0] in passes_on else None
        if output is not None:
            yield position, output


def _pure_readers(
    stream: OutputStream, parent: Node | None, output: int, readers: dict[OutputStream, list[InputStream]]
) -> list[Step]:
    return [
        Step(queue.node, queue.index, parent, output)
        for queue in readers.get(stream, ())
        if queue.node.plan.cls.pure and _takes_one_set(queue.node) and not queue.node.plan.output_side_packets
    ]


def _takes_one_set(node: Node) -> bool:
    """Return whether a call takes the packets of one time, one of each input, so that they tell what it makes."""
    plain = node.plan.input_stream_handler == DEFAULT_HANDLER and not node.plan.contract.process_timestamp_bounds
    return plain or len(node.inputs) == 1
