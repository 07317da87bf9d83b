"""What is ready to be called, in which order, and how much is not over yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graphkit import config
from graphkit._runtime.build import build_state
from graphkit._runtime.tasks import CALLBACK, CLOSE, OPEN, PROCESS, Task, TaskKind
from graphkit.framework import Executor

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit._runtime.node import Node
    from graphkit._runtime.state import GraphState


class NoThreads(Executor):
    def schedule(self, task: Callable[[], None]) -> None:
        raise AssertionError("nobody asks for threads")


@pytest.fixture
def state() -> GraphState:
    text = 'input_stream: "a"' + "".join(
        f' node {{ name: "{name}" calculator: "PassThroughCalculator" input_stream: "a" output_stream: "{name}" }}'
        for name in ("one", "two", "three")
    )
    return build_state(config.load(text), {"": NoThreads()}, [])


def task(kind: TaskKind, node: Node) -> Task:
    return Task(kind, node, node.contexts[0], node.process)


def test_the_order_of_tasks(state: GraphState) -> None:
    """S32: openings by number, then the nodes nearest to the outputs; the program's callback before all."""
    ready, nodes = state.ready, state.nodes
    for node in nodes:
        ready.schedule(task(PROCESS, node))
    ready.schedule(task(CLOSE, nodes[1]))
    for node in reversed(nodes):
        ready.schedule(task(OPEN, node))
    ready.schedule_callback(lambda _: None)
    assert ready.pending == 8
    order = []
    while (found := ready.next(None)) is not None:
        order.append((found.kind, found.node.name if found.kind is not CALLBACK else ""))
    assert order == [
        (CALLBACK, ""),
        (OPEN, "one"), (OPEN, "two"), (OPEN, "three"),
        (PROCESS, "three"), (PROCESS, "two"), (CLOSE, "two"), (PROCESS, "one"),
    ]  # fmt: skip
    assert ready.pending == 8, "a task that runs is not over"


def test_dropping_keeps_closings(state: GraphState) -> None:
    """S48."""
    ready, (one, two, _) = state.ready, state.nodes
    one.active = 1
    ready.schedule(task(PROCESS, one))
    ready.schedule(task(CLOSE, two))
    ready.drop()
    assert ready.pending == 1
    assert one.active == 0
    left = ready.next(None)
    assert left is not None
    assert (left.kind, left.node) == (CLOSE, two)


def test_starting_over_counts_only_who_is_in_a_call(state: GraphState) -> None:
    """S51: threads that were asked for before have nothing to do any more."""
    ready = state.ready
    queue = ready.default
    queue.workers, queue.workers_requested, epoch = 5, 3, queue.epoch
    ready.schedule(task(PROCESS, state.nodes[0]))
    ready.start_over([queue, None])
    assert (ready.pending, queue.workers, queue.workers_requested) == (2, 1, 0)
    assert queue.epoch == epoch + 1
    assert ready.stopping
    assert ready.next(None) is None
