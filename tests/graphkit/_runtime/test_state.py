"""The rules of a run, driven by hand: events in, tasks out, no thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graphkit import Calculator, Packet, Timestamp, calculator, config
from graphkit._runtime.build import build_state
from graphkit._runtime.streams import NO_LIMIT
from graphkit._runtime.tasks import CLOSE, OPEN, PROCESS
from graphkit.errors import DeadlockError, TimestampError, TimestampMismatchError
from graphkit.framework import Executor
from graphkit.framework._settled import DONE_SETTLED, MAX, MIN, POST_STREAM, PRE_STREAM, UNSTARTED, shifted

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit import CalculatorContext, CalculatorContract
    from graphkit._runtime.node import Node
    from graphkit._runtime.streams import InputStream


class NoThreads(Executor):
    def schedule(self, task: Callable[[], None]) -> None:
        raise AssertionError("the state starts no threads")


class Any2Any(Calculator):
    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        for side in (cc.inputs, cc.outputs):
            for key in side:
                side[key].set_any()

    def process(self, cc: CalculatorContext) -> None:
        for shard in cc.outputs:
            shard.send(int(cc.input_timestamp), cc.input_timestamp)


@calculator("StateLight")
class StateLight(Any2Any):
    pass


@calculator("StateHeavy")
class StateHeavy(Any2Any):
    blocking = True


@calculator("StateQuiet")
class StateQuiet(Any2Any):
    def process(self, cc: CalculatorContext) -> None:
        """Emit nothing."""


class Driver:
    """Runs tasks one by one, as a thread of the default executor would."""

    def __init__(self, text: str) -> None:
        self.state = build_state(config.load(text), {"": NoThreads()}, [])
        self.log: list[tuple[int, str]] = []
        for node in self.state.nodes:
            node.waiting_for.clear()
            self.state.ready_to_open(node)

    def __getitem__(self, name: str) -> Node:
        return next(node for node in self.state.nodes if node.name == name)

    def queue(self, node: str, index: int = 0) -> InputStream:
        return self[node].inputs[index]

    def push(self, stream: str, *timestamps: int) -> None:
        for timestamp in timestamps:
            self.state.deliver(self.state.inputs[stream], Packet(timestamp, timestamp))

    def step(self) -> bool:
        """Run the next task; return whether there was one."""
        default = self.state.ready.default
        default.workers += 1
        task = self.state.ready.next(default)
        if task is None:
            return False
        default.workers -= 1
        kind, node, context = task.kind, task.node, task.context
        self.log.append((kind, node.name))
        task.call(context)
        self.state.ready.pending -= 1
        if kind is OPEN:
            self.state.opened(node, context)
            self.state.sources.start()
        elif kind is PROCESS:
            self.state.processed(node, context)
        else:
            self.state.closed(node, context, emit=True)
        return True

    def run(self) -> list[tuple[int, str]]:
        """Run all tasks; return what was called."""
        self.log.clear()
        while self.step():
            continue
        return list(self.log)


CHAIN = """
    input_stream: "a"
    node { name: "one" calculator: "StateLight" input_stream: "a" output_stream: "b" }
    node { name: "two" calculator: "StateLight" input_stream: "b" output_stream: "c" }
    node { name: "three" calculator: "StateLight" input_stream: "c" output_stream: "d" }
"""
JOIN = """
    input_stream: "a" input_stream: "b" max_queue_size: 2
    node { name: "join" calculator: "StateLight" input_stream: "a" input_stream: "b" output_stream: "c" }
