"""Compares what the engine did with what the reference interpreter says."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from graphkit.errors import CalculatorError, CancelledError, DeadlockError
from reference_interpreter import Interpreter
from reference_interpreter.interpreter import Fault

if TYPE_CHECKING:
    from reference_interpreter import Call, Node
    from robustness.program import Action, Program, Record, Snapshot


def judge(program: Program, record: Record) -> list[str]:
    """Return what is wrong with *record*; nothing where the rules allow all of it."""
    judgement = Judgement(program, record)
    judgement.carry_out()
    return [*record.complaints, *judgement.objections]


class Judgement:
    """The interpreter at work on what the engine did, and what it has to say to it."""

    def __init__(self, program: Program, record: Record) -> None:
        self.program, self.record = program, record
        self.objections: list[str] = []
        self.may_fail: set[Fault] = set()
        self.cancelled = False
        self.stuck: set[str] = set()
        self.must_report = False
        self.settled: int | None = None
        self.epoch = 0
        self.made = {node.name: self._log(node) for node in program.graph.nodes if node.does[0] != "previous"}
        first = record.snapshots[0].calls if record.snapshots else None
        read = {
            *program.observed,
            *program.bounds_observed,
            *program.together,
            *program.pollers,
            *program.graph.echoes,
        }
        self.model = Interpreter(program.graph, self.made, random.Random(program.seed), first, read)

    def carry_out(self) -> None:
        """Compare all of it."""
        self.model.cut |= self.program.cuts_sources
        self.model.open()
        self._note_faults()
        never_began = any(fault.phase == "open" for fault in self.may_fail)
        for number, epoch in enumerate([] if never_began else self.program.epochs):
            self.epoch = number
            self._carry_out_epoch(epoch, self._snapshot(number))
            # A reader that holds up sources may let the fault come after more was fed.
            if (self.may_fail and self.program.comes_to_rest) or self.cancelled:
                break
            if self._reported and number == self.record.epoch:
                break
        if self.cancelled and self.record.error is None and self.model.finished:
            self.cancelled = False  # it came too late
        if not self.may_fail and not self.cancelled and not self._reported:
            self.epoch = len(self.program.epochs)
            self._carry_out_end()
        if self.may_fail or self.cancelled or self._reported or self.must_report:
            self._judge_failure()
        else:
            self._judge_success()

    def _snapshot(self, number: int) -> Snapshot | None:
        snapshots = self.record.snapshots
        return snapshots[number] if number < len(snapshots) else None

    def _log(self, node: Node) -> list[Call]:
        calls = self.record.calls.get(node.name, [])
        parallel = node.in_flight > 1 or node.pure
        return sorted(calls, key=lambda call: call.time) if parallel else calls

    # -- what the program does -------------------------------------------------------------------------

    def _carry_out_epoch(self, epoch: list[Action], snapshot: Snapshot | None) -> None:
        counts = {name: len(calls) for name, calls in self.made.items()} if snapshot is None else snapshot.calls
        self.model.until(counts)
        for action in epoch:
            self._note_stuck(action)
            self._act(action)
            self._note_faults()
            if (self.cancelled and not self.program.threads) or (self.may_fail and self.program.light):
                return
        if self.may_fail or self.cancelled:
            return
        rests = snapshot is not None and self.record.error is None
        left = self.model.rest() if rests else []
        self.objections += [f"idle after epoch {self.epoch}: {one}" for one in left]
        if self.model.finished:
            self._finish()
        if snapshot is not None and rests and not self.may_fail:
            self._judge_rest(snapshot)

    def _act(self, action: Action) -> None:
        word, *rest = action
        model = self.model
        if word == "push":
            model.push(*rest)
        elif word == "bound":
            model.bound(*rest)
        elif word == "close":
            model.close(rest[0])
        elif word == "stop sources":
            self._stop_sources()
        else:
            self.cancelled = True

    @property
    def _reported(self) -> bool:
        return isinstance(self.record.error, DeadlockError)

    def _note_stuck(self, action: Action) -> None:
        """S40: a full queue may be reported from now on; it must be where a push waits and nothing else moves."""
        if not self.program.graph.report_deadlock:
            return
        self.stuck |= self.model.full()
        if self.program.light and action[0] == "push" and action[1] in self.model.held_back():
            self.must_report = True

    def _may_report(self, stream: str) -> bool:
        """Whether a queue of *stream* may have been full while nothing moved."""
        if not self.program.graph.report_deadlock:
            return False
        limit = self.program.graph.max_queue_size or 0
        return stream in self.stuck or (
            not self.program.light and len(self.model.streams[stream].packets) >= limit
        )

    def _stop_sources(self) -> None:
        for name in self.program.graph.inputs:
            self.model.close(name)
        self.model.stop_sources()

    def _carry_out_end(self) -> None:
        self.model.until({name: len(calls) for name, calls in self.made.items()})
        if self.program.leaves:
            self._stop_sources()
        fed = self.program.graph.echoes.values()
        for name in sorted(self.program.graph.inputs, key=lambda name: name in fed):
            self.model.close(name)
        self._note_faults()
        if not self.may_fail:
            self.objections += [f"in the end {left}" for left in self.model.rest()]
            self._finish()

    def _finish(self) -> None:
        """Let the run end; what an observer of several streams sees ends before."""
        if self.settled is None:
            self.settled = min((self.model.streams[name].settled for name in self.program.together), default=0)
        self.model.finish()
        self._note_faults()

    def _note_faults(self) -> None:
        self.may_fail.update(self.model.faults)
        if self.program.observer_fails is not None:
            name, count = self.program.observer_fails
            packets = self.model.streams[name].packets
            if len(packets) >= count:
                self.may_fail.add(Fault(f"observer of {name}", "process", packets[count - 1][0], "ObserverError"))

    # -- what came of it -------------------------------------------------------------------------------

    def _judge_rest(self, snapshot: Snapshot) -> None:
        """Compare a moment at which the graph was idle."""
        where = f"idle after epoch {self.epoch}"
        for running in self.model.nodes:
            node, found = running.node, snapshot.calls.get(running.node.name)
            if node.does[0] != "previous" and not self._may_guess(node) and found != len(running.calls):
                self.objections.append(f"{where}: {node.name} had {found} calls, expected {len(running.calls)}")
        for name, stream in self.model.streams.items():
            if snapshot.bounds[name] != stream.settled + 1:
                bounds = f"{snapshot.bounds[name]}, expected {stream.settled + 1}"
                self.objections.append(f"{where}: the bound of {name} is {bounds}")
            if name in self.program.observed and snapshot.seen.get(name, 0) != len(stream.packets):
                seen = f"{snapshot.seen.get(name, 0)} packets of {name}, expected {len(stream.packets)}"
                self.objections.append(f"{where}: observers saw {seen}")

    def _may_guess(self, node: Node) -> bool:
        """Whether a node may be called ahead of time, for packets that never come: S36."""
        return node.pure and any(other.forwards for other in self.program.graph.nodes)

    def _judge_success(self) -> None:
        record = self.record
        if record.error is not None:
            self.objections.append(f"failed with {record.error!r}, expected to end well")
        if record.told:
            self.objections.append(f"the error callback was called with {record.told}")
        for running in self.model.nodes:
            if running.node.does[0] != "previous":
                self._compare_calls(running.node, running.calls)
                self._compare_life(running.node, 1, 1)
        for name, stream in self.model.streams.items():
            if name in self.program.observed:
                self._compare(f"observers of {name}", record.seen.get(name, []), stream.packets)
            if name in self.program.pollers:
                self._compare(f"the poller of {name}", record.polled.get(name, []), stream.packets)
        self._compare_bounds(complete=True)
        if self.program.together:
            self._compare("observed together", record.sets, self._sets())

    def _judge_failure(self) -> None:
        record = self.record
        error = record.error
        self._judge_error(error)
        if error is not None and record.told != [error]:
            self.objections.append(f"the error callback was called with {record.told}, expected {error!r} once")
        failed_open = {fault.node for fault in self.may_fail if fault.phase == "open"}
        for running in self.model.nodes:
            node = running.node
            if node.does[0] != "previous":
                self._compare_prefix(f"calls of {node.name}", self.made[node.name], running.calls, node)
                opened = record.opened[node.name]
                closed = 0 if node.name in failed_open else opened
                self._compare_life(node, min(opened, 1), closed)
        for name, stream in self.model.streams.items():
            self._compare_prefix(f"observers of {name}", record.seen.get(name, []), stream.packets)
            self._compare_prefix(f"the poller of {name}", record.polled.get(name, []), stream.packets)
        self._compare_bounds(complete=False)

    def _judge_error(self, error: BaseException | None) -> None:
        expected = sorted(map(str, self.may_fail)) + (["CancelledError"] if self.cancelled else [])
        expected += ["DeadlockError"] if self.must_report else []
        if isinstance(error, DeadlockError):
            self.stuck |= self.model.full()
            if not self._may_report(error.stream):
                self.objections.append(f"{error!r}, but no queue of {error.stream} can be full at rest")
            return
        if error is None:
            self.objections.append(f"ended well, expected {expected}")
        elif isinstance(error, CancelledError):
            if not self.cancelled:
                self.objections.append(f"{error!r} although nobody cancelled, expected {expected}")
        elif not isinstance(error, CalculatorError) or _fault_of(error) not in self.may_fail:
            self.objections.append(f"failed with {error!r}, expected {expected}")
        if error is not None and self.program.comes_to_rest and self.record.epoch != self.epoch:
            self.objections.append(f"failed in epoch {self.record.epoch}, expected in {self.epoch}")

    def _sets(self) -> list[tuple[int, tuple[Any, ...]]]:
        """S12 for what an observer of several streams sees."""
        by_stream = [dict(self.model.streams[name].packets) for name in self.program.together]
        times = sorted(time for time in set().union(*by_stream) if self.settled is None or time <= self.settled)
        return [(time, tuple(packets.get(time) for packets in by_stream)) for time in times]

    # -- comparing -------------------------------------------------------------------------------------

    def _compare(self, what: str, found: Any, expected: Any) -> None:
        if list(found) != list(expected):
            at = next((i for i, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b), None)
            at = min(len(found), len(expected)) if at is None else at
            first = f"{found[at : at + 2]}, expected {expected[at : at + 2]}"
            self.objections.append(f"{what}: {len(found)} instead of {len(expected)}; at {at} {first}")

    def _compare_prefix(self, what: str, found: Any, expected: Any, node: Node | None = None) -> None:
        parallel = node is not None and (node.in_flight > 1 or node.pure)
        if node is not None and self._may_guess(node):
            return
        self._compare(f"{what} (prefix)", found[: len(expected)] if parallel else found, expected[: len(found)])

    def _compare_calls(self, node: Node, expected: list[Call]) -> None:
        found = self.made[node.name]
        if self._may_guess(node):
            missing = Counter(expected) - Counter(found)
            if missing:
                self.objections.append(f"{node.name} was never called with {list(missing)[:3]}")
            return
        self._compare(f"calls of {node.name}", found, expected)

    def _compare_life(self, node: Node, opened: int, closed: int) -> None:
        found = (self.record.opened[node.name], self.record.closed[node.name])
        if found != (opened, closed):
            self.objections.append(f"{node.name} was opened and closed {found} times, expected {(opened, closed)}")
        if self.record.busiest[node.name] > node.in_flight and not node.pure:
            self.objections.append(f"{node.name}: {self.record.busiest[node.name]} calls at once")

    def _compare_bounds(self, *, complete: bool) -> None:
        """S44: what an observer of bounds sees increases; its packets are those of the stream."""
        for name in self.program.bounds_observed:
            seen = self.record.bounds_seen.get(name, [])
            times = [time for time, _ in seen]
            if any(a >= b for a, b in pairwise(times)):
                self.objections.append(f"observers of bounds of {name} saw {times}, which does not increase")
            packets = [(time, value) for time, value in seen if value is not None]
            expected = self.model.streams[name].packets
            self._compare(
                f"observers of bounds of {name}", packets, expected if complete else expected[: len(packets)]
            )


def _fault_of(error: CalculatorError) -> Fault:
    time = None if error.timestamp is None else int(error.timestamp)  # type: ignore[call-overload]
    return Fault(error.node, error.phase, time, type(error.cause).__name__)
