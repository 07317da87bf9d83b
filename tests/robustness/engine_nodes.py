"""Calculators that do what a behaviour of the reference interpreter says, and write down how they were called."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, Any

from graphkit import Calculator, CalculatorContext, CalculatorContract, Status, Timestamp, calculator
from reference_interpreter import Call, behaviour_of

if TYPE_CHECKING:
    from reference_interpreter import Node
    from robustness.program import Program, Record

PAUSES_S = (0.0, 0.0, 0.0, 0.00002, 0.0001, 0.0003)


class Book:
    """What the nodes of one run share: what they are to do, and what they did."""

    def __init__(self, program: Program, record: Record) -> None:
        self.nodes = {node.name: node for node in program.graph.nodes}
        self.record = record
        self._dice = random.Random(program.seed)
        self._light_pauses_s = (0.0,) if program.light else (*[0.0] * 9, 0.00005)
        self._lock = threading.Lock()
        self._active: dict[str, int] = dict.fromkeys(self.nodes, 0)
        self._open: set[str] = set()
        self._after_error: dict[str, int] = {}
        for name in self.nodes:
            record.calls[name] = []

    def opens(self, name: str) -> None:
        """Note that a node opens."""
        with self._lock:
            self.record.opened[name] += 1

    def opened(self, name: str) -> None:
        """Note that it did."""
        self._open.add(name)

    def begins(self, name: str, call: Call) -> float:
        """Note that a call begins; return how long it should pause."""
        with self._lock:
            self.record.calls[name].append(call)
            self._active[name] += 1
            self.record.busiest[name] = max(self.record.busiest[name], self._active[name])
            self._look_at_rules(name)
            return self._dice.choice(PAUSES_S if self.nodes[name].blocking else self._light_pauses_s)

    def _look_at_rules(self, name: str) -> None:
        """Complain where the rules say that no call may begin now."""
        node, complaints = self.nodes[name], self.record.complaints
        if name not in self._open:
            complaints.append(f"{name} was called without being open")
        lower = [other.name for other in self.nodes.values() if other.is_source and other.layer < node.layer]
        if node.is_source and self._open.intersection(lower):
            complaints.append(f"{name} was called before sources of lower layers had ended")  # S24
        if self.record.told:
            self._after_error[name] = self._after_error.get(name, 0) + 1
            if self._after_error[name] > node.in_flight and not node.pure:  # S48: those that ran may still do
                complaints.append(f"{name} was called {self._after_error[name]} times after the error was told")

    def ends(self, name: str) -> None:
        """Note that a call ended."""
        with self._lock:
            self._active[name] -= 1

    def closes(self, name: str) -> None:
        """Note that a node closes."""
        with self._lock:
            self.record.closed[name] += 1
            if self._active[name]:
                self.record.complaints.append(f"{name} was closed while a call ran")
            self._open.discard(name)


class Scripted(Calculator):
    """Does what its node's behaviour says."""

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        for side in (cc.inputs, cc.outputs, cc.input_side_packets):
            for key in side:
                side[key].set_any()

    def open(self, cc: CalculatorContext) -> None:
        self.book: Book = cc.input_side_packets["BOOK"].payload
        self.node: Node = self.book.nodes[cc.node_name]
        self.behaviour = behaviour_of(self.node)
        self.book.opens(cc.node_name)
        if self.node.offset:
            cc.set_offset(self.node.offset)
        _play(cc, self.behaviour.open())
        self.book.opened(cc.node_name)

    def process(self, cc: CalculatorContext) -> Status | None:
        packets = list(cc.inputs)
        call = Call(int(cc.input_timestamp), tuple(packet.get_or(None) for packet in packets))
        pause = self.book.begins(cc.node_name, call)
        try:
            if pause:
                time.sleep(pause)
            if self.node.policy != "Barrier":
                self._check_times(call, packets)
            return _play(cc, self.behaviour.process(*call))
        finally:
            self.book.ends(cc.node_name)

    def close(self, cc: CalculatorContext) -> None:
        self.book.closes(cc.node_name)
        _play(cc, self.behaviour.close())

    def _check_times(self, call: Call, packets: list[Any]) -> None:
        wrong = [int(packet.timestamp) for packet in packets if packet and packet.timestamp != call.time]
        if wrong:
            self.book.record.complaints.append(f"{self.node.name} was given packets of {wrong} at {call.time}")


def _play(cc: CalculatorContext, emissions: list[tuple[Any, ...]]) -> Status | None:
    """Emit what a behaviour says."""
    status = None
    for word, *rest in emissions:
        if word == "packet":
            cc.outputs[rest[0]].send(rest[2], Timestamp.from_raw(rest[1]))
        elif word == "bound":
            cc.outputs[rest[0]].set_next_timestamp_bound(Timestamp.from_raw(rest[1]))
        elif word == "close":
            cc.outputs[rest[0]].close()
        else:
            status = Status.STOP
    return status


_made: set[str] = set()


def calculator_for(node: Node) -> str:
    """Return the name of a calculator with the traits of *node*; it is registered when first asked for."""
    if node.does[0] == "previous":
        return "PreviousLoopbackCalculator"
    traits = {
        "blocking": node.blocking,
        "pure": node.pure,
        "is_gate": node.forwards,
        "process_timestamp_bounds": node.sees_bounds,
    }
    name = "Scripted" + "".join(word.title() for word, is_so in traits.items() if is_so).replace("_", "")
    if node.offset is None:
        name += "Unpromising"
    if name not in _made:
        _made.add(name)
        own = {**traits, "timestamp_offset": None if node.offset is None else 0}
        calculator(name)(type(name, (Scripted,), own))
    return name
