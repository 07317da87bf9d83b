"""GraphState: what a run is and how it moves. Events in, ready tasks out; no thread, lock, clock or I/O.

The scheduler calls every method here under its lock, and runs the tasks that become ready outside of it.
"""

from __future__ import annotations

from heapq import heappop
from typing import TYPE_CHECKING, Any, Final

from graphkit._runtime.flow import Flow, backward
from graphkit._runtime.node import CLOSED, CLOSING, OPENED, Node
from graphkit._runtime.run_ahead import RunAhead
from graphkit._runtime.streams import POST_STREAM, UNSTARTED, GraphInput, InputStream
from graphkit._runtime.tasks import AHEAD, CLOSE, OPEN, PROCESS, TaskQueue
from graphkit.errors import InputStreamHandlerError
from graphkit.framework import Readiness, Timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphkit._runtime.tasks import Task
    from graphkit._runtime.throttle import Throttle
    from graphkit.framework import CalculatorContext, InputStreamHandler, Packet

_ZERO: Final = Timestamp(0)


class GraphState(Flow):
    """All nodes, streams and queues of one run, and the rules that move them.

    Attributes:
        nodes: in plan order, observers after them.
        inputs: graph input streams by name.
        default: the default executor's task queue.
        queues: all task queues.
        pending: tasks that are ready or running; 0 means idle.
        stopping: the run failed or was cancelled: no node is called again but to close it.
        unblocked: whether graph inputs may go on, whose writers may wait.
    """

    def __init__(
        self, nodes: Sequence[Node], inputs: dict[str, GraphInput], queues: Sequence[TaskQueue], throttle: Throttle
    ) -> None:
        self.nodes = list(nodes)
        self.inputs = inputs
        self.queues = list(queues)
        self.default = self.queues[0]
        super().__init__(throttle)
        self.pending = 0
        self.stopping = False
        self.unblocked = False
        self.ahead = RunAhead(self.nodes)
        self._sequence = 0
        self._opening = 0
        self._sources = [node for node in self.nodes if node.is_source]
        self._layer = min((node.plan.source_layer for node in self._sources), default=0)

    # -- events -----------------------------------------------------------------------------------------

    def ready_to_open(self, node: Node) -> None:
        """Schedule the opening of *node*; no source starts before it is done."""
        self._opening += 1
        self._schedule(OPEN, node, node.contexts[0], node.open)

    def opened(self, node: Node, context: CalculatorContext) -> None:
        """Take in what ``open`` did: offsets, headers, packets; then look for work."""
        self._opening -= 1
        node.status = OPENED
        node.active = 0
        if context.outputs.shards:  # `open` may have set it for all outputs
            node.offset = context.outputs.shards[0].offset
        node.forwarded = UNSTARTED
        for shard, stream in zip(context.outputs.shards, node.outputs, strict=True):
            stream.header = shard.header if shard.header else None
            shard.opened = True
        self.emit(node, context, settle=False)
        self.touch(node)
        self.settle()

    def deliver(self, source: GraphInput, packet: Packet[Any]) -> None:
        """A program pushed *packet*."""
        self.send(source.stream, packet)
        self.settle()

    def bound(self, source: GraphInput, settled: int) -> None:
        """A program settled an input stream up to *settled*; going back raises TimestampError."""
        if settled < source.stream.settled:
            raise backward(source.stream, settled)
        self.raise_settled(source.stream, settled)
        self.settle()

    def close_input(self, source: GraphInput) -> None:
        """A program ended an input stream."""
        if not source.closed:
            source.closed = True
            self.close_stream(source.stream)
            self.settle()

    def processed(self, node: Node, context: CalculatorContext) -> None:
        """``process`` returned: release its output in order of input time, then look for more work."""
        single = node.single
        if single is not None:
            node.active = 0
            self.emit(node, context, settle=True)
            settled = single.settled
            if single.queue or settled > context.input_timestamp or settled == POST_STREAM:
                self.touch(node)
        elif node.limit > 1:
            self._release_in_order(node, context)
            self.touch(node)
        else:
            node.active = 0
            if node.plan.cls.forwards:
                node.passed = any(shard.queue for shard in context.outputs.shards)
            self.emit(node, context, settle=True)
            if node.inputs:
                self.touch(node)
            else:
                self._continue_source(node)
        if self.touched:
            self.settle()

    def stop_sources(self) -> None:
        """A node other than a source returned STOP: all sources end."""
        for source in self._sources:
            self.stop_source(source)

    def stop_source(self, node: Node) -> None:
        """End a source once its running call is back."""
        node.stopped = True
        if not node.active:
            self.schedule_close(node)

    def closed(self, node: Node, context: CalculatorContext, *, emit: bool) -> None:
        """``close`` returned: end the node's outputs."""
        if emit:
            self.emit(node, context, settle=False)
        node.status = CLOSED
        node.active = 0
        node.forget_packets()
        for stream in node.outputs:
            self.close_stream(stream)
        if node.is_source:
            self._advance_layer()
        self.settle()

    def schedule_close(self, node: Node) -> None:
        """Schedule the closing of an opened node, once."""
        if node.status == OPENED:
            node.status = CLOSING
            node.active = 1
            if node.on_touch is None:
                self._clear_queues(node)
            context = node.contexts[0]
            context.input_timestamp = Timestamp.DONE
            self._schedule(CLOSE, node, context, node.close)

    def _clear_queues(self, node: Node) -> None:
        """Drop what a closing node did not take, so that its queues hold nobody back."""
        for queue in node.inputs:
            queue.queue.clear()
            if queue.full:
                self._unthrottle(queue)

    def drop_tasks(self) -> None:
        """Forget every task that is ready but not running, except closings."""
        for queue in self.queues:
            for task in queue.clear():
                self.pending -= 1
                _, _, kind, _, node, context = task
                node.active -= kind == PROCESS
                if kind == CLOSE:
                    self._schedule(CLOSE, node, context, node.close)

    def start_over(self, working: Sequence[TaskQueue | None]) -> None:
        """Forget what is scheduled and counted, of which a part may be half done: nodes are left to close.

        *working* has an entry for each thread that is in a call and will report back: the queue it works on.
        """
        self.stopping = True
        self.pending = len(working)
        for queue in self.queues:
            queue.clear()
            queue.epoch += 1
            queue.asked = 0
            queue.drains = sum(one is queue for one in working)
        for node in self.nodes:
            if node.has_opened:
                node.status = CLOSED if node.has_closed else OPENED

    def tell(self, call: Callable[[Any], None]) -> None:
        """Schedule a call that belongs to no node, before everything else."""
        self.pending += 1
        self._sequence += 1
        self.default.tell(call, self._sequence)

    def resolve_deadlock(self) -> bool:
        """Let full queues grow where that frees something; return whether it did."""
        free = self.throttle.resolve_deadlock()
        self._resume(free)
        return bool(free)

    def bound_of(self, name: str) -> Timestamp:
        """Return the timestamp bound of stream *name*."""
        made = [stream for node in self.nodes for stream in node.outputs] + [
            i.stream for i in self.inputs.values()
        ]
        return Timestamp.from_raw(next(stream.settled for stream in made if stream.name == name) + 1)

    def tell_pollers(self) -> None:
        """The run ended: whoever waits for a packet should look again."""
        for node in self.nodes:
            if node.on_touch is not None:
                node.on_touch()

    def is_finished(self) -> bool:
        """Return whether nothing can come any more: inputs closed, sources ended."""
        return all(i.closed for i in self.inputs.values()) and all(s.status == CLOSED for s in self._sources)

    def pop(self, queue: InputStream) -> Packet[Any]:
        """Take a packet out of a queue that no node reads (a poller's)."""
        packet = queue.queue.popleft()
        if queue.full:
            self._unthrottle(queue)
        return packet

    # -- rules ------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Look at every node whose inputs changed until nothing changes."""
        touched = self.touched
        while touched:
            node = touched.pop()
            node.touched = False
            if node.status != OPENED or self.stopping:
                continue
            single = node.single
            if single is not None:
                if not node.active:
                    self._look_at_single(node, single)
            elif node.on_touch is not None:
                node.on_touch()
            elif node.inputs:
                self._look_at(node)

    def _look_at_single(self, node: Node, stream: InputStream) -> None:
        """The short path: one input, default handler, one call at a time."""
        if stream.queue:
            packet = stream.queue.popleft()
            if stream.full:
                self._unthrottle(stream)
            context = node.contexts[0]
            context.inputs.packets[0] = packet
            context.input_timestamp = packet._timestamp
            node.active = 1
            if node.ahead is not None and (made := self.ahead.take(node, packet)) is not None:
                self._schedule(PROCESS, node, context, made.replay)
                return
            light = self.default.light
            if light or not node.light:
                self._schedule(PROCESS, node, context, node.process)
            else:
                self.pending += 1
                light.append((-node.id, self._sequence, PROCESS, node.process, node, context))
        elif stream.settled >= POST_STREAM:
            self.schedule_close(node)
        elif node.offset is not None and stream.settled > node.forwarded:
            self.forward(node, stream.settled)

    def _look_at(self, node: Node) -> None:
        """Ask the handler for input sets until the node has all it may run at once."""
        handler = node.handler
        assert handler is not None  # every node with inputs has one
        try:
            if node.active >= node.limit:
                handler.arrived_while_busy()
            while node.active < node.limit and node.status == OPENED and self._invoke(node, handler):
                continue
        except Exception as exc:
            raise InputStreamHandlerError(
                node.name, node.plan.calculator, node.plan.input_stream_handler, exc
            ) from exc
        if self.throttle.full:
            for stream in node.inputs:
                if stream.full:
                    self._unthrottle(stream)

    def _invoke(self, node: Node, handler: InputStreamHandler) -> bool:
        """Do what the handler says; return whether it may have more to say."""
        decision = handler.readiness()
        if decision.readiness is not Readiness.READY:
            if node.active:
                return False
            if decision.readiness is Readiness.CLOSE:
                self.schedule_close(node)
            elif node.offset is not None and decision.timestamp > node.forwarded:
                self.forward(node, decision.timestamp)
            return False
        timestamp = decision.timestamp
        context = node.contexts[0] if node.limit == 1 else node.free_context()
        handler.take(timestamp, context.inputs.packets)
        context.input_timestamp = Timestamp.from_raw(timestamp)
        node.active += 1
        if node.limit > 1:
            node.sequence += 1
            context.sequence = node.sequence
        call = node.process
        if node.ahead is not None and (made := self.ahead.take(node, context.inputs.packets[0])) is not None:
            call = made.replay
        self._schedule(PROCESS, node, context, call)
        return True

    def _release_in_order(self, node: Node, context: CalculatorContext) -> None:
        """Send the outputs of parallel calls in the order in which the calls were made."""
        node.end_call(context)
        node.finished[context.sequence] = context
        while (done := node.finished.pop(node.expected + 1, None)) is not None:
            node.expected += 1
            node.active -= 1
            self.emit(node, done, settle=True)
            node.contexts.append(done)

    def _continue_source(self, node: Node) -> None:
        if node.active:
            return
        if node.stopped:
            self.schedule_close(node)
        elif self._may_run(node):
            node.active = 1
            node.contexts[0].input_timestamp = _ZERO
            self._schedule(PROCESS, node, node.contexts[0], node.process)

    def _may_run(self, source: Node) -> bool:
        free = source.status == OPENED and not source.blocked_by and not self._opening
        return free and not self.stopping and source.plan.source_layer == self._layer

    def start_sources(self) -> None:
        """Schedule every source that may run."""
        for node in self._sources:
            self._continue_source(node)

    def _advance_layer(self) -> None:
        left = [n.plan.source_layer for n in self._sources if n.status != CLOSED]
        if left and min(left) > self._layer:
            self._layer = min(left)
        self.start_sources()

    def _unthrottle(self, queue: InputStream) -> None:
        self._resume(self.throttle.drained(queue))

    def _resume(self, free: list[Node | GraphInput]) -> None:
        for feeder in free:
            if isinstance(feeder, Node):
                self._continue_source(feeder)
            elif feeder.may_feed:
                self.unblocked = True

    def _schedule(self, kind: int, node: Node, context: CalculatorContext, call: Any) -> None:
        self.pending += 1
        self._sequence = sequence = self._sequence + 1
        node.queue.push(kind, node, context, call, sequence)

    def next_task(self, queue: TaskQueue | None) -> Task | None:
        """Return the next task for a thread that works on *queue* (None: on light tasks only).

        A thread that gets None counts as gone from the queue.
        """
        light = self.default.light
        if light:
            return light.pop() if len(light) == 1 else heappop(light)
        if queue is None:
            return None
        task = queue.pop_own()
        if task is None and self.ahead:
            task = self._ahead_task(queue)
        if task is None:
            queue.drains -= 1
        return task

    def may_run_ahead(self, queue: TaskQueue) -> bool:
        """Return whether a thread of *queue* with nothing to do could work ahead."""
        return not self.stopping and self.ahead.candidate(queue) is not None

    def made_ahead(self, node: Node, context: CalculatorContext | None) -> None:
        """A call ahead of time returned; *context* is None where it raised, and the real call will raise again."""
        node.active = 0
        if context is not None:
            node.end_call(context)
            self.ahead.keep(node, context)
        self.touch(node)
        self.settle()

    def _ahead_task(self, queue: TaskQueue) -> Task | None:
        found = None if self.stopping else self.ahead.candidate(queue)
        if found is None:
            return None
        node, packet = found
        context = node.another_context()
        context.inputs.packets[0] = packet
        context.input_timestamp = packet.timestamp
        node.active = node.limit
        self.pending += 1
        return (0, 0, AHEAD, node.process, node, context)
