"""explain() of random graphs at rest: node, stream, bound and packets are those of the reference interpreter."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import CalculatorGraph, Timestamp
from graphkit.errors import GraphkitError
from reference_interpreter import Interpreter
from reference_interpreter.times import UNSTARTED, moved
from robustness.engine_config import config_of
from robustness.engine_nodes import Book
from robustness.engine_programs import random_program
from robustness.program import Record

if TYPE_CHECKING:
    from graphkit.insight import Explanation
    from reference_interpreter import Call
    from reference_interpreter.interpreter import Running
    from robustness.program import Program

Stall = tuple[str, str, int, tuple[tuple[str, int], ...]]
SETTINGS_THAT_FAIL = ("raise_at", "raise_open", "raise_close", "bad")


def stalls_of(explanation: Explanation) -> set[Stall]:
    """Return (node, stream, bound, packets) of all that explain() says of nodes that wait."""
    return {
        (found.node, found.stream, int(found.bound or 0), tuple(sorted(found.packets.items())))
        for found in explanation.stalled
        if not found.node.startswith("observer")
    }


def stalls_by_the_rules(model: Interpreter) -> set[Stall]:
    """Return the same by the rules: S12, S14, S15."""
    found: set[Stall] = set()
    for running in model.nodes:
        names = running.node.inputs
        packets: dict[str, int] = {}
        for name, queue in zip(names, running.queues, strict=True):
            if count := undecided(running, queue):
                packets[name] = max(packets.get(name, 0), count)
        if running.state == "open" and packets:
            held = tuple(sorted(packets.items()))
            for i in awaited(running):
                found.add((running.node.name, names[i], running.queues[i].settled + 1, held))
    return found


def undecided(running: Running, queue: Any) -> int:
    """Return how many packets of a queue may still be processed; a Mux loses those that nothing selects: S15."""
    select = running.queues[-1]
    if running.node.policy != "Mux" or queue is select or select.waiting:
        return len(queue.waiting)
    return sum(time > select.settled for time, _ in queue.waiting)


def awaited(running: Running) -> list[int]:
    """Return the inputs that keep a node from the packets that it has."""
    policy, queues = running.node.policy, running.queues
    if policy == "Immediate":
        return []
    if policy == "SyncSet":
        return [i for one in running.policy.sets for i in behind(queues, one)]  # type: ignore[union-attr]
    if policy == "Barrier":
        return [i for i, queue in enumerate(queues) if not queue.waiting]
    if policy == "Mux":
        return awaited_by_mux(queues)
    if policy == "TimestampAlign":
        return awaited_by_align(running)
    return behind(queues, list(range(len(queues))))


def behind(queues: list[Any], among: list[int]) -> list[int]:
    """S12: those that are empty and not settled at the time of the first packet."""
    heads = [queues[i].head for i in among if queues[i].waiting]
    return [i for i in among if heads and not queues[i].waiting and queues[i].settled < min(heads)]


def awaited_by_mux(queues: list[Any]) -> list[int]:
    """S15: SELECT, then the one that it names."""
    *_, select = queues
    if not select.waiting:
        return [len(queues) - 1]
    time, chosen = select.waiting[0]
    queue = queues[chosen]
    return [chosen] if not queue.waiting and queue.settled < time else []


def awaited_by_align(running: Running) -> list[int]:
    """S15: the base alone at first, then all, each moved by its distance."""
    policy: Any = running.policy
    if policy.distances is None:
        return [] if policy.base.waiting else [running.queues.index(policy.base)]
    pairs = list(zip(running.queues, policy.distances, strict=True))
    first = min(moved(queue.head, offset) for queue, offset in pairs if queue.waiting)
    return [
        i for i, (queue, offset) in enumerate(pairs) if not queue.waiting and moved(queue.settled, offset) < first
    ]


def explained(program: Program) -> tuple[Explanation, dict[str, list[Call]]] | None:
    """Return what explain() says after the first epoch, and the calls made; None where the run is over by then."""
    graph, record = CalculatorGraph(config_of(program.graph)), Record()
    try:
        graph.start_run({"book": Book(program, record)})
        for word, *rest in program.epochs[0]:
            if word == "push":
                graph.add_packet_to_input_stream(rest[0], rest[2], Timestamp.from_raw(rest[1]))
            elif word == "bound":
                graph.set_input_stream_timestamp_bound(rest[0], rest[1])
            else:
                graph.close_input_stream(rest[0])
        graph.wait_until_idle(20)
        explanation = graph.explain()
    except GraphkitError:
        return None
    finally:
        graph.cancel_quietly()
    return (explanation, record.calls) if explanation.state == "idle" else None


def is_plain(program: Program) -> bool:
    """Whether the program goes wrong nowhere, and its first epoch is made of pushes, bounds and ends alone."""
    words = {action[0] for action in program.epochs[0]} if program.epochs else {"nothing"}
    fails = any(word in node.does[1] for node in program.graph.nodes for word in SETTINGS_THAT_FAIL)
    guesses = any(node.forwards for node in program.graph.nodes)
    return words <= {"push", "bound", "close"} and not fails and not guesses and not program.graph.echoes


@pytest.mark.parametrize("first", range(0, 600, 100))
def test_random_stalled_graphs(first: int) -> None:
    compared = 0
    for seed in range(first, first + 100):
        program = random_program(random.Random(seed))
        program.graph.report_deadlock = False  # it ends runs that stall
        found = explained(program) if is_plain(program) else None
        if found is None:
            continue
        explanation, calls = found
        made = {node.name: calls.get(node.name, []) for node in program.graph.nodes}
        made = {
            node.name: sorted(made[node.name], key=lambda call: call.time) if node.in_flight > 1 or node.pure
            else made[node.name]
            for node in program.graph.nodes
        }  # fmt: skip
        model = Interpreter(program.graph, made, random.Random(seed))
        model.open()
        for word, *rest in program.epochs[0]:
            getattr(model, word)(*rest)
        expected = stalls_by_the_rules(model)
        assert stalls_of(explanation) == expected, f"seed {seed}\n{explanation}"
        compared += len(expected)
    assert compared >= 15


def test_the_comparison_would_notice() -> None:
    """A wrong bound, a missing node and a packet too many are differences."""
    stall: Stall = ("n", "s", UNSTARTED + 1, (("a", 1),))
    assert {stall} != {("n", "s", UNSTARTED + 2, (("a", 1),))} != set()
