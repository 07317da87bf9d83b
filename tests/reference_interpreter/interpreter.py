"""The interpreter: carries out what a program does with a graph, rule by rule, until nothing moves any more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from reference_interpreter.behaviours import Behaviour, BoomError, Emission, behaviour_of
from reference_interpreter.graphs import Call, Graph, Node, resting
from reference_interpreter.policies import Queue, Step, policy_of
from reference_interpreter.times import CLOSED, POST_STREAM, UNSTARTED, moved, settled_by

if TYPE_CHECKING:
    import random
    from collections.abc import Collection


class Fault(NamedTuple):
    """An error that the rules demand: S47."""

    node: str
    phase: str
    time: int | None
    cause: str


@dataclass
class Stream:
    """What a stream has carried: S3, S5 to S7."""

    packets: list[tuple[int, Any]] = field(default_factory=list)
    settled: int = UNSTARTED
    closed: bool = False
    readers: list[Running] = field(default_factory=list)
    queues: list[Queue] = field(default_factory=list)


class Running:
    """A node during a run."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.behaviour: Behaviour = behaviour_of(node)
        self.queues = [Queue() for _ in node.inputs]
        self.policy = policy_of(node, self.queues) if node.inputs else None
        self.calls: list[Call] = []
        self.state = "new"


class RefusedError(Exception):
    """A packet or bound that the rules refuse; the message is the name of the error."""


