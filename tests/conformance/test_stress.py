"""Many threads, many runs, ends at any moment: nothing hangs, leaks or comes out of order."""

from __future__ import annotations

import contextlib
import random
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import Status, Timestamp
from graphkit.errors import CalculatorError, CancelledError, GraphRunError

if TYPE_CHECKING:
    from conformance.harness import MakeHarness, Script
    from graphkit import CalculatorContext

JOIN = """
    %s
    node { calculator: "ConfJoin" %s output_stream: "joined" }
    node { calculator: "ConfBlocking" input_stream: "joined" output_stream: "heavy" input_side_packet: "SCRIPT:s"
           max_in_flight: 2 }
    node { calculator: "ConfPass" input_stream: "heavy" output_stream: "out" }
"""
CHAIN = """
    input_stream: "a" max_queue_size: 4 num_threads: 3
    node { calculator: "ConfScripted" input_stream: "a" output_stream: "b" input_side_packet: "SCRIPT:s" }
    node { calculator: "ConfBlocking" input_stream: "b" output_stream: "c" input_side_packet: "SCRIPT:t" }
    node { calculator: "ConfBlocking" input_stream: "c" output_stream: "d" input_side_packet: "SCRIPT:u"
           max_in_flight: 3 }
    node { calculator: "ConfScripted" input_stream: "d" output_stream: "out" input_side_packet: "SCRIPT:v" }
"""


def emit_input(cc: CalculatorContext) -> None:
    cc.outputs[0].add(cc.inputs[0])


def chain_of(script: type[Script]) -> dict[str, Any]:
    return {name: script(process=emit_input) for name in "stuv"}


