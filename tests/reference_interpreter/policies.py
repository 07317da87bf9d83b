"""Input policies: what a node does with what waits at its inputs. Rules S11 to S17.

A policy looks at queues and answers with a `Step`. Those that the rules leave a choice (`Node.free`) are asked
whether a call that the engine made is one of the allowed ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from reference_interpreter.graphs import Call, Node
from reference_interpreter.times import MAX, MIN, NEVER, POST_STREAM, UNSTARTED, moved


@dataclass(eq=False)
class Queue:
    """What waits at an input: S37.

    Attributes:
        waiting: (time, value) pairs.
        settled: up to where the stream is settled: S5.
    """

    waiting: list[tuple[int, Any]] = field(default_factory=list)
    settled: int = UNSTARTED

    @property
    def done(self) -> bool:
        """Whether nothing waits and nothing can come."""
        return not self.waiting and self.settled >= POST_STREAM

    @property
    def head(self) -> int:
        """The time of the first packet that waits, later than anything where there is none."""
        return self.waiting[0][0] if self.waiting else NEVER

    def pop(self, time: int) -> Any:
        """Return and remove the packet at *time*, None where there is none."""
        return self.waiting.pop(0)[1] if self.head == time else None


class Step(NamedTuple):
    """What a node does next.

    Attributes:
        call: a call, None for none.
        closes: whether it closes.
        empty_until: where it does neither: up to where its inputs are settled and empty: S9.
    """

    call: Call | None = None
    closes: bool = False
    empty_until: int = UNSTARTED


def together(queues: list[Queue]) -> tuple[str, int]:
    """Return what synchronised queues can do: ("run", time), ("close", 0) or ("wait", empty until): S12."""
    first = min(queue.head for queue in queues)
    settled = min((queue.settled for queue in queues if not queue.waiting), default=NEVER)
    if first == NEVER and settled >= POST_STREAM:
        return ("close", 0)
    return ("run", first) if first <= settled else ("wait", min(first - 1, settled))


class Default:
    """S12."""

    def __init__(self, node: Node, queues: list[Queue]) -> None:
        self.node, self.queues = node, queues
        self.last = UNSTARTED

    def arrived(self) -> None:
        """Look at a packet that came."""

    def next(self) -> Step:
        """Return what the node does."""
        word, time = together(self.queues)
        if word == "run":
            return Step(self.take(time))
        return Step(closes=True) if word == "close" else Step(empty_until=time)

    def take(self, time: int) -> Call:
        """Take the packets at *time* out of the queues."""
        self.last = time
        return Call(time, tuple(queue.pop(time) for queue in self.queues))

    def allows(self, call: Call) -> bool:
        """Return whether the engine may make *call* now, which the queues then lose; for free nodes."""
        if all(value is None for value in call.values):
            return self._allows_bound(call.time)
        if together(self.queues) != ("run", call.time):
            return False
        return self.take(call.time) == call

    def _allows_bound(self, time: int) -> bool:
        """S16: a call for a time that is settled and empty, later than all before."""
        settled = min(queue.settled for queue in self.queues)
        first = min(queue.head for queue in self.queues)
        if not self.node.sees_bounds or not max(MIN, self.last + 1) <= time <= min(settled, first - 1, MAX):
            return False
        self.last = time
        return True

    def pause(self) -> Step:
        """Return what a free node does without a call: close, or tell what is empty before what waits."""
        word, time = together(self.queues)
        return Step(closes=word == "close", empty_until=time - (word == "run"))

    def rest(self) -> str:
        """Return what a free node has left undone, now that nothing moves any more; empty for nothing."""
        word, time = together(self.queues)
        if word == "run":
            return f"the packet at {time} waits"
        if word == "wait" and self.node.sees_bounds and min(time, MAX) > self.last and time >= MIN:
            return f"was called for {self.last}, not for {time}, up to which its inputs are settled"
        return ""


class EarlyClose(Default):
    """S15: the node closes with the first of its inputs."""

    def next(self) -> Step:
        """Return what the node does."""
        return Step(closes=True) if any(queue.done for queue in self.queues) else super().next()

    def pause(self) -> Step:
        """Return what the node does without a call."""
        return Step(closes=True) if any(queue.done for queue in self.queues) else super().pause()

    def rest(self) -> str:
        """Return what is left undone."""
        return "" if any(queue.done for queue in self.queues) else super().rest()


class Immediate(Default):
    """S13: every input for itself."""

    def pause(self) -> Step:
        """Return what the node does without a call."""
        if all(queue.done for queue in self.queues):
            return Step(closes=True)
        return Step(empty_until=min(min(queue.head - 1, queue.settled) for queue in self.queues if not queue.done))

    def allows(self, call: Call) -> bool:
        """Allow the heads of any inputs at one time; nothing where an input has ended."""
        taken = [queue for queue, value in zip(self.queues, call.values, strict=True) if value is not None]
        if not taken:
            return any(queue.done for queue in self.queues)
        found = tuple(
            queue.waiting[0][1] if queue in taken and queue.head == call.time else None for queue in self.queues
        )
        if found != call.values:
            return False
        for queue in taken:
            queue.pop(call.time)
        return True

    def rest(self) -> str:
        """Return what is left undone."""
        waits = [queue.head for queue in self.queues if queue.waiting]
        return f"the packet at {min(waits)} waits" if waits else ""


class SyncSet(Default):
    """S14: inputs of a set wait for each other, sets do not."""

    def __init__(self, node: Node, queues: list[Queue]) -> None:
        super().__init__(node, queues)
        named = [[int(i) for i in one] for one in node.policy_options["sets"]]
        others = [i for i in range(len(queues)) if not any(i in one for one in named)]
        self.sets = [*named, others] if others else named

    def pause(self) -> Step:
        """Return what the node does without a call."""
        found = [together([self.queues[i] for i in one]) for one in self.sets]
        waits = [time - (word == "run") for word, time in found if word != "close"]
        return Step(empty_until=min(waits)) if waits else Step(closes=True)

    def allows(self, call: Call) -> bool:
        """Allow all that one or more sets have at one time."""
        taken = [one for one in self.sets if any(call.values[i] is not None for i in one)]
        for one in taken:
            if together([self.queues[i] for i in one]) != ("run", call.time):
                return False
        found = [None] * len(self.queues)
        for i in (i for one in taken for i in one):
            found[i] = self.queues[i].pop(call.time)
        return bool(taken) and tuple(found) == call.values

    def rest(self) -> str:
        """Return what is left undone."""
        for one in self.sets:
            word, time = together([self.queues[i] for i in one])
            if word == "run":
                return f"the packet at {time} of set {one} waits"
        return ""


class Barrier(Default):
    """S15: the heads of all queues, whatever their times."""

    def next(self) -> Step:
        """Return what the node does."""
        if any(queue.done for queue in self.queues):
            return Step(closes=True)
        if all(queue.waiting for queue in self.queues):
            time = min(queue.head for queue in self.queues)
            return Step(Call(time, tuple(queue.waiting.pop(0)[1] for queue in self.queues)))
        return Step(empty_until=min(q.head - 1 if q.waiting else q.settled for q in self.queues))


class Mux(Default):
    """S15: the last input, SELECT, names the one that is waited for."""

    def next(self) -> Step:
        """Return what the node does."""
        *others, select = self.queues
        if not select.waiting:
            return Step(closes=True) if select.done else Step(empty_until=select.settled)
        time, chosen = select.waiting[0]
        for queue in others:
            while queue.head < time:
                queue.waiting.pop(0)
        if others[chosen].settled < time:
            return Step(empty_until=time - 1)
        values = [queue.pop(time) for queue in self.queues]
        return Step(Call(time, tuple(v if i in (chosen, len(others)) else None for i, v in enumerate(values))))


class FixedSize(Default):
    """S15: Default on short queues."""

    def __init__(self, node: Node, queues: list[Queue]) -> None:
        super().__init__(node, queues)
        self.trigger = node.policy_options.get("trigger_queue_size", 2)
        self.target = node.policy_options.get("target_queue_size", 1)
        self.dropped = UNSTARTED

    def arrived(self) -> None:
        """Drop all but the newest of a queue that is long enough, and what the others have at those times."""
        for queue in self.queues:
            if len(queue.waiting) >= self.trigger and len(queue.waiting) > self.target:
                self.dropped = max(self.dropped, queue.waiting[-self.target - 1][0])
        for queue in self.queues:
            while queue.head <= self.dropped:
                queue.waiting.pop(0)


class TimestampAlign(Default):
    """S15: streams whose clocks differ."""

    def __init__(self, node: Node, queues: list[Queue]) -> None:
        super().__init__(node, queues)
        self.base = queues[node.policy_options["base"]]
        self.distances: list[int] | None = [0] if len(queues) == 1 else None

    def next(self) -> Step:
        """Return what the node does: the base alone, until every stream has a packet waiting."""
        if self.distances is None and self.base.waiting and all(queue.waiting for queue in self.queues):
            self.distances = [self.base.head - queue.head for queue in self.queues]
        if self.distances is not None:
            return self._aligned(self.distances)
        if self.base.done:
            return Step(closes=True)
        if not self.base.waiting:
            return Step(empty_until=self.base.settled)
        time, value = self.base.waiting.pop(0)
        return Step(Call(time, tuple(value if queue is self.base else None for queue in self.queues)))

    def _aligned(self, distances: list[int]) -> Step:
        shifted = [
            Queue([(moved(t, d), v) for t, v in queue.waiting], moved(queue.settled, d))
            for queue, d in zip(self.queues, distances, strict=True)
        ]
        word, time = together(shifted)
        if word == "run":
            for queue, other in zip(self.queues, shifted, strict=True):
                if other.head == time:
                    queue.waiting.pop(0)
            return Step(Call(time, tuple(queue.pop(time) for queue in shifted)))
        return Step(closes=True) if word == "close" else Step(empty_until=time)


class Previous(Default):
    """S20: what the loop had for the main packet before; its calls stand for what is emitted."""

    def __init__(self, node: Node, queues: list[Queue]) -> None:
        super().__init__(node, queues)
        self.main, self.loop = queues
        self.before: int | None = None

    def next(self) -> Step:
        """Return a call with what the loop had, or how far there is nothing; it ends with the main stream."""
        if self.main.waiting:
            if self.before is not None and self.loop.settled < self.before:
                return Step()
            while self.loop.head < (NEVER if self.before is None else self.before) and self.loop.waiting:
                self.loop.waiting.pop(0)
            had = None if self.before is None else self.loop.pop(self.before)
            self.before, _ = self.main.waiting.pop(0)
            return Step(Call(self.before, (had,)))
        return Step(closes=True) if self.main.done else Step(empty_until=self.main.settled)


POLICIES: dict[str, type[Default]] = {
    "Default": Default,
    "EarlyClose": EarlyClose,
    "Immediate": Immediate,
    "SyncSet": SyncSet,
    "Barrier": Barrier,
    "Mux": Mux,
    "FixedSize": FixedSize,
    "TimestampAlign": TimestampAlign,
}


def policy_of(node: Node, queues: list[Queue]) -> Default:
    """Return the policy of a node: S11."""
    if node.does[0] == "previous":
        return Previous(node, queues)
    return POLICIES[node.policy](node, queues)
