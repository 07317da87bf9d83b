"""Which thread runs what."""

from __future__ import annotations

import concurrent.futures
import threading
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import CalculatorGraph
from graphkit.errors import GraphStateError, RegistryError
from graphkit.framework import (
    ApplicationThreadExecutor,
    Executor,
    ThreadPoolExecutor,
    WaitingThreadExecutor,
    register_executor,
)
from graphkit.framework import _executor as executors
from graphkit.framework._executor import make_executor
from graphkit.graph._push_and_wait import push_and_wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.harness import MakeHarness, Script
    from graphkit import CalculatorContext

NODE = """
    node { calculator: "%s" input_stream: "%s" output_stream: "%s" input_side_packet: "SCRIPT:s" executor: "%s" }
"""


def graph(*nodes: tuple[str, str, str, str], extra: str = "") -> str:
    return 'input_stream: "a"' + extra + "".join(NODE % node for node in nodes)


class Threads:
    """A process that passes its input on and notes its thread."""

    def __init__(self) -> None:
        self.names: dict[str, set[str]] = {}

    def __call__(self, cc: CalculatorContext) -> None:
        self.names.setdefault(cc.node_name, set()).add(threading.current_thread().name)
        cc.outputs[0].add(cc.inputs[0])


class Pool(Executor):
    """An executor of the test's own, on the standard library's threads."""

    def __init__(self, width: int = 1) -> None:
        self._pool = concurrent.futures.ThreadPoolExecutor(width, thread_name_prefix="mine")
        self._width = width
        self.scheduled = 0

    def schedule(self, task: Callable[[], None]) -> None:
        self.scheduled += 1
        self._pool.submit(task)

    def width(self) -> int:
        return self._width

    def shutdown(self) -> None:
        self._pool.shutdown()


def test_light_nodes_run_on_the_pushing_thread(harness: MakeHarness, script: type[Script]) -> None:
    """S29."""
    threads = Threads()
    harness(graph(("ConfScripted", "a", "b", "")), s=script(process=threads)).start().push("a", (1, 1)).finish()
    assert threads.names == {"ConfScripted": {threading.current_thread().name}}


def test_blocking_nodes_never_run_on_the_pushing_thread(harness: MakeHarness, script: type[Script]) -> None:
    """S28, S30."""
    threads = Threads()
    text = graph(("ConfBlocking", "a", "b", ""), ("ConfScripted", "b", "c", ""))
    h = harness(text, s=script(process=threads)).watch("c").start()
    h.push("a", *[(n, n) for n in range(20)]).finish()
    assert all(name.startswith("graphkit-") for names in threads.names.values() for name in names)
    assert h.times("c") == list(range(20))


def test_nodes_run_on_the_executor_they_name(harness: MakeHarness, script: type[Script]) -> None:
    """S33."""
    threads = Threads()
    text = graph(
        ("ConfScripted", "a", "b", "one"), ("ConfScripted", "b", "c", "two"), ("ConfBlocking", "c", "d", "one"),
        extra="""
            executor { name: "one" type: "ThreadPoolExecutor"
                options { [mediapipe.ThreadPoolExecutorOptions.ext] {
                    num_threads: 1 thread_name_prefix: "uno" } } }
            executor { name: "two" type: "ThreadPoolExecutor"
                options { [mediapipe.ThreadPoolExecutorOptions.ext] {
                    num_threads: 1 thread_name_prefix: "due" } } }
        """,
    )  # fmt: skip
    h = harness(text, s=script(process=threads)).watch("d").start()
    h.push("a", *[(n, n) for n in range(30)]).finish()
    assert threads.names == {"ConfScripted_1": {"uno-1"}, "ConfScripted_2": {"due-1"}, "ConfBlocking": {"uno-1"}}
    assert h.times("d") == list(range(30))


def test_num_threads_bounds_the_default_executor(harness: MakeHarness, script: type[Script]) -> None:
    threads = Threads()
    nodes = [("ConfBlocking", "a", f"b{i}", "") for i in range(4)]
    h = harness(graph(*nodes, extra=" num_threads: 2"), s=script(process=threads)).start()
    h.push("a", *[(n, n) for n in range(30)]).finish()
    assert set().union(*threads.names.values()) <= {"graphkit-1", "graphkit-2"}