def test_many_threads_push_to_different_inputs(harness: MakeHarness, script: type[Script]) -> None:
    width, count = 6, 200
    names = [f"in{i}" for i in range(width)]
    declared = " ".join(f'input_stream: "{name}"' for name in names)
    h = harness(JOIN % (declared, declared), s=script(process=emit_input)).watch("out").start()
    threads = [threading.Thread(target=h.push, args=(name, *[(n, n) for n in range(count)])) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    h.finish()
    assert h.seen("out") == [([n] * width, n) for n in range(count)]


def test_pushes_from_observers_of_many_threads(harness: MakeHarness) -> None:
    """Every packet of x is pushed on into y by an observer, while other threads push into z."""
    text = """
        input_stream: "x" input_stream: "y" input_stream: "z"
        node { calculator: "ConfPass" input_stream: "x" output_stream: "px" }
        node { calculator: "ConfJoin" input_stream: "y" input_stream: "z" output_stream: "out" }
    """
    h = harness(text).watch("out")
    h.graph.observe_output_stream("px", lambda p: h.graph.add_packet_to_input_stream("y", p))
    h.start()
    packets = [(n, n) for n in range(500)]
    threads = [threading.Thread(target=h.push, args=(name, *packets)) for name in "xz"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    h.finish()
    assert h.seen("out") == [([n, n], n) for n in range(500)]


@pytest.mark.parametrize("seed", range(40))
def test_cancel_at_any_moment(harness: MakeHarness, script: type[Script], seed: int) -> None:
    dice = random.Random(seed)
    h = harness(CHAIN, **chain_of(script)).watch("out").start()
    moment = dice.randrange(60)
    canceller = threading.Thread(target=h.graph.cancel)
    try:
        for n in range(60):
            if n == moment:
                canceller.start()
            h.push("a", (n, n))
        h.graph.close_all_input_streams()
        h.graph.wait_until_done(timeout=60)
    except CancelledError:
        h.graph.cancel_quietly()
    canceller.join(60)
    assert h.times("out") == list(range(len(h.times("out"))))
    for one in h.scripts.values():
        assert one.calls.count("open") == one.calls.count("close") == 1


@pytest.mark.parametrize("seed", range(40))
def test_errors_in_any_node_at_any_time(harness: MakeHarness, script: type[Script], seed: int) -> None:
    dice = random.Random(seed)
    scripts = chain_of(script)
    moment = dice.randrange(40)

    def fail(cc: CalculatorContext) -> None:
        if cc.input_timestamp == moment:
            raise ValueError("boom")
        emit_input(cc)

    scripts[dice.choice("stuv")].process = fail
    h = harness(CHAIN, **scripts).watch("out").start()
    with contextlib.suppress(CalculatorError):
        h.push("a", *[(n, n) for n in range(40)])
    with pytest.raises(CalculatorError, match=f"failed at timestamp {moment}: ValueError: boom"):
        h.finish()
    assert h.times("out") == list(range(len(h.times("out"))))
    assert len(h.times("out")) <= moment
    for one in scripts.values():
        assert one.calls.count("open") == one.calls.count("close") == 1


def test_a_thousand_runs_of_one_graph(harness: MakeHarness, script: type[Script]) -> None:
    h = harness(CHAIN, **chain_of(script)).watch("out")
    before, interval = threading.active_count(), sys.getswitchinterval()
    most = 0
    for _ in range(1000):
        h.start().push("a", (0, 0), (1, 1))
        most = max(most, threading.active_count())
        h.finish()
    assert h.times("out") == [0, 1] * 1000
    assert most - before <= 6, "the threads of a run end with it"
    assert sys.getswitchinterval() == interval


def test_sources_many_runs(harness: MakeHarness, script: type[Script]) -> None:
    text = """
        max_queue_size: 3
        node { calculator: "ConfScripted" output_stream: "n" input_side_packet: "SCRIPT:p" }
        node { calculator: "ConfScripted" output_stream: "m" input_side_packet: "SCRIPT:q" }
        node { calculator: "ConfJoin" input_stream: "n" input_stream: "m" output_stream: "out" }
    """

    made = {"p": 0, "q": 0}

    def counting(name: str) -> Any:
        def process(cc: CalculatorContext) -> Status | None:
            number = made[name]
            made[name] += 1
            if number == 20:
                return Status.STOP
            cc.outputs[0].send(number, Timestamp(number))
            return None

        return process

    h = harness(text, p=script(process=counting("p")), q=script(process=counting("q"))).watch("out")
    for _ in range(100):
        made.update(p=0, q=0)
        h.packets["out"].clear()
        h.start()
        h.graph.wait_until_done(timeout=60)
        assert h.seen("out") == [([n, n], n) for n in range(20)]


def test_pollers_of_a_run_that_is_cancelled_at_any_moment(harness: MakeHarness, script: type[Script]) -> None:
    h = harness(CHAIN, **chain_of(script))
    poller = h.graph.add_output_stream_poller("out", max_queue_size=2)
    for moment in range(60):
        h.start()
        got: list[int] = []
        reader = threading.Thread(target=lambda got=got: got.extend(int(p.timestamp) for p in poller))
        reader.start()
        try:
            for n in range(60):
                if n == moment:
                    h.graph.cancel()
                h.push("a", (n, n))
        except GraphRunError:
            h.graph.cancel_quietly()
        reader.join(60)
        assert not reader.is_alive()
        assert got == list(range(len(got)))


DIAMOND = """
    input_stream: "a"
    node { name: "top" calculator: "ConfScripted" input_stream: "a" output_stream: "t"
           input_side_packet: "SCRIPT:s" }
    node { name: "left" calculator: "ConfScripted" input_stream: "t" output_stream: "l"
           input_side_packet: "SCRIPT:s" }
    node { name: "right" calculator: "ConfScripted" input_stream: "t" output_stream: "r"
           input_side_packet: "SCRIPT:s" }
    node { name: "bottom" calculator: "ConfScripted" input_stream: "l" input_stream: "r" output_stream: "out"
           input_side_packet: "SCRIPT:s" }
"""


def test_light_graphs_call_their_nodes_in_the_same_order_every_time(
    harness: MakeHarness, script: type[Script]
) -> None:
    """S12, S32."""
    orders: set[tuple[str, ...]] = set()
    for _ in range(50):
        order: list[str] = []

        def process(cc: CalculatorContext, order: list[str] = order) -> None:
            order.append(f"{cc.node_name}@{cc.input_timestamp}")
            emit_input(cc)

        h = harness(DIAMOND, s=script(process=process)).start()
        h.push("a", *[(n, n) for n in range(5)]).finish()
        orders.add(tuple(order))
    assert len(orders) == 1
    (only,) = orders
    assert only[:4] == ("top@0", "right@0", "left@0", "bottom@0"), "the node nearest to the outputs goes first"
