"""Where the machine gives no more threads: a pool does with what it has, a run without any ends (S33, S48)."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import pytest

from graphkit.errors import ArgumentError, ExecutorError
from graphkit.framework import ThreadPoolExecutor

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.harness import MakeHarness, Script
    from graphkit import CalculatorContext

NODES = """
    input_stream: "a" num_threads: 3
    node { calculator: "ConfScripted" input_stream: "a" output_stream: "b" input_side_packet: "SCRIPT:s" }
    node { calculator: "ConfBlocking" input_stream: "b" output_stream: "c" input_side_packet: "SCRIPT:t" }
    node { calculator: "ConfBlocking" input_stream: "b" output_stream: "d" input_side_packet: "SCRIPT:t" }
"""


@pytest.fixture
def room_for(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """A function that lets so many threads of graphs start from now on, and no more."""
    start = threading.Thread.start

    def set_limit(left: int) -> None:
        def limited(thread: threading.Thread) -> None:
            nonlocal left
            if thread.name.startswith("graphkit"):
                if not left:
                    raise RuntimeError("can't start new thread")
                left -= 1
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", limited)

    return set_limit


def pass_on(cc: CalculatorContext) -> None:
    cc.outputs[0].add(cc.inputs[0])


def test_a_run_that_gets_no_thread_fails_and_closes_its_nodes(
    harness: MakeHarness, script: type[Script], room_for: Callable[[int], None]
) -> None:
    room_for(0)
    s, t = script(process=pass_on), script(process=pass_on)
    h = harness(NODES, s=s, t=t).start()
    h.push("a", (1, 1))
    with pytest.raises(ExecutorError) as caught:
        h.finish()
    assert str(caught.value) == ("the default executor did not take work on: RuntimeError: can't start new thread")
    assert caught.value.executor == ""
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert s.calls[-1] == "close"
    assert t.calls.count("open") == t.calls.count("close") == 2


def test_nodes_that_open_on_an_executor_without_threads(
    harness: MakeHarness, script: type[Script], room_for: Callable[[int], None]
) -> None:
    room_for(0)
    s = script(process=pass_on)
    h = harness(
        """
        input_stream: "a" executor { name: "x" type: "ThreadPoolExecutor" }
        node { calculator: "ConfScripted" input_stream: "a" output_stream: "b" input_side_packet: "SCRIPT:s" }
        node { calculator: "ConfScripted" input_stream: "b" input_side_packet: "SCRIPT:s" executor: "x" }
        """,
        s=s,
    )
    with pytest.raises(ExecutorError, match=r'^executor "x" did not take work on: RuntimeError: can'):
        h.start()
    assert s.calls == ["open", "close"]


class Once(ThreadPoolExecutor):
    """Takes one task on, and no other."""

    def schedule(self, task: Callable[[], None]) -> None:
        if self._threads:
            raise BufferError("no room")
        super().schedule(task)


def test_a_worker_that_finds_no_thread_for_another_executor(harness: MakeHarness, script: type[Script]) -> None:
    """The error comes up on a thread of the engine; the program hears of it, and nothing is left open."""
    s = script(process=pass_on)
    h = harness(
        """
        input_stream: "a" executor { name: "x" }
        node { calculator: "ConfBlocking" input_stream: "a" output_stream: "b" input_side_packet: "SCRIPT:s" }
        node { calculator: "ConfScripted" input_stream: "b" input_side_packet: "SCRIPT:s" executor: "x" }
        """,
        s=s,
    )
    once = Once(1)
    h.graph.set_executor("x", once)
    with pytest.raises(ExecutorError, match=r'^executor "x" did not take work on: BufferError: no room$'):
        h.start().push("a", (1, 1)).finish()
    once.shutdown()
    assert s.calls.count("open") == s.calls.count("close") == 2
    assert s.calls.count("process") == 1


def test_a_pool_goes_on_with_the_threads_it_has(
    harness: MakeHarness, script: type[Script], room_for: Callable[[int], None], caplog: pytest.LogCaptureFixture
) -> None:
    room_for(1)
    h = harness(NODES, s=script(process=pass_on), t=script(process=pass_on)).watch("c", "d").start()
    with caplog.at_level(logging.WARNING):
        h.push("a", *[(n, n) for n in range(200)]).finish()
    assert h.times("c") == h.times("d") == list(range(200))
    assert [r.getMessage() for r in caplog.records] in (
        [],
        ["graphkit goes on with 1 threads instead of 3: can't start new thread"],
    )


def test_a_pool_does_with_fewer_threads(room_for: Callable[[int], None], caplog: pytest.LogCaptureFixture) -> None:
    room_for(2)
    pool = ThreadPoolExecutor(4)
    done: list[int] = []
    gate = threading.Event()
    with caplog.at_level(logging.WARNING):
        for number in range(5):
            pool.schedule(lambda number=number: (gate.wait(60), done.append(number)))
    gate.set()
    pool.shutdown()
    for thread in list(pool._threads):
        thread.join(60)
    assert sorted(done) == [0, 1, 2, 3, 4]
    assert pool.width() == 2
    assert [r.getMessage() for r in caplog.records] == [
        "graphkit goes on with 2 threads instead of 4: can't start new thread"
    ]


def test_a_task_that_a_pool_could_not_take_is_not_kept(room_for: Callable[[int], None]) -> None:
    room_for(0)
    pool = ThreadPoolExecutor(2)
    ran: list[str] = []
    with pytest.raises(RuntimeError, match="can't start new thread"):
        pool.schedule(lambda: ran.append("refused"))
    room_for(1)
    done = threading.Event()
    pool.schedule(lambda: (ran.append("taken"), done.set()))
    assert done.wait(60)
    pool.shutdown()
    assert ran == ["taken"]


def test_a_negative_number_of_threads_is_refused() -> None:
    with pytest.raises(
        ArgumentError, match=r"^num_threads: -3 threads; use 0 for the number of cores, or 1 and more$"
    ):
        ThreadPoolExecutor(-3)


def test_a_signal_inside_of_pythons_own_locks_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """S51: Thread.start() uses locks, and one that a signal interrupts complains that it is not held."""

    def start(thread: threading.Thread) -> None:
        try:
            raise KeyboardInterrupt
        finally:
            raise RuntimeError("release unlocked lock")

    executor = ThreadPoolExecutor(1)
    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(KeyboardInterrupt):
        executor.schedule(lambda: None)