@pytest.mark.parametrize("name", [pytest.param("", id="default"), pytest.param("special", id="named")])
def test_an_executor_of_the_program(harness: MakeHarness, script: type[Script], name: str) -> None:
    threads = Threads()
    mine = Pool()
    extra = f'executor {{ name: "{name}" }}' if name else ""
    h = harness(graph(("ConfBlocking", "a", "b", name), extra=extra), s=script(process=threads)).watch("b")
    h.graph.set_executor(name, mine)
    for _ in range(2):
        h.start().push("a", *[(n, n) for n in range(10)]).finish()
    mine.shutdown()
    assert all(thread.startswith("mine") for thread in threads.names["ConfBlocking"])
    assert h.times("b") == [*range(10)] * 2


def test_an_executor_type_of_the_program(
    harness: MakeHarness, script: type[Script], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors, "_TYPES", dict(executors._TYPES))
    made: list[Pool] = []

    def make(options: Any) -> Executor:
        made.append(Pool())
        return made[-1]

    register_executor("ConfPool", make)
    threads = Threads()
    text = graph(("ConfBlocking", "a", "b", "p"), extra='executor { name: "p" type: "ConfPool" }')
    harness(text, s=script(process=threads)).start().push("a", (1, 1)).finish()
    assert len(made) == 1
    assert made[0].scheduled >= 1
    with pytest.raises(RegistryError, match='executor type "ConfPool" exists already'):
        register_executor("ConfPool", make)


def test_an_executor_without_a_type_is_the_programs_to_give() -> None:
    running = CalculatorGraph('executor { name: "mine" }\ninput_stream: "a"')
    message = r'"mine" is declared without a type, so the program has to hand it over: call set_executor\("mine"'
    with pytest.raises(GraphStateError, match=message):
        running.start_run()
    mine = Pool()
    running.set_executor("mine", mine)
    running.start_run()
    running.close_all_packet_sources()
    running.wait_until_done()
    mine.shutdown()


def test_an_unknown_executor_type() -> None:
    with pytest.raises(RegistryError) as caught:
        make_executor("ThreadPool", {})
    assert str(caught.value) == "Unable to find Executor \"ThreadPool\". Did you mean 'ThreadPoolExecutor'?"


@pytest.mark.parametrize("wait", ["wait_until_idle", "wait_until_done"])
def test_the_application_thread_runs_its_nodes_while_it_waits(
    harness: MakeHarness, script: type[Script], wait: str
) -> None:
    threads = Threads()
    text = graph(
        ("ConfBlocking", "a", "b", "app"), ("ConfScripted", "b", "c", ""),
        extra='executor { name: "app" type: "ApplicationThreadExecutor" }',
    )  # fmt: skip
    h = harness(text, s=script(process=threads)).watch("c").start()
    h.push("a", (1, 1), (2, 2))
    assert h.times("c") == []
    if wait == "wait_until_done":
        h.graph.close_all_input_streams()
    getattr(h.graph, wait)(timeout=60)
    assert h.times("c") == [1, 2]
    assert threads.names["ConfBlocking"] == {threading.current_thread().name}


def test_the_application_thread_runs_its_nodes_while_a_push_waits(
    harness: MakeHarness, script: type[Script]
) -> None:
    text = graph(
        ("ConfBlocking", "a", "b", "app"),
        extra='max_queue_size: 2 executor { name: "app" type: "ApplicationThreadExecutor" }',
    )
    h = harness(text, s=script(process=Threads())).watch("b").start()
    h.push("a", *[(n, n) for n in range(20)]).finish()
    assert h.times("b") == list(range(20))


def meeting(threads: Threads) -> Callable[[CalculatorContext], None]:
    """Return a process that two calls have to be in at the same time."""
    barrier = threading.Barrier(2, timeout=10)

    def meet(cc: CalculatorContext) -> None:
        threads(cc)
        barrier.wait()

    return meet


