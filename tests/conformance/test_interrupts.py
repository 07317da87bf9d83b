"""S51: whatever a signal raises, wherever it lands in the engine, ends the run and reaches the caller.

A profile function raises after each call that the engine makes, one after another, and at the entry of each of its
functions: those are the places where the interpreter looks for signals. Two are left out: what is raised while a
generator is dropped goes nowhere, and what is raised at the entry of ``__exit__`` leaves any ``with`` block open.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from inspect import CO_GENERATOR
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import graphkit
from graphkit import AnyType, Calculator, CalculatorGraph, Input, Output, SameAs, Status, calculator
from graphkit.errors import CancelledError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from conformance.harness import Script
    from graphkit import CalculatorContext

ENGINE = str(Path(graphkit.__file__).parent)
calls: Counter[tuple[str, str]] = Counter()


class Interrupt(BaseException):
    """What a handler of the program raises."""


class Counted(Calculator):
    """Passes its input on; opening counts once it is over, closing as soon as it is called."""

    source = Input[Any](AnyType)
    copy = Output[Any](SameAs(source))

    def open(self, cc: CalculatorContext) -> None:
        calls[cc.node_name, "open"] += 1

    def process(self, cc: CalculatorContext) -> None:
        self.copy.send(cc, self.source(cc))

    def close(self, cc: CalculatorContext) -> None:
        calls[cc.node_name, "close"] += 1


@calculator("InterruptedLight")
class Light(Counted):
    pass


@calculator("InterruptedBlocking")
class Blocking(Counted):
    blocking = True


@calculator("InterruptedSource")
class Source(Calculator):
    number = Output(int)

    def open(self, cc: CalculatorContext) -> None:
        calls[cc.node_name, "open"] += 1
        self._next = 0

    def process(self, cc: CalculatorContext) -> Status | None:
        if self._next == 5:
            return Status.STOP
        self.number.send(cc, self._next, self._next)
        self._next += 1
        return None

    def close(self, cc: CalculatorContext) -> None:
        calls[cc.node_name, "close"] += 1


def nodes(*names: str, executor: str = "") -> str:
    return "".join(
        f' node {{ calculator: "Interrupted{name}" input_stream: "s{i}" output_stream: "s{i + 1}" '
        f'executor: "{executor}" }}'
        for i, name in enumerate(names)
    )


GRAPHS = {
    "light": 'input_stream: "s0"' + nodes("Light", "Light"),
    "blocking": 'input_stream: "s0" num_threads: 2' + nodes("Blocking", "Light", "Blocking"),
    "full queues": 'input_stream: "s0" max_queue_size: 1' + nodes("Blocking", "Light"),
    "application": 'input_stream: "s0" executor { name: "x" type: "ApplicationThreadExecutor" }'
    + nodes("Blocking", "Light", executor="x"),
    "waiting": 'input_stream: "s0" executor { type: "WaitingThreadExecutor" }' + nodes("Blocking", "Light"),
    "stuck join": """
        input_stream: "s0" input_stream: "late" max_queue_size: 1
        node { calculator: "PassThroughCalculator" input_stream: "s0" input_stream: "late"
               output_stream: "s1" output_stream: "s2" }
    """,
}


def feed(graph: CalculatorGraph) -> None:
    for stamp in range(3):
        graph.add_packet_to_input_stream("s0", stamp, stamp)
    graph.wait_until_idle(timeout=60)


def interrupted_at(place: int, act: Callable[[], None]) -> tuple[BaseException | None, str]:
    """Run *act* and raise Interrupt at the *place*-th look for signals in the engine; return what came out."""
    seen, where = 0, ""

    def profile(frame: FrameType, event: str, _: Any) -> None:
        nonlocal seen, where
        code = frame.f_code
        if not code.co_filename.startswith(ENGINE) or code.co_flags & CO_GENERATOR:
            return
        if event == "c_return" or (event == "call" and code.co_name != "__exit__"):
            seen += 1
            if seen == place:
                where = f"{code.co_qualname}:{frame.f_lineno}"
                raise Interrupt

    sys.setprofile(profile)
    try:
        act()
    except BaseException as exc:
        return exc, where
    finally:
        sys.setprofile(None)
    return None, where


def check_every_place(graph: CalculatorGraph, act: Callable[[], None]) -> int:
    """Interrupt *act* at every place, and see that the run ended, its nodes were closed, and another can begin."""
    place = 0
    while True:
        place += 1
        calls.clear()
        caught, where = interrupted_at(place, act)
        if not where:
            assert caught is None
            return place
        assert isinstance(caught, Interrupt), f"{where}: {caught!r}"
        assert graph.is_over(), where
        for (node, phase), count in calls.items():
            assert phase == "close" or count == calls[node, "close"] == 1, f"{where}: {node} {calls}"
        with graph:
            pass


@pytest.mark.parametrize("kind", GRAPHS)
def test_an_interrupt_anywhere_ends_the_run(kind: str) -> None:
    graph = CalculatorGraph(GRAPHS[kind])
    seen: list[int] = []
    graph.observe_output_stream("s1", lambda packet: seen.append(packet.payload))

    def drive() -> None:
        with graph:
            feed(graph)

    assert check_every_place(graph, drive) > 100


def test_an_interrupt_while_a_poller_is_read() -> None:
    graph = CalculatorGraph(GRAPHS["light"])
    poller = graph.add_output_stream_poller("s2", max_queue_size=1)

    def drive() -> None:
        with graph:
            for stamp in range(3):
                graph.add_packet_to_input_stream("s0", stamp, stamp)
                packet = poller.next(timeout=60)
                assert packet is not None
                assert packet.payload == stamp

    assert check_every_place(graph, drive) > 100


def test_an_interrupt_while_an_observer_pushes() -> None:
    graph = CalculatorGraph('input_stream: "s0" input_stream: "back"' + nodes("Light", "Light"))
    graph.observe_output_stream("s2", lambda p: graph.add_packet_to_input_stream("back", p, int(p.timestamp)))

    def drive() -> None:
        with graph:
            feed(graph)

    assert check_every_place(graph, drive) > 100


@pytest.mark.parametrize(
    "callback", [pytest.param(False, id="no error callback"), pytest.param(True, id="error callback")]
)
def test_an_interrupt_in_a_graph_that_feeds_itself(callback: bool) -> None:
    graph = CalculatorGraph('node { calculator: "InterruptedSource" output_stream: "s0" }' + nodes("Light"))
    told: list[BaseException] = []
    if callback:
        graph.set_error_callback(told.append)
    assert check_every_place(graph, graph.run) > 50
    assert told or not callback
    assert all(isinstance(error, Interrupt | CancelledError) for error in told)


def test_an_interrupt_while_leaving_the_block_ends_the_run(script: type[Script]) -> None:
    """S50: Ctrl-C while the block waits for the rest: what is left is given up."""
    began, go_on = threading.Event(), threading.Event()

    def wait(cc: CalculatorContext) -> None:
        began.set()
        assert go_on.wait(60)

    graph = CalculatorGraph("""
        input_stream: "a" input_side_packet: "s"
        node { calculator: "ConfBlocking" input_stream: "a" input_side_packet: "SCRIPT:s" }
    """)
    s = script(process=wait)

    def leave() -> None:
        graph.start_run({"s": s})
        with graph:
            graph.add_packet_to_input_stream("a", 1, 1)
            assert began.wait(60)
            sys.setprofile(interrupt_in_the_wait)

    def interrupt_in_the_wait(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_name == "wait_for":
            go_on.set()
            raise Interrupt

    with pytest.raises(Interrupt):
        leave()
    sys.setprofile(None)
    assert graph.is_over()
    assert s.calls == ["open", "process", "close"]


def test_an_interrupted_wait_leaves_the_run_alone() -> None:
    """S51: nothing of the engine was half done; the program may wait again."""
    graph = CalculatorGraph(GRAPHS["light"])
    seen: list[int] = []
    graph.observe_output_stream("s2", lambda packet: seen.append(packet.payload))
    graph.start_run()

    def interrupt_in_the_wait(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_name == "wait_for":
            raise Interrupt

    sys.setprofile(interrupt_in_the_wait)
    with pytest.raises(Interrupt):
        graph.wait_until_idle()
    sys.setprofile(None)
    assert not graph.is_over()
    feed(graph)
    graph.close_all_input_streams()
    graph.wait_until_done(timeout=60)
    assert seen == [0, 1, 2]
