"""What IDLE_CORES says from within a call, of a real run (S53)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import Calculator, CalculatorGraph, Input, Output, calculator
from graphkit._process.threads import Budget, set_budget
from graphkit.framework import IDLE_CORES, ApplicationThreadExecutor, Executor, WaitingThreadExecutor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit import CalculatorContext, CalculatorContract

ONE = """
input_stream: "in"
node { calculator: "IdleCoresTestNode" input_stream: "in" output_stream: "out" }
"""
TWO = f"""{ONE}
node {{ calculator: "IdleCoresTestNode" input_stream: "in" output_stream: "other" }}
"""


@calculator
class IdleCoresTestNode(Calculator):
    """Waits for *arrived* in all calls that are under way, then asks, and waits until all have asked."""

    blocking = True
    value = Input(int)
    told = Output(int)
    arrived: threading.Barrier
    asked: threading.Barrier

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        cc.use_service(IDLE_CORES, optional=True)

    def process(self, cc: CalculatorContext) -> None:
        IdleCoresTestNode.arrived.wait(60)
        idle: Any = cc.service(IDLE_CORES)
        self.told.send(cc, idle())
        IdleCoresTestNode.asked.wait(60)


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    set_budget(None)


def heard(graph: CalculatorGraph, *streams: str) -> list[int]:
    """Return the list that what these streams carry is added to."""
    found: list[int] = []
    for stream in streams:
        graph.observe_output_stream(stream, lambda packet: found.append(packet.payload))
    return found


def told(config: str, calls: int, budget: Budget, *, waits: bool = True) -> list[int]:
    """Return what the calls of one frame were told; with *waits* the program waits before they ask."""
    set_budget(budget)
    IdleCoresTestNode.arrived = threading.Barrier(calls + 1)
    IdleCoresTestNode.asked = threading.Barrier(calls + (not waits))
    graph = CalculatorGraph(config)
    found = heard(graph, *("out", "other")[:calls])
    with graph:
        graph.add_packet_to_input_stream("in", 1, 0)
        if waits:
            waiting = threading.Thread(target=graph.wait_until_idle)
            waiting.start()
            while not graph._current.run._sleepers.wakers:  # type: ignore[union-attr]
                waiting.join(0.001)
        IdleCoresTestNode.arrived.wait(60)
        if waits:
            waiting.join(60)
        else:
            IdleCoresTestNode.asked.wait(60)
    return found


@pytest.mark.parametrize(
    ("config", "calls", "cores", "idle"),
    [
        pytest.param(ONE, 1, 2, [1], id="one call, two cores"),
        pytest.param(ONE, 1, 8, [7], id="one call, eight cores"),
        pytest.param(ONE, 1, 1, [-1], id="one core"),
        pytest.param(TWO, 2, 2, [0, 0], id="two calls beside each other"),
        pytest.param(TWO, 2, 3, [1, 1], id="two calls, three cores"),
    ],
)
def test_cores_that_nobody_needs(config: str, calls: int, cores: int, idle: list[int]) -> None:
    assert told(config, calls, Budget(cores)) == idle


def test_a_program_that_does_something_else_needs_its_core() -> None:
    assert told(ONE, 1, Budget(2), waits=False) == [-1]


@pytest.mark.parametrize("kind", [ApplicationThreadExecutor, WaitingThreadExecutor])
def test_a_call_on_the_programs_own_thread(kind: type[Executor]) -> None:
    set_budget(Budget(2))
    IdleCoresTestNode.arrived, IdleCoresTestNode.asked = threading.Barrier(1), threading.Barrier(1)
    graph = CalculatorGraph(ONE)
    graph.set_executor("", kind())
    found = heard(graph, "out")
    with graph:
        graph.add_packet_to_input_stream("in", 1, 0)
        assert found == []
        graph.wait_until_idle()
    assert found == [1]


def test_a_call_beside_one_on_the_programs_own_thread() -> None:
    """The program waits, as its thread works meanwhile."""
    set_budget(Budget(2))
    IdleCoresTestNode.arrived, IdleCoresTestNode.asked = threading.Barrier(2), threading.Barrier(2)
    graph, executor = CalculatorGraph(TWO), WaitingThreadExecutor(2)
    graph.set_executor("", executor)
    found = heard(graph, "out", "other")
    with graph:
        graph.add_packet_to_input_stream("in", 1, 0)
        graph.wait_until_idle()
    executor.shutdown()
    assert found == [0, 0]


class HeldExecutor(Executor):
    """Keeps what it is to run, for the test to run."""

    def __init__(self) -> None:
        self.held: list[Callable[[], None]] = []

    def width(self) -> int:
        return 2

    def schedule(self, task: Callable[[], None]) -> None:
        self.held.append(task)


def test_a_thread_that_was_asked_for_and_finds_nothing_needs_no_core() -> None:
    set_budget(Budget(2))
    IdleCoresTestNode.arrived, IdleCoresTestNode.asked = threading.Barrier(1), threading.Barrier(1)
    executor = HeldExecutor()
    graph = CalculatorGraph(TWO)
    graph.set_executor("", executor)
    found = heard(graph, "out", "other")
    with graph:
        graph.add_packet_to_input_stream("in", 1, 0)
        waiting = threading.Thread(target=graph.wait_until_idle)
        waiting.start()
        while len(executor.held) < 2 or not graph._current.run._sleepers.wakers:  # type: ignore[union-attr]
            waiting.join(0.001)
        late = executor.held.pop()
        while executor.held:
            executor.held.pop()()  # runs both nodes: the other thread has not begun
        late()
        waiting.join(10)
        assert found == [0, 1]
        executor.schedule = lambda task: threading.Thread(target=task).start()  # type: ignore[method-assign]


def test_a_number_of_threads_that_somebody_chose_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHKIT_INFERENCE_THREADS", "1")
    monkeypatch.setenv("GRAPHKIT_THREADS", "2")
    assert told(ONE, 1, Budget.from_environment()) == [-1]


def test_what_the_program_lends_comes_first() -> None:
    set_budget(Budget(2))
    IdleCoresTestNode.arrived, IdleCoresTestNode.asked = threading.Barrier(1), threading.Barrier(1)
    graph = CalculatorGraph(ONE)
    graph.set_service(IDLE_CORES, lambda: 5)
    found = heard(graph, "out")
    with graph:
        graph.add_packet_to_input_stream("in", 1, 0)
    assert found == [5]