def test_a_thread_that_waits_takes_part_in_the_work(harness: MakeHarness, script: type[Script]) -> None:
    """S33: one of two nodes that run side by side is on the program's thread; nothing begins before it waits."""
    threads = Threads()
    text = """
        input_stream: "a"
        executor { type: "WaitingThreadExecutor" options {
            [mediapipe.ThreadPoolExecutorOptions.ext] { num_threads: 2 } } }
        node { calculator: "ConfBlocking" input_stream: "a" output_stream: "c" input_side_packet: "SCRIPT:s" }
        node { calculator: "ConfBlocking" input_stream: "a" output_stream: "d" input_side_packet: "SCRIPT:s" }
    """
    h = harness(text, s=script(process=meeting(threads))).start()
    h.push("a", (1, 1))
    h.graph.wait_until_idle(timeout=10)
    h.push("a", (2, 2)).finish()
    assert threads.names.keys() == {"ConfBlocking_1", "ConfBlocking_2"}
    names = set[str]().union(*threads.names.values())
    assert threading.current_thread().name in names
    assert len(names) == 2


def test_alone_a_waiting_thread_does_all_the_work(harness: MakeHarness, script: type[Script]) -> None:
    threads = Threads()
    text = graph(
        ("ConfBlocking", "a", "b", ""), ("ConfBlocking", "b", "c", ""),
        extra='executor { type: "WaitingThreadExecutor" }',
    )  # fmt: skip
    h = harness(text, s=script(process=threads)).watch("c").start()
    for number in range(3):
        h.push("a", (number, number))
        assert h.times("c") == list(range(number))
        h.graph.wait_until_idle(timeout=10)
    h.finish()
    assert set[str]().union(*threads.names.values()) == {threading.current_thread().name}


def test_a_waiting_thread_alone_is_an_application_thread() -> None:
    executor = WaitingThreadExecutor(1)
    ran: list[int] = []
    executor.schedule(lambda: executor.schedule(lambda: ran.append(1)))
    assert (executor.width(), executor.run_pending(), ran) == (1, True, [1])
    assert executor.is_applications()
    executor.shutdown()


def test_application_tasks_may_be_run_by_several_waiting_threads() -> None:
    executor = ApplicationThreadExecutor()
    ran: list[int] = []
    for i in range(2000):
        executor.schedule(lambda i=i: ran.append(i))
    threads = [threading.Thread(target=executor.run_pending) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ran) == list(range(2000))
    assert not executor.has_tasks()


def test_independent_blocking_nodes_run_side_by_side(harness: MakeHarness, script: type[Script]) -> None:
    """S31: They meet at a barrier, which only calls that run at the same time can pass."""
    barrier = threading.Barrier(2, timeout=60)
    text = """
        input_stream: "a" num_threads: 2
        node { calculator: "ConfBlocking" input_stream: "a" output_stream: "b" input_side_packet: "SCRIPT:first" }
        node { calculator: "ConfBlocking" input_stream: "b" output_stream: "c" input_side_packet: "SCRIPT:s" }
        node { calculator: "ConfBlocking" input_stream: "b" output_stream: "d" input_side_packet: "SCRIPT:s" }
        node { calculator: "ConfJoin" input_stream: "c" input_stream: "d" output_stream: "out" }
    """

    def meet(cc: CalculatorContext) -> None:
        barrier.wait()
        cc.outputs[0].add(cc.inputs[0])

    h = harness(text, first=script(process=Threads()), s=script(process=meet)).watch("out").start()
    h.push("a", *[(n, n) for n in range(10)]).finish()
    assert h.times("out") == list(range(10))


def test_a_blocking_node_does_not_wait_for_several_light_ones(harness: MakeHarness, script: type[Script]) -> None:
    """S31: The second of three light nodes waits for a blocking node that the first made ready."""
    called = threading.Event()
    text = """
        input_stream: "a" num_threads: 2
        node { calculator: "ConfBlocking" input_stream: "a" output_stream: "b" input_side_packet: "SCRIPT:passes" }
        node { calculator: "ConfPass" input_stream: "b" output_stream: "third" }
        node { calculator: "ConfScripted" input_stream: "b" output_stream: "second" input_side_packet: "SCRIPT:w" }
        node { calculator: "ConfPass" input_stream: "b" output_stream: "first" }
        node { calculator: "ConfBlocking" input_stream: "first" output_stream: "c" input_side_packet: "SCRIPT:c" }
    """

    def pass_on(cc: CalculatorContext) -> None:
        cc.outputs[0].add(cc.inputs[0])

    def wait(cc: CalculatorContext) -> None:
        assert called.wait(60)
        pass_on(cc)

    def call(cc: CalculatorContext) -> None:
        called.set()
        pass_on(cc)

    h = harness(text, passes=script(process=pass_on), w=script(process=wait), c=script(process=call))
    h.watch("c", "second", "third").start().push("a", (0, 0))
    assert called.wait(60), "no call into the graph meanwhile, which would wake a worker, too"
    h.finish()
    assert h.times("c") == h.times("second") == h.times("third") == [0]


