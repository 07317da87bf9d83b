"""S10: what is emitted after the call has returned is refused where it is emitted."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import Calculator, CalculatorContext, Input, Output, Packet, calculator
from graphkit._runtime import own_outputs
from graphkit.errors import GraphStateError, TimestampMismatchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.harness import Harness, MakeHarness

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
    h.graph.wait_until_idle(timeout=60)
    errors: list[GraphStateError] = []

    def emit() -> None:
        with pytest.raises(GraphStateError) as caught:
            DEEDS[deed](kept[0])
        errors.append(caught.value)

    thread = threading.Thread(target=emit)
    thread.start()
    thread.join(60)
    assert str(errors[0]) == (
        f'output stream "b" of node "late" {deed} when its call was over: open(), process() or close() '
        "had returned. Emit before it returns: wait there for the answer, with blocking = True; or make "
        "the node a source; or push the packet into a graph input stream from outside"
    )
    h.push("a", (2, 2)).finish()
    assert h.seen("b") == [(0, 0), (1, 1), (2, 2)]
    with pytest.raises(GraphStateError, match="when its call was over"):
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
                assert go_on.wait(60)
            super().process(cc)

    h = harness(
        'input_stream: "a" executor { name: "x" type: "ThreadPoolExecutor" options {'
        " [mediapipe.ThreadPoolExecutorOptions.ext] { num_threads: 2 } } }"
        ' node { calculator: "LateParallel" input_stream: "a" output_stream: "b" executor: "x" }'
    )
    passed = threading.Event()
    h.graph.observe_output_stream("b", lambda packet: passed.set())
    h.watch("b").start().push("a", (0, 0), (1, 1))
    assert entered.acquire(timeout=60)
    assert passed.wait(60)
    with pytest.raises(GraphStateError, match="when its call was over"):
        kept[0].outputs[0].send(7, 7)
    go_on.set()
    h.finish()
    assert h.seen("b") == [(0, 0), (1, 1)]


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize(
    "traits",
    [
        pytest.param({"blocking": True}, id="blocking"),
        pytest.param({"timestamp_offset": None}, id="no offset"),
        pytest.param({"timestamp_offset": -5}, id="negative offset"),
        pytest.param({"blocking": True, "pure": True}, id="parallel"),
    ],
)
def test_a_call_that_is_over_emits_nothing_in_the_name_of_the_next_one(
    harness: MakeHarness, traits: dict[str, object], deed: str
) -> None:
    """S10: not even at a time that is left open, nor at that of the other call."""
    late_during = calculator("LateDuring")(type("LateDuring", (Held,), traits))
    h, pusher = second_call(harness)
    with pytest.raises(GraphStateError, match="when its call was over"):
        DEEDS[deed](kept[0])
    with pytest.raises(GraphStateError, match="when its call was over"):
        late_during.same.send(kept[0], 7)
    Held.go_on.set()
    pusher.join(60)
    h.finish()
    assert h.seen("b") == [(0, 0), (1, 1)]


def test_a_late_packet_of_a_light_node_during_another_call_is_refused(harness: MakeHarness) -> None:
    """S10: it counts as emitted by that call, at a time that its own call has settled (S3, S8)."""
    calculator("LateDuring")(type("LateDuring", (Held,), {}))
    h, pusher = second_call(harness)
    with pytest.raises(TimestampMismatchError, match=r'"b" from node "LateDuring.*"\. .* is 1 but received 0'):
        kept[0].outputs["", 0].send(7, 0)
    Held.go_on.set()
    pusher.join(60)
    h.finish()
    assert h.seen("b") == [(0, 0), (1, 1)]


class Held(Keeper):
    """Its second call waits for the test."""

    entered: threading.Event
    go_on: threading.Event

    def process(self, cc: CalculatorContext) -> None:
        if self.number(cc) == 1:
            Held.entered.set()
            assert Held.go_on.wait(60)
        super().process(cc)


def second_call(harness: MakeHarness) -> tuple[Harness, threading.Thread]:
    """Return a graph whose second call is under way, on a thread of its own if it is light."""
    kept.clear()
    Held.entered, Held.go_on = threading.Event(), threading.Event()
    h = harness('input_stream: "a" node { calculator: "LateDuring" input_stream: "a" output_stream: "b" }')
    h.watch("b").start().push("a", (0, 0))
    h.graph.wait_until_idle(timeout=60)
    pusher = threading.Thread(target=h.push, args=("a", (1, 1)))
    pusher.start()
    assert Held.entered.wait(60)
    return h, pusher


def test_a_context_that_serves_again_keeps_no_packets(harness: MakeHarness) -> None:
    """S10, S36: those of a call ahead of time belong to no other context."""

    class Takes(Calculator):
        number = Input(object)
        same = Output(object)
        blocking = True

        def process(self, cc: CalculatorContext) -> None:
            pass

    class Payload:
        pass

    calculator("LateTakes")(Takes)
    h = harness('input_stream: "a" node { calculator: "LateTakes" input_stream: "a" output_stream: "b" }').start()
    (node,) = h.graph._current.run._state.nodes  # type: ignore[union-attr]
    context, payload = node.another_context(), Payload()
    context.inputs.packets[0] = Packet(payload, 5)
    reference = weakref.ref(payload)
    node.process(context)
    del context, payload
    assert reference() is None
    h.finish()


@pytest.mark.parametrize(
    ("part", "contexts"),
    [
        pytest.param(lambda cc: cc.outputs[0].send, 2, id="its send"),
        pytest.param(lambda cc: cc.outputs, 2, id="its outputs"),
        pytest.param(lambda cc: None, 1, id="nothing"),
    ],
)
def test_whoever_keeps_a_part_of_a_context_emits_nothing_in_the_name_of_a_later_call(
    harness: MakeHarness,
    monkeypatch: pytest.MonkeyPatch,
    part: Callable[[CalculatorContext], object],
    contexts: int,
) -> None:
    """S10: a context serves another call only if nothing of it was kept."""
    parts: list[Any] = []
    made: list[str] = []

    def make(name: str, *rest: Any) -> CalculatorContext:
        made.append(name)
        return CalculatorContext(name, *rest)

    monkeypatch.setattr(own_outputs, "CalculatorContext", make)

    class KeepsPart(LateBlocking):
        def process(self, cc: CalculatorContext) -> None:
            if self.number(cc) == 0:
                parts.append(part(cc))
            elif self.number(cc) == 3 and parts[0] is not None:
                send = parts[0] if callable(parts[0]) else parts[0][0].send
                with pytest.raises(GraphStateError, match="when its call was over"):
                    send(7, cc.input_timestamp)
            self.same.send(cc, self.number(cc))

    calculator("LateKeepsPart")(KeepsPart)
    h = harness('input_stream: "a" node { calculator: "LateKeepsPart" input_stream: "a" output_stream: "b" }')
    h.watch("b").start()
    for number in range(4):
        h.push("a", (number, number))
        h.graph.wait_until_idle()
    h.finish()
    assert h.seen("b") == [(number, number) for number in range(4)]
    assert len(made) == contexts