"""


@pytest.mark.parametrize(
    ("settled", "offset", "expected"),
    [
        pytest.param(10, 0, 10, id="none"),
        pytest.param(10, 5, 15, id="ahead"),
        pytest.param(10, -5, 5, id="behind"),
        pytest.param(UNSTARTED, 5, UNSTARTED, id="unstarted is not shifted"),
        pytest.param(PRE_STREAM, 5, PRE_STREAM, id="pre stream is not shifted"),
        pytest.param(POST_STREAM, -5, POST_STREAM, id="the end is not shifted"),
        pytest.param(DONE_SETTLED, -5, DONE_SETTLED, id="done is not shifted"),
        pytest.param(MAX, 5, MAX, id="max may be followed by post stream"),
        pytest.param(MAX, -5, MAX - 5, id="behind max"),
        pytest.param(MAX - 1, 5, MAX - 1, id="the bound saturates at max"),
        pytest.param(MIN, -5, PRE_STREAM, id="the bound saturates at min"),
    ],
)
def test_shifted(settled: int, offset: int, expected: int) -> None:
    """S4, S8."""
    assert shifted(settled, offset) == expected


def test_nodes_open_in_order_before_anything_else() -> None:
    driver = Driver(CHAIN)
    driver.push("a", 1)
    assert driver.run()[:3] == [(OPEN, "one"), (OPEN, "two"), (OPEN, "three")]
    assert driver.log[3:] == [(PROCESS, "one"), (PROCESS, "two"), (PROCESS, "three")]


def test_the_node_nearest_to_the_outputs_goes_first() -> None:
    """S32."""
    driver = Driver(CHAIN)
    driver.run()
    driver.push("a", 1, 2)
    assert [name for _, name in driver.run()] == ["one", "two", "three", "one", "two", "three"]


def test_light_tasks_before_heavy_ones_before_sources() -> None:
    driver = Driver("""
        input_stream: "a"
        node { name: "source" calculator: "StateQuiet" output_stream: "s" }
        node { name: "light" calculator: "StateLight" input_stream: "a" output_stream: "b" }
        node { name: "heavy" calculator: "StateHeavy" input_stream: "a" output_stream: "c" }
    """)
    for _ in range(3):
        driver.step()
    driver.push("a", 1)
    driver.log.clear()
    for _ in range(3):
        driver.step()
    assert [name for _, name in driver.log] == ["light", "heavy", "source"]


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        pytest.param((0, 0), ["x", "y", "x", "y"], id="lowest time, then lowest id"),
        pytest.param((1, 0), ["y", "y", "y", "y"], id="lowest layer"),
    ],
)
def test_order_of_sources(layers: tuple[int, int], expected: list[str]) -> None:
    """S24, S32."""
    times = {"x": 0, "y": 0}

    @calculator("StateCounting")
    class StateCounting(Any2Any):
        def process(self, cc: CalculatorContext) -> None:
            times[cc.node_name] += 10
            cc.outputs[0].send(1, Timestamp(times[cc.node_name]))

    try:
        driver = Driver(f"""
            node {{ name: "x" calculator: "StateCounting" output_stream: "s" source_layer: {layers[0]} }}
            node {{ name: "y" calculator: "StateCounting" output_stream: "t" source_layer: {layers[1]} }}
        """)
    finally:
        from graphkit.framework import _registry as registry

        del registry._calculators["StateCounting"]
    for _ in range(6):
        driver.step()
    assert [name for kind, name in driver.log if kind == PROCESS] == expected


def test_a_node_is_scheduled_once_at_a_time() -> None:
    driver = Driver(CHAIN)
    driver.run()
    driver.push("a", 1, 2, 3)
    assert driver.state.ready.pending == 1
    assert len(driver.queue("one").queue) == 2


def test_a_bound_passes_through_without_calls() -> None:
    """S9."""
    driver = Driver(CHAIN)
    driver.run()
    driver.state.bound(driver.state.inputs["a"], 41)
    assert driver.state.ready.pending == 0
    assert [int(driver.state.bound_of(name)) for name in "abcd"] == [42] * 4


def test_a_bound_does_not_overtake_a_call() -> None:
    driver = Driver(CHAIN)
    driver.run()
    driver.push("a", 10)
    driver.state.bound(driver.state.inputs["a"], 41)
    assert driver.state.bound_of("b") == Timestamp.PRE_STREAM
    driver.run()
    assert driver.state.bound_of("d") == 42


def test_closing_runs_down_the_chain() -> None:
    driver = Driver(CHAIN)
    driver.run()
    driver.push("a", 1)
    driver.state.close_input(driver.state.inputs["a"])
    driver.state.close_input(driver.state.inputs["a"])
    driver.run()
    assert [name for kind, name in driver.log if kind == PROCESS] == ["one", "two", "three"]
    assert [name for kind, name in driver.log if kind == CLOSE] == ["one", "two", "three"]
    assert driver.state.is_finished()
    assert driver.state.bound_of("d") == Timestamp.DONE


def test_packets_that_come_too_early() -> None:
    """S3."""
    driver = Driver(JOIN)
    driver.run()
    driver.push("a", 5)
    with pytest.raises(TimestampMismatchError) as caught:
        driver.push("a", 5)
    assert str(caught.value).startswith('Packet timestamp mismatch on stream "a".')
    driver.push("b", 5)
    driver.queue("join", 1).settled = 50
    with pytest.raises(TimestampMismatchError) as caught:
        driver.push("b", 40)
    assert str(caught.value) == (
        'Packet timestamp mismatch on a calculator receiving from stream "b" (node "join"). Current minimum '
        "expected timestamp is 51 but received 40. Timestamps of one stream must increase strictly."
    )


def test_bounds_only_rise() -> None:
    driver = Driver(JOIN)
    driver.state.bound(driver.state.inputs["a"], 10)
    with pytest.raises(TimestampError, match="below the current bound 11; bounds only rise"):
        driver.state.bound(driver.state.inputs["a"], 9)


def test_taking_an_input_set_settles_its_time_for_all_streams() -> None:
    driver = Driver(JOIN)
    driver.run()
    driver.push("a", 5)
    driver.state.bound(driver.state.inputs["b"], 7)
    driver.run()
    assert [queue.settled for queue in driver["join"].inputs] == [5, 7]


def test_a_full_queue_blocks_its_feeders_until_it_is_below_its_limit() -> None:
    driver = Driver(JOIN)
    driver.run()
    a, b = driver.state.inputs["a"], driver.state.inputs["b"]
    driver.push("a", 1, 2, 3)
    queue = driver.queue("join")
    assert queue.full
    assert a.blocked_by == {queue}
    assert not b.blocked_by, "only what feeds it"
    driver.push("b", 1)
    assert a.blocked_by == {queue}, "two of two places are still taken"
    driver.run()
    driver.push("b", 2)
    assert not a.blocked_by
    assert driver.state.unblocked


def test_limits_of_queues() -> None:
    assert Driver(JOIN).queue("join").max_size == 2
    assert Driver(JOIN.replace("size: 2", "size: -1")).queue("join").max_size == NO_LIMIT
    assert Driver(JOIN.replace('"join"', '"join" buffer_size_hint: 7')).queue("join").max_size == 7
    assert Driver(CHAIN).queue("two").max_size == 100


def test_a_deadlock_lets_full_queues_grow_by_one() -> None:
    driver = Driver(JOIN)
    driver.run()
    driver.push("a", 1, 2)
    assert driver.state.resolve_deadlock()
    assert driver.queue("join").max_size == 3
    assert not driver.queue("join").full
    assert not driver.state.resolve_deadlock(), "nothing is full any more"


def test_nothing_grows_for_inputs_that_have_ended() -> None:
    driver = Driver(JOIN)
    driver.run()
    driver.push("a", 1, 2)
    driver.state.inputs["a"].closed = True
    assert not driver.state.resolve_deadlock()
    assert driver.queue("join").max_size == 2


def test_a_deadlock_that_is_to_be_reported() -> None:
    driver = Driver("report_deadlock: true" + JOIN)
    driver.run()
    driver.push("a", 1, 2)
    with pytest.raises(DeadlockError, match='for input stream: "a" of a node "join": 2 packets wait'):
        driver.state.resolve_deadlock()


def test_a_closing_node_frees_its_feeders() -> None:
    driver = Driver(JOIN)
    driver.run()
    driver.push("a", 1, 2)
    driver.state.schedule_close(driver["join"])
    assert not driver.state.inputs["a"].blocked_by
    driver.push("a", 3)
    assert not driver.queue("join").queue, "a closing node takes no packets"


def test_dropped_tasks_leave_closings_only() -> None:
    driver = Driver(CHAIN)
    driver.run()
    driver.push("a", 1)
    driver.state.schedule_close(driver["three"])
    assert driver.state.ready.pending == 2
    driver.state.ready.drop()
    assert driver.state.ready.pending == 1
    assert driver.run() == [(CLOSE, "three")]
    assert driver["one"].active == 0


def test_outputs_of_parallel_calls_wait_for_earlier_ones() -> None:
    driver = Driver(CHAIN.replace('name: "one"', 'name: "one" max_in_flight: 2'))
    driver.run()
    driver.push("a", 1, 2, 3)
    assert driver["one"].active == 2
    tasks = [driver.state.ready.next(driver.state.ready.default) for _ in range(2)]
    first, second = (task for task in tasks if task is not None)
    for task in (second, first):
        task.call(task.context)
    driver.state.processed(driver["one"], second.context)
    assert driver.state.bound_of("b") == Timestamp.PRE_STREAM
    driver.state.processed(driver["one"], first.context)
    assert driver.state.bound_of("b") == 3
    assert first.context is not second.context


def test_a_run_has_ended_when_inputs_and_sources_have() -> None:
    driver = Driver('input_stream: "a" node { name: "source" calculator: "StateQuiet" output_stream: "s" }')
    for _ in range(3):
        driver.step()
    assert not driver.state.is_finished()
    driver.state.close_input(driver.state.inputs["a"])
    assert not driver.state.is_finished()
    driver.state.sources.stop()
    driver.run()
    assert driver.state.is_finished()