def test_a_blocking_node_goes_before_light_ones_that_another_thread_can_call(
    harness: MakeHarness, script: type[Script]
) -> None:
    """S57: The first blocking call ends only when the light node, and the blocking one behind it, were called."""
    beside = threading.Event()
    text = """
        input_stream: "a"
        node { calculator: "ConfBlocking" input_stream: "a" output_stream: "b" input_side_packet: "SCRIPT:held" }
        node { calculator: "ConfScripted" input_stream: "a" output_stream: "c" input_side_packet: "SCRIPT:light" }
        node { calculator: "ConfBlocking" input_stream: "c" output_stream: "d" input_side_packet: "SCRIPT:slow" }
    """
    order: list[str] = []

    def hold(cc: CalculatorContext) -> None:
        order.append("held")
        assert beside.wait(60)
        cc.outputs[0].add(cc.inputs[0])

    def light(cc: CalculatorContext) -> None:
        order.append("light")
        cc.outputs[0].add(cc.inputs[0])

    def slow(cc: CalculatorContext) -> None:
        order.append("slow")
        beside.set()
        cc.outputs[0].add(cc.inputs[0])

    scripts = {"held": script(process=hold), "light": script(process=light), "slow": script(process=slow)}
    h, executor = harness(text, **scripts).watch("b", "d"), WaitingThreadExecutor(2)
    h.graph.set_executor("", executor)
    h.start()
    push_and_wait(h.graph, {"a": 1}, 0)
    assert h.graph._current.going_on()._state.ready.default.blocked == 0
    h.finish()
    executor.shutdown()
    assert order.index("light") < order.index("slow")
    assert h.times("b") == h.times("d") == [0]


def test_nodes_of_different_executors_run_side_by_side(harness: MakeHarness, script: type[Script]) -> None:
    """The thread of the first executor never runs out of work, and the second is woken all the same."""
    barrier = threading.Barrier(2, timeout=60)

    def meet(cc: CalculatorContext) -> None:
        if 0 < cc.input_timestamp < 9:
            barrier.wait()
        cc.outputs[0].add(cc.inputs[0])

    def late(cc: CalculatorContext) -> None:
        if cc.input_timestamp < 8:
            barrier.wait()
        cc.outputs[0].add(cc.inputs[0])

    text = """
        input_stream: "a" executor { name: "one" type: "ThreadPoolExecutor" }
        executor { name: "two" type: "ThreadPoolExecutor" }
        node { calculator: "ConfScripted" input_stream: "a" output_stream: "b" input_side_packet: "SCRIPT:s"
               executor: "one" }
        node { calculator: "ConfScripted" input_stream: "b" output_stream: "c" input_side_packet: "SCRIPT:t"
               executor: "two" }
    """
    h = harness(text, s=script(process=meet), t=script(process=late)).watch("c").start()
    h.push("a", *[(n, n) for n in range(10)]).finish()
    assert h.times("c") == list(range(10))


def test_threads_of_a_pool_start_when_needed_and_end() -> None:
    pool = ThreadPoolExecutor(3, thread_name_prefix="conf")
    before = set(threading.enumerate())
    gate, entered = threading.Event(), threading.Semaphore(0)
    for _ in range(5):
        pool.schedule(lambda: (entered.release(), gate.wait(60)))
    for _ in range(3):
        assert entered.acquire(timeout=60)
    started = set(threading.enumerate()) - before
    assert len(started) == 3
    gate.set()
    for _ in range(2):
        assert entered.acquire(timeout=60)
    pool.shutdown()
    for thread in started:
        thread.join(60)
        assert not thread.is_alive()
