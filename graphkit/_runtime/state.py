"""GraphState: the state of a run and its rules. Events in, ready tasks out; no thread, lock, clock or I/O.

The scheduler calls every method here under its lock, and runs the tasks that become ready outside of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit._runtime.flow import Flow, backward
from graphkit._runtime.node import CLOSED, CLOSING, OPENED, Node
from graphkit._runtime.own_outputs import needs_own_outputs, with_own_outputs
from graphkit._runtime.ready import ReadyTasks
from graphkit._runtime.sources import Sources
from graphkit._runtime.speculation import Speculation
from graphkit._runtime.tasks import CLOSE, OPEN, PROCESS, Task, TaskQueue
from graphkit.errors import InputStreamHandlerError
from graphkit.framework import Readiness, Timestamp
from graphkit.framework._handlers.sync_set import NEVER, nothing
from graphkit.framework._settled import POST_STREAM, UNSTARTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit._runtime.streams import GraphInput, InputStream
    from graphkit._runtime.throttle import Throttle
    from graphkit.framework import CalculatorContext, InputStreamHandler, Packet


class GraphState:
    """All nodes, streams and queues of one run, and the rules that move them.

    Args:
        nodes: in plan order, observers after them.
        inputs: graph input streams by name.
        queues: the task queues, the default executor's first.
        throttle: of the run.

    Attributes:
        nodes: see above.
        inputs: see above.
        throttle: see above.
        speculation: finds calls to make ahead of time.
        ready: the tasks that are ready.
        flow: moves packets and bounds.
        sources: the nodes without inputs.
        unblocked: whether graph inputs may continue, whose writers may wait.
    """

    def __init__(
        self, nodes: Sequence[Node], inputs: dict[str, GraphInput], queues: Sequence[TaskQueue], throttle: Throttle
    ) -> None:
        self.nodes = list(nodes)
        self.inputs = inputs
        self.throttle = throttle
        self.speculation = Speculation(self.nodes)
        self.ready = ReadyTasks(queues, self.speculation)
        self.flow = Flow(throttle)
        self.sources = Sources(self.nodes, self.ready, self.schedule_close)
        self.unblocked = False

    # -- events -----------------------------------------------------------------------------------------

    def ready_to_open(self, node: Node) -> None:
        """Schedule the opening of *node*; no source starts before it is done (S22)."""
        self.sources.opening += 1
        self.ready.schedule(Task(OPEN, node, node.contexts[0], node.open))

    def opened(self, node: Node, context: CalculatorContext) -> None:
        """Apply what ``open`` did: offsets, headers, packets; then look for work (S22)."""
        self.sources.opening -= 1
        node.status = OPENED
        node.active = 0
        if context.outputs.shards:  # `open` may have set it for all outputs (S8)
            node.offset = context.outputs.shards[0].offset
        if node.plan.cls.pure and not node.calculator.pure:  # and that it is not pure in this run (S18)
            node.limit = 1
        if needs_own_outputs(node):
            node.process = with_own_outputs(node)
        node.task = Task(PROCESS, node, context, node.process, node.link)
        node.forwarded = UNSTARTED
        for shard, stream in zip(context.outputs.shards, node.outputs, strict=True):
            stream.header = shard.header if shard.header else None
        self.flow.emit(node, context, settle=False)
        node.enable(context)
        self.flow.touch(node)
        self.settle()

    def deliver(self, source: GraphInput, packet: Packet[Any]) -> None:
        """Send a packet that the program pushed."""
        self.flow.send(source.stream, packet)
        self.settle()

    def bound(self, source: GraphInput, settled: int) -> None:
        """Settle an input stream as the program said; going back raises TimestampError (S7)."""
        if settled < source.stream.settled:
            raise backward(source.stream, settled)
        self.flow.raise_settled(source.stream, settled)
        self.settle()

    def close_input(self, source: GraphInput) -> None:
        """End an input stream as the program said."""
        if not source.closed:
            source.closed = True
            self.flow.close_stream(source.stream)
            self.settle()

    def processed(self, node: Node, context: CalculatorContext) -> None:
        """Release what a ``process`` that returned has emitted, in order of input time; look for more work."""
        flow, single = self.flow, node.single
        if single is not None:
            node.active = 0
            if node.outputs:
                flow.emit(node, context, settle=True)
            settled = single.settled
            if single.queue or settled > context.input_timestamp or settled == POST_STREAM:
                flow.touch(node)
        elif node.limit > 1:
            self._release_in_order(node, context)
            flow.touch(node)
        else:
            node.active = 0
            if node.chooses:
                node.note_passage(context)
            flow.emit(node, context, settle=True)
            if node.inputs:
                if node.offset is not None and context.input_timestamp > node.forwarded:
                    node.forwarded = context.input_timestamp
                flow.touch(node)
            else:
                self.sources.go_on(node)
        if flow.touched:
            self.settle()

    def speculated(self, node: Node, context: CalculatorContext | None) -> None:
        """Record a call ahead of time; *context* is None if it raised, as the real call will."""
        node.active = 0
        if context is not None:
            node.end_call(context)
            self.speculation.keep(node, context)
        self.flow.touch(node)
        self.settle()

    def closed(self, node: Node, context: CalculatorContext, *, emit: bool) -> None:
        """End the outputs of a node whose ``close`` returned (S25)."""
        if emit:
            self.flow.emit(node, context, settle=False)
        node.status = CLOSED
        node.active = 0
        node.forget_packets()
        for stream in node.outputs:
            self.flow.close_stream(stream)
        if node.is_source:
            self.sources.one_closed()
        self.settle()

    def schedule_close(self, node: Node) -> None:
        """Schedule the closing of an opened node, once."""
        if node.status is OPENED:
            node.status = CLOSING
            node.active = 1
            if node.on_touch is None:
                self._clear_queues(node)
            context = node.contexts[0]
            context.input_timestamp = Timestamp.DONE
            self.ready.schedule(Task(CLOSE, node, context, node.close))

    def start_over(self, working: Sequence[TaskQueue | None]) -> None:
        """Discard all work but closing the open nodes (S51); see ``ReadyTasks.start_over``."""
        self.ready.start_over(working)
        for node in self.nodes:
            if node.has_opened:
                node.status = CLOSED if node.has_closed else OPENED

    def resolve_deadlock(self) -> bool:
        """Let full queues grow if that unblocks a feeder (S40); return whether it did."""
        free = self.throttle.resolve_deadlock()
        self._resume(free)
        return bool(free)

    def bound_of(self, name: str) -> Timestamp:
        """Return the timestamp bound of stream *name*."""
        made = [stream for node in self.nodes for stream in node.outputs]
        streams = [*made, *(graph_input.stream for graph_input in self.inputs.values())]
        settled = next(stream.settled for stream in streams if stream.name == name)
        return Timestamp.from_raw(int(settled) + 1)  # a special one takes no "+"

    def tell_pollers(self) -> None:
        """Wake the threads that wait for a packet, as the run has ended."""
        for node in self.nodes:
            if node.on_touch is not None:
                node.on_touch()

    def is_finished(self) -> bool:
        """Return whether nothing can come any more: inputs closed, sources ended (S27)."""
        # This is checked after every packet; all() with a generator takes five times as long.
        for graph_input in self.inputs.values():
            if not graph_input.closed:
                return False
        return self.sources.all_closed()

    def pop(self, queue: InputStream) -> Packet[Any]:
        """Take a packet out of a queue that no node reads (a poller's)."""
        packet = queue.queue.popleft()
        if queue.full:
            self._unthrottle(queue)
        return packet

    # -- rules ------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Look at every node whose inputs changed until nothing changes."""
        touched = self.flow.touched
        while touched:
            node = touched.pop()
            node.touched = False
            if node.status is not OPENED or self.ready.stopping:
                continue
            single = node.single
            if single is not None:
                if not node.active:
                    self._look_at_single(node, single)
            elif node.joined:
                while node.active < node.limit and self._call_joined(node):
                    continue
            elif node.on_touch is not None:
                node.on_touch()
            elif node.inputs:
                self._look_at(node)

    def _look_at_single(self, node: Node, stream: InputStream) -> None:
        """The short path: one input, default handler (S12), one call at a time."""
        if stream.queue:
            packet = stream.queue.popleft()
            if stream.full:
                self._unthrottle(stream)
            task = node.task
            task.context.inputs.packets[0] = packet
            task.context.input_timestamp = packet._timestamp
            node.active = 1
            if node.speculated is not None and (made := self.speculation.take(node, (packet,))) is not None:
                task = Task(PROCESS, node, task.context, made.replay)
            ready = self.ready
            light = ready.default.light
            if light or not node.light:
                ready.schedule(task)
            else:
                ready.pending += 1
                light.append((packet._timestamp, node.order, ready.sequence, task))
        elif stream.settled >= POST_STREAM:
            self.schedule_close(node)
        elif node.offset is not None and stream.settled > node.forwarded:
            self.flow.forward(node, stream.settled)

    def _call_joined(self, node: Node) -> bool:
        """The path of several inputs with the default handler (S12); return whether there may be another call."""
        first, settled = NEVER, NEVER
        for stream in node.joined:
            if stream.queue:
                head = stream.queue[0]._timestamp
                first = head if head < first else first  # min() takes three times as long
            elif stream.settled < settled:
                settled = stream.settled
        if first > settled or first == NEVER:
            if not node.active:
                self._forward_joined(node, first, settled)
            return False
        context = node.contexts[0] if node.limit == 1 else node.free_context()
        packets = context.inputs.packets
        for stream in node.joined:
            if stream.queue and stream.queue[0]._timestamp == first:
                packets[stream.index] = packet = stream.queue.popleft()
                context.input_timestamp = packet._timestamp
                if stream.full:
                    self._unthrottle(stream)
            else:
                packets[stream.index] = nothing(stream)
        self._call(node, context)
        return True

    def _forward_joined(self, node: Node, first: int, settled: int) -> None:
        """Close a node whose inputs have ended, or pass on how far they are settled and empty (S9)."""
        if first == NEVER and settled >= POST_STREAM:
            self.schedule_close(node)
        elif node.offset is not None:
            until = settled if settled < first else int(first) - 1  # a special timestamp takes no "-"
            if until > node.forwarded:
                self.flow.forward(node, until)

    def _look_at(self, node: Node) -> None:
        """Ask the handler for input sets until the node has all the calls it may run at once (S17, S18)."""
        handler = node.handler
        assert handler is not None  # every node with inputs has one
        if node.active >= node.limit:
            try:
                handler.arrived_while_busy()
            except Exception as exc:
                raise _fault_of_handler(node, exc) from exc
        while node.active < node.limit and node.status is OPENED and self._invoke(node, handler):
            continue
        if self.throttle.full:
            for stream in node.inputs:
                if stream.full:
                    self._unthrottle(stream)

    def _invoke(self, node: Node, handler: InputStreamHandler) -> bool:
        """Act on the handler's decision; return whether it may have another one."""
        try:
            decision = handler.readiness()
        except Exception as exc:
            raise _fault_of_handler(node, exc) from exc
        if decision.readiness is not Readiness.READY:
            if node.active:
                return False
            if decision.readiness is Readiness.CLOSE:
                self.schedule_close(node)
            elif node.offset is not None and decision.timestamp > node.forwarded:
                self.flow.forward(node, decision.timestamp)
            return False
        timestamp = decision.timestamp
        context = node.contexts[0] if node.limit == 1 else node.free_context()
        try:
            handler.take(timestamp, context.inputs.packets)
        except Exception as exc:
            raise _fault_of_handler(node, exc) from exc
        context.input_timestamp = Timestamp.from_raw(timestamp)
        self._call(node, context)
        return True

    def _call(self, node: Node, context: CalculatorContext) -> None:
        """Schedule a call whose input set is in *context*; what was made ahead for it is used."""
        node.active += 1
        if node.limit > 1:
            node.sequence += 1
            context.sequence = node.sequence
        elif node.speculated is None:
            self.ready.schedule(node.task)
            return
        made = None if node.speculated is None else self.speculation.take(node, context.inputs.packets)
        self.ready.schedule(Task(PROCESS, node, context, node.process if made is None else made.replay))

    def _release_in_order(self, node: Node, context: CalculatorContext) -> None:
        """Send the outputs of parallel calls in the order in which the calls were made (S18)."""
        node.end_call(context)
        node.finished[context.sequence] = context
        while (done := node.finished.pop(node.expected + 1, None)) is not None:
            node.expected += 1
            node.active -= 1
            try:
                self.flow.emit(node, done, settle=True)
            except Exception:
                context.input_timestamp = done.input_timestamp  # the error names the call whose output is refused
                raise
            node.contexts.append(done)

    def _clear_queues(self, node: Node) -> None:
        """Drop what a closing node did not take, so that its queues hold back no producer."""
        for queue in node.inputs:
            self.flow.drop_all(queue)
            if queue.full:
                self._unthrottle(queue)

    def _unthrottle(self, queue: InputStream) -> None:
        self._resume(self.throttle.drained(queue))

    def _resume(self, free: Sequence[Node | GraphInput]) -> None:
        for feeder in free:
            if isinstance(feeder, Node):
                self.sources.go_on(feeder)
            elif feeder.may_feed:
                self.unblocked = True


def _fault_of_handler(node: Node, error: Exception) -> InputStreamHandlerError:
    return InputStreamHandlerError(node.name, node.plan.calculator, node.plan.input_stream_handler, error)
