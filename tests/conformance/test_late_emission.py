"""S10: what is emitted after the call has returned is refused where it is emitted."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from graphkit import Calculator, Input, Output, calculator
from graphkit.errors import GraphStateError, TimestampMismatchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.harness import MakeHarness
    from graphkit import CalculatorContext

kept: list[CalculatorContext] = []


class Keeper(Calculator):
    """Keeps its context, and emits what came."""

    number = Input(int)
    same = Output(int)

    def process(self, cc: CalculatorContext) -> None:
        kept.append(cc)
        self.same.send(cc, self.number(cc))


@calculator("LateLight")
class LateLight(Keeper):
    pass


@calculator("LateBlocking")
class LateBlocking(Keeper):
    blocking = True


@calculator("LatePure")
class LatePure(Keeper):
    blocking = True
    pure = True


DEEDS: dict[str, Callable[[CalculatorContext], None]] = {
    "was given a packet": lambda cc: cc.outputs[0].send(1, cc.input_timestamp),
    "was given a bound": lambda cc: cc.outputs[0].set_next_timestamp_bound(1000),
    "was closed": lambda cc: cc.outputs[0].close(),
}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("name", ["LateLight", "LateBlocking", "LatePure"])
def test_emitting_after_the_call(harness: MakeHarness, name: str, deed: str) -> None:
    """The error comes on the thread that emits; the run goes on as if nothing had been tried."""
    kept.clear()
    h = harness(
        'input_stream: "a" num_threads: 2'
        f' node {{ name: "late" calculator: "{name}" input_stream: "a" output_stream: "b" }}'
    )
    h.watch("b").start().push("a", (0, 0), (1, 1))
    h.graph.wait_until_idle(timeout=10)
    errors: list[GraphStateError] = []

    def emit() -> None:
        with pytest.raises(GraphStateError) as caught:
            DEEDS[deed](kept[0])
        errors.append(caught.value)

    thread = threading.Thread(target=emit)
    thread.start()
    thread.join(10)
    assert str(errors[0]) == (
        f'output stream "b" of node "late" {deed} when no call of the node was under way: open(), process() or '
        "close() had returned. Emit before it returns: wait there for the answer, with blocking = True; or make "
        "the node a source; or push the packet into a graph input stream from outside"
    )
    h.push("a", (2, 2)).finish()
    assert h.seen("b") == [(0, 0), (1, 1), (2, 2)]
    with pytest.raises(GraphStateError, match="when no call of the node was under way"):
        DEEDS[deed](kept[-1])


def test_a_parallel_call_that_is_over_emits_nothing_while_others_go_on(harness: MakeHarness) -> None:
    kept.clear()
    entered, go_on = threading.Semaphore(0), threading.Event()

    @calculator("LateParallel")
    class LateParallel(Keeper):
        blocking = True
        pure = True

        def process(self, cc: CalculatorContext) -> None:
            if cc.input_timestamp == 1:
                entered.release()
                assert go_on.wait(10)
            super().process(cc)

    h = harness(
        'input_stream: "a" executor { name: "x" type: "ThreadPoolExecutor" options {'
        " [mediapipe.ThreadPoolExecutorOptions.ext] { num_threads: 2 } } }"
        ' node { calculator: "LateParallel" input_stream: "a" output_stream: "b" executor: "x" }'
    )
    passed = threading.Event()
    h.graph.observe_output_stream("b", lambda packet: passed.set())
    h.watch("b").start().push("a", (0, 0), (1, 1))
    assert entered.acquire(timeout=10)
    assert passed.wait(10)
    with pytest.raises(GraphStateError, match="when no call of the node was under way"):
        kept[0].outputs[0].send(7, 7)
    go_on.set()
    h.finish()
    assert h.seen("b") == [(0, 0), (1, 1)]


@pytest.mark.parametrize(
    "waiting", [pytest.param("running", id="under way"), pytest.param("queued", id="scheduled")]
)
def test_a_late_packet_during_another_call_is_refused(harness: MakeHarness, waiting: str) -> None:
    """S10: it counts as emitted by that call, at a time that its own call has settled (S3, S8)."""
    kept.clear()
    entered, go_on = threading.Event(), threading.Event()

    def hold(number: int) -> None:
        if number == 1:
            entered.set()
            assert go_on.wait(10)

    @calculator("LateDuring")
    class LateDuring(Keeper):
        blocking = True

        def process(self, cc: CalculatorContext) -> None:
            if waiting == "running":
                hold(self.number(cc))
            super().process(cc)

    @calculator("LateNeighbour")
    class LateNeighbour(Keeper):
        blocking = True

        def process(self, cc: CalculatorContext) -> None:
            if waiting == "queued":
                hold(self.number(cc))

    h = harness(
        'input_stream: "a" num_threads: 1'
        ' node { calculator: "LateDuring" input_stream: "a" output_stream: "b" }'
        ' node { calculator: "LateNeighbour" input_stream: "a" output_stream: "c" }'
    )
    h.watch("b").start().push("a", (0, 0))
    h.graph.wait_until_idle(timeout=10)
    h.push("a", (1, 1))  # the neighbour is nearer to the outputs and comes first
    assert entered.wait(10)
    with pytest.raises(TimestampMismatchError, match=r'"b" from node "LateDuring"\. .* is 1 but received 0'):
        kept[0].outputs["", 0].send(7, 0)
    go_on.set()
    h.finish()
    assert h.seen("b") == [(0, 0), (1, 1)]
