"""What is ready to be called, in which order, and how much is not over yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graphkit import AnyType, Calculator, Input, Output, SameAs, Timestamp, calculator, config
from graphkit._runtime.build import build_state
from graphkit._runtime.tasks import CALLBACK, CLOSE, OPEN, PROCESS, Task, TaskKind
from graphkit.framework import Executor, WaitingThreadExecutor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from graphkit import CalculatorContext
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
    """S32: openings, closings, then the nodes nearest to the outputs; the program's callback before all."""
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
        (OPEN, "one"), (OPEN, "two"), (OPEN, "three"), (CLOSE, "two"),
        (PROCESS, "three"), (PROCESS, "two"), (PROCESS, "one"),
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


SLOW = """
    input_stream: "in"
    node { name: "first" calculator: "PassThroughCalculator" input_stream: "in" output_stream: "a" }
    node { name: "model" calculator: "ReadySlow" input_stream: "a" output_stream: "b" }
    node { name: "after" calculator: "ReadySlow" input_stream: "b" output_stream: "c" }
    node { name: "other" calculator: "PassThroughCalculator" input_stream: "in" output_stream: "d" }
    node { name: "beside" calculator: "ReadySlow" input_stream: "d" output_stream: "e" }
    node { name: "joins" calculator: "ReadyBoth" input_stream: "b" input_stream: "in" output_stream: "f" }
    node { name: "late" calculator: "PassThroughCalculator" input_stream: "in" output_stream: "g" }
"""


@calculator("ReadySlow")
class Slow(Calculator):
    blocking = True
    taken: Input[Any] = Input(AnyType)
    made: Output[Any] = Output(SameAs(taken))

    def process(self, cc: CalculatorContext) -> None:
        """Emit nothing."""


@calculator("ReadyBoth")
class Both(Calculator):
    blocking = True
    taken: Input[Any] = Input(AnyType)
    too: Input[Any] = Input(AnyType)
    made: Output[Any] = Output(SameAs(taken))

    def process(self, cc: CalculatorContext) -> None:
        """Emit nothing."""


@pytest.fixture
def waited_for() -> Iterator[GraphState]:
    """A run whose program waits for it, on two threads."""
    executor = WaitingThreadExecutor(2)
    state = build_state(config.load(SLOW), {"": executor}, [])
    state.ready.waiting.add(1)
    yield state
    executor.shutdown()


def called(state: GraphState, waiting: Sequence[str], *, worker: bool = True) -> list[str]:
    """Return which of the waiting nodes a worker, or else a thread of the program, calls, in this order."""
    nodes, ready = {node.name: node for node in state.nodes}, state.ready
    for name in waiting:
        ready.schedule(task(PROCESS, nodes[name]))
    order = []
    while (found := ready.next(ready.default if worker else None)) is not None:
        order.append(found.node.name)
    return order


@pytest.mark.parametrize(
    ("waiting", "busy", "first"),
    [
        pytest.param(["other", "model"], 0, "model", id="it leads to a call beside: another thread takes it"),
        pytest.param(["other", "model"], 1, "other", id="the other thread is in a blocking call"),
        pytest.param(["first", "model"], 0, "first", id="it only leads to the same calls"),
        pytest.param(["late", "model"], 0, "model", id="nothing slow waits for it"),
        pytest.param(
            ["late", "model"], 1, "model", id="nothing slow waits for it, and no other thread can take it"
        ),
        pytest.param(["late", "other", "model"], 1, "other", id="nothing slow waits for one of two"),
    ],
)
def test_a_worker_leaves_light_calls(waited_for: GraphState, waiting: list[str], busy: int, first: str) -> None:
    """S57."""
    default = waited_for.ready.default
    default.blocked = busy
    order = called(waited_for, waiting)
    assert (order[0], sorted(order)) == (first, sorted(waiting))
    assert default.blocked == busy + 1


def test_it_leaves_none_of_an_earlier_time(waited_for: GraphState) -> None:
    """S57."""
    nodes = {node.name: node for node in waited_for.nodes}
    nodes["model"].contexts[0].input_timestamp = Timestamp(20)
    nodes["late"].contexts[0].input_timestamp = Timestamp(10)
    assert called(waited_for, ["late", "model"]) == ["late", "model"]


def test_it_leaves_none_in_a_run_that_stops(waited_for: GraphState) -> None:
    """S48."""
    waited_for.ready.stopping = True
    assert called(waited_for, ["other", "model"]) == ["other", "model"]


def test_it_leaves_none_while_the_program_does_not_wait(waited_for: GraphState) -> None:
    """S29, S43."""
    waited_for.ready.waiting.clear()
    assert called(waited_for, ["other", "model"]) == ["other", "model"]


def test_a_pool_leaves_none() -> None:
    """S29, S43."""
    state = build_state(config.load(SLOW), {"": NoThreads()}, [])
    state.ready.default.width = 2
    state.ready.waiting.add(1)
    assert called(state, ["other", "model"]) == ["other", "model"]


@pytest.mark.parametrize(
    ("waiting", "taken"),
    [
        pytest.param(["other", "model"], [], id="it leads to a call beside"),
        pytest.param(["first", "model"], ["first"], id="it only leads to the same calls"),
    ],
)
def test_a_push_leaves_light_calls_to_the_wait(
    waited_for: GraphState, waiting: list[str], taken: list[str]
) -> None:
    """S57."""
    assert called(waited_for, waiting, worker=False) == taken


@pytest.mark.parametrize("kind", [OPEN, CLOSE])
def test_openings_and_closings_come_before_calls(waited_for: GraphState, kind: TaskKind) -> None:
    """S32."""
    nodes, ready = {node.name: node for node in waited_for.nodes}, waited_for.ready
    ready.schedule(task(PROCESS, nodes["other"]))
    ready.schedule(task(PROCESS, nodes["model"]))
    nodes["late"].contexts[0].input_timestamp = Timestamp.DONE
    ready.schedule(task(kind, nodes["late"]))
    found = ready.next(ready.default)
    assert found is not None
    assert (found.kind, found.node.name) == (kind, "late")


def test_the_earliest_time_comes_first(state: GraphState) -> None:
    """S32: frames in progress finish before new ones start."""
    for node, time in zip(state.nodes, (10, 30, 20), strict=True):
        node.contexts[0].input_timestamp = Timestamp(time)
        state.ready.schedule(task(PROCESS, node))
    order = [found.node.name for _ in range(3) if (found := state.ready.next(None)) is not None]
    assert order == ["one", "three", "two"]


def test_blocking_calls_do_not_go_by_time(waited_for: GraphState) -> None:
    """S32, S46: A loop's clock is not that of the frames."""
    nodes = {node.name: node for node in waited_for.nodes}
    nodes["model"].contexts[0].input_timestamp = Timestamp(1)
    nodes["after"].contexts[0].input_timestamp = Timestamp(1_000_000)
    assert called(waited_for, ["model", "after"]) == ["after", "model"]