class Interpreter:
    """One run of *graph*.

    Args:
        graph: the graph.
        made: the calls of the engine, by node. The nodes to which the rules leave a choice follow it.
        dice: decides in which order nodes are looked at, where the rules leave it open.
        counts: how many of these calls belong to the time before `until` is called first; all where it is None.
        read: streams that the program reads.

    Attributes:
        cut: whether the sources may be ended from outside, so that how often they are called is free: S23.
        faults: errors that the rules demand. A node that failed does nothing more, the others go on, so these are
            all those that may come first.
    """

    def __init__(
        self,
        graph: Graph,
        made: dict[str, list[Call]],
        dice: random.Random,
        counts: dict[str, int] | None = None,
        read: Collection[str] = (),
    ) -> None:
        self.graph, self.made, self.dice = graph, made, dice
        self.allowed = {name: len(calls) for name, calls in made.items()} if counts is None else counts
        self.streams = {name: Stream() for name in graph.streams}
        self.nodes = [Running(node) for node in graph.nodes]
        self.resting = resting(graph, read)
        self.faults: list[Fault] = []
        self.stopping = False
        self.cut = graph.may_stop_sources
        for running in self.nodes:
            for name, queue in zip(running.node.inputs, running.queues, strict=True):
                self.streams[name].readers.append(running)
                self.streams[name].queues.append(queue)

    # -- what a program does --------------------------------------------------------------------------

    def open(self) -> None:
        """S22: producers first; behind a node that could not open nothing opens."""
        dead: set[str] = set()
        for running in self.nodes:
            node = running.node
            if any(name in dead for i, name in enumerate(node.inputs) if i not in node.back_edges):
                running.state = "unopened"
            elif self._guarded(running, "open", None, running.behaviour.open):
                running.state = "open"
            if running.state != "open":
                dead.update(node.outputs)
        self.settle()

    def push(self, stream: str, time: int, value: Any) -> None:
        """Add a packet: S6."""
        self._send(stream, time, value)
        self.settle()

    def bound(self, stream: str, bound: int) -> None:
        """Settle a stream without a packet: S7."""
        self._raise(stream, bound - 1)
        self.settle()

    def close(self, stream: str) -> None:
        """End a stream: S6."""
        self._close(stream)
        self.settle()

    def stop_sources(self) -> None:
        """End all sources; how many calls they had by then is free: S23."""
        self.stopping = True
        self.settle()

    def until(self, counts: dict[str, int]) -> None:
        """Let free nodes follow the engine until each has made as many calls as *counts* says."""
        self.allowed = counts
        self.settle()

    def rest(self) -> list[str]:
        """Return what free nodes have left undone at a moment at which nothing moves: S13, S14, S16."""
        found = []
        for running in self.nodes:
            if running.node.is_source and running.state == "open":
                found.append(f"{running.node.name}: has not ended after {len(running.calls)} calls")
            if running.state == "open" and running.policy is not None and running.node.free:
                left = running.policy.rest()
                if left:
                    found.append(f"{running.node.name}: {left}")
        return found

    def full(self, *, keeps: bool = False) -> set[str]:
        """Return the streams of which a reader has as many packets as a queue holds: S37.

        Args:
            keeps: leave out the readers that may drop packets earlier than here: Mux (S15).
        """
        limit = self.graph.max_queue_size or 0
        return {
            name
            for running in self.nodes
            for name, queue in zip(running.node.inputs, running.queues, strict=True)
            if running.state == "open" and 0 < limit <= len(queue.waiting)
            if running.node.does[0] != "previous" and not (keeps and running.node.policy == "Mux")
        }

    def held_back(self) -> set[str]:
        """Return the streams whose packets may end up in a full queue: S38."""
        found, size = self.full(keeps=True), -1
        while size != len(found):
            size = len(found)
            for running in self.nodes:
                if found.intersection(running.node.outputs):
                    found.update(running.node.inputs)
        return found

    @property
    def finished(self) -> bool:
        """Whether no more input can come: S25, S27."""
        ended = all(self.streams[name].closed for name in self.graph.inputs)
        return ended and not any(r.node.is_source and r.state == "open" for r in self.nodes)

    def finish(self) -> None:
        """Close what is still open, now that no more input can come; what that emits is dropped: S25."""
        self.settle()
        for running in self.nodes:
            if running.state == "open":
                self._guarded(running, "close", None, lambda r=running: self._dropped(r.behaviour.close()))
                running.state = "closed"
                for name in running.node.outputs:
                    self._close(name)

    # -- the rules ------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Let nodes act, in any order, until none can."""
        moving = True
        while moving:
            order = list(self.nodes)
            self.dice.shuffle(order)
            moving = False
            for running in order:
                while running.state == "open" and self._act(running):
                    moving = True

    def _act(self, running: Running) -> bool:
        """Let a node do one thing; return whether it did anything."""
        if running.node.is_source:
            return self._act_as_source(running)
        if running.node.free:
            return self._follow(running)
        assert running.policy is not None
        step = running.policy.next()
        if step.call is not None and running.node.does[0] == "previous":
            return self._give_previous(running, step.call)
        if step.call is not None:
            self._call(running, step.call)
            return True
        return self._without_call(running, step)

    def _follow(self, running: Running) -> bool:
        """Let a free node do what the engine did, where that is allowed."""
        assert running.policy is not None
        name, done = running.node.name, len(running.calls)
        left = done < self.allowed.get(name, 0)
        if left:
            call = self.made[name][done]
            if running.policy.allows(call):
                self._call(running, call)
                return True
        step = running.policy.pause()
        return not (step.closes and left) and self._without_call(running, step)

    def _act_as_source(self, running: Running) -> bool:
        """S24: a source runs where those of lower layers have ended."""
        name, layer = running.node.name, running.node.layer
        lower = [o for o in self.nodes if o.node.is_source and o.node.layer < layer and o.state == "open"]
        if self.stopping and len(running.calls) >= self.allowed.get(name, 0):
            self._end(running)
            return True
        if lower or (self.cut and len(running.calls) >= self.allowed.get(name, 0)):
            return False
        self._call(running, Call(0, ()))
        return True

    def _call(self, running: Running, call: Call) -> None:
        """S8, S23: one call, then the outputs are settled as the offset promises; S56: none that nobody reads."""
        if running.node.name in self.resting:
            assert running.node.offset is not None
            self._raise_outputs(running, moved(call.time, running.node.offset))
            return
        running.calls.append(call)
        phase_time = None if running.node.is_source else call.time
        failed_before = any(fault.node == running.node.name for fault in self.faults)
        if failed_before:
            self._guarded(running, "process", phase_time, lambda: self._silently(running, call))
            return
        if running.node.offset is not None and not running.node.free:  # S9: there was nothing before it
            self._raise_outputs(running, moved(call.time - 1, running.node.offset))
        if not self._guarded(running, "process", phase_time, lambda: running.behaviour.process(*call)):
            return
        offset = running.node.offset
        if offset is not None and running.node.inputs:
            self._raise_outputs(running, moved(call.time, offset))

    def _dropped(self, emissions: list[Emission]) -> list[Emission]:
        """Return nothing instead of *emissions*."""
        return []

    def _silently(self, running: Running, call: Call) -> list[Emission]:
        """A call after one that failed may fail, too; what it emits is not released."""
        return self._dropped(running.behaviour.process(*call))

    def _give_previous(self, running: Running, call: Call) -> bool:
        """S20: emit what the loop had, or settle without a packet."""
        (name,) = running.node.outputs
        if call.values[0] is None:
            self._raise(name, settled_by(call.time))
        else:
            self._send(name, call.time, call.values[0])
        return True

    def _without_call(self, running: Running, step: Step) -> bool:
        """S9, S25: settle the outputs as far as the inputs are empty, or close."""
        if step.closes:
            self._end(running)
            return True
        offset = 0 if running.node.does[0] == "previous" else running.node.offset
        if offset is None:
            return False
        until = moved(step.empty_until, offset)
        return self._raise_outputs(running, until)

    def _raise_outputs(self, running: Running, until: int) -> bool:
        """Settle the outputs of a node; return whether that changed anything."""
        behind = [
            n for n in running.node.outputs if self.streams[n].settled < until and not self.streams[n].closed
        ]
        for name in behind:
            self._raise(name, until)
        return bool(behind)

    def _end(self, running: Running) -> None:
        """S25: close; outputs end with the node. Where that fails, what comes after is as if it had not."""
        self._guarded(running, "close", None, running.behaviour.close)
        running.state = "closed"
        for queue in running.queues:
            queue.waiting.clear()
        for name in running.node.outputs:
            self._close(name)

    def _guarded(self, running: Running, phase: str, time: int | None, call: Any) -> bool:
        """Call user code and take in what it emits; a node that fails does nothing more: S47."""
        try:
            self._emit(running, call())
        except BoomError:
            self.faults.append(Fault(running.node.name, phase, time, "BoomError"))
        except RefusedError as exc:
            self.faults.append(Fault(running.node.name, phase, time, str(exc)))
        else:
            return True
        parallel = running.node.in_flight > 1 or running.node.pure  # S18: later calls may run, and fail, before it
        if not (parallel and phase == "process"):
            running.state = "dead"
        return False

    def _emit(self, running: Running, emissions: list[Emission]) -> None:
        for word, *rest in emissions:
            if word == "stop":
                self._stop(running)
                continue
            name = running.node.outputs[rest[0]]
            if word == "packet":
                self._send(name, rest[1], rest[2])
            elif word == "bound":
                self._own_bound(name, rest[1] - 1)
            else:
                self._close(name)

    def _stop(self, running: Running) -> None:
        """S23: STOP from a source ends it, from any other node it ends all sources."""
        if running.node.is_source:
            self._end(running)
        else:
            self.stopping = True

    def _send(self, name: str, time: int, value: Any) -> None:
        """S3, S10: a packet at a time that is settled is refused."""
        stream = self.streams[name]
        if time <= stream.settled:
            raise RefusedError("StreamClosedError" if stream.closed else "TimestampMismatchError")
        stream.packets.append((time, value))
        stream.settled = settled_by(time)
        for running, queue in zip(stream.readers, stream.queues, strict=True):
            queue.settled = stream.settled
            if running.state not in ("closed", "unopened"):
                queue.waiting.append((time, value))
                if running.policy is not None:
                    running.policy.arrived()
        if name in self.graph.echoes:
            self._send(self.graph.echoes[name], time, value)

    def _own_bound(self, name: str, settled: int) -> None:
        """S7: a bound below the current one is refused."""
        if settled < self.streams[name].settled < POST_STREAM:
            raise RefusedError("TimestampError")
        self._raise(name, settled)

    def _raise(self, name: str, settled: int) -> None:
        stream = self.streams[name]
        stream.settled = max(stream.settled, settled)
        for queue in stream.queues:
            queue.settled = stream.settled

    def _close(self, name: str) -> None:
        self.streams[name].closed = True
        self._raise(name, CLOSED)
