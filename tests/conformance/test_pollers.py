"""Pollers and observers: how a program sees streams."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import OutputStreamPoller, Status, Timestamp
from graphkit.errors import ArgumentError, CalculatorError, GraphStateError

if TYPE_CHECKING:
    from conformance.harness import MakeHarness, Script
    from graphkit import CalculatorContext, Packet

PASS = 'input_stream: "a" node { calculator: "ConfPass" input_stream: "a" output_stream: "out" }'
TWO = """
    input_stream: "a" input_stream: "b"
    node { calculator: "ConfPass" input_stream: "a" output_stream: "x" }
    node { calculator: "ConfPass" input_stream: "b" output_stream: "y" }
"""
SCRIPTED = """
    input_stream: "a"
    node { calculator: "%s" input_stream: "a" output_stream: "out" input_side_packet: "SCRIPT:s" }
"""
SOURCE = 'node { calculator: "ConfScripted" output_stream: "n" input_side_packet: "SCRIPT:s" }'


def emit_input(cc: CalculatorContext) -> None:
    cc.outputs[0].add(cc.inputs[0])


def emit_even(cc: CalculatorContext) -> None:
    if cc.input_timestamp % 2 == 0:
        emit_input(cc)


def test_next_returns_packets_and_none_at_the_end(harness: MakeHarness) -> None:
    """S45."""
    h = harness(PASS)
    poller = h.graph.add_output_stream_poller("out")
    h.start().push("a", (1, 10), (2, 20))
    assert poller.queue_size() == 2
    assert [poller.next().payload, poller.next(timeout=60).payload] == [1, 2]
    h.finish()
    assert poller.next() is None
    assert poller.next(timeout=0) is None


def test_iterating_ends_with_the_stream_also_after_the_run(harness: MakeHarness) -> None:
    h = harness(PASS)
    poller = h.graph.add_output_stream_poller("out")
    h.start().push("a", (1, 10), (2, 20)).finish()
    assert [packet.payload for packet in poller] == [1, 2]


def test_next_gives_up_after_its_timeout(harness: MakeHarness) -> None:
    h = harness(PASS)
    poller = h.graph.add_output_stream_poller("out")
    h.start()
    with pytest.raises(TimeoutError) as caught:
        poller.next(timeout=0.01)
    assert str(caught.value) == 'no packet on stream "out" within 0.01 s'
    h.push("a", (1, 10))
    assert poller.next(timeout=0).payload == 1


def test_next_wakes_when_a_packet_comes_from_another_thread(harness: MakeHarness, script: type[Script]) -> None:
    h = harness(SCRIPTED % "ConfBlocking", s=script(process=emit_input))
    poller = h.graph.add_output_stream_poller("out")
    h.start()
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.extend(packet.payload for packet in poller))
    thread.start()
    h.push("a", *[(n, n) for n in range(100)]).finish()
    thread.join(60)
    assert got == list(range(100))


@pytest.mark.parametrize("end", ["error", "cancel"])
def test_a_failed_run_wakes_the_poller(harness: MakeHarness, script: type[Script], end: str) -> None:
    def fail(cc: CalculatorContext) -> None:
        raise ValueError("boom")

    h = harness(SCRIPTED % "ConfBlocking", s=script(process=fail))
    poller = h.graph.add_output_stream_poller("out")
    h.start()
    got: list[Any] = ["nothing"]
    thread = threading.Thread(target=lambda: got.append(poller.next()))
    thread.start()
    if end == "error":
        h.push("a", (1, 10))
    else:
        h.graph.cancel()
    thread.join(60)
    assert got == ["nothing", None]


def test_reset_drops_what_waits(harness: MakeHarness) -> None:
    h = harness(PASS)
    poller = h.graph.add_output_stream_poller("out")
    h.start().push("a", (1, 10), (2, 20))
    poller.reset()
    h.push("a", (3, 30))
    assert poller.next().payload == 3
    h.finish()


def test_a_poller_serves_the_next_run_too(harness: MakeHarness) -> None:
    h = harness(PASS)
    poller = h.graph.add_output_stream_poller("out", observe_timestamp_bounds=True)
    for _ in range(2):
        h.start().push("a", (1, 10))
        h.graph.set_input_stream_timestamp_bound("a", 20)
        assert [str(poller.next(timeout=60)) for _ in range(2)] == ["Packet(1 at 10)", "Packet(empty at 19)"]
        h.finish()
        assert poller.next(timeout=60) is None


def test_a_poller_that_has_not_been_started(harness: MakeHarness) -> None:
    poller = harness(PASS).graph.add_output_stream_poller("out")
    with pytest.raises(GraphStateError, match="the graph of this poller has not been started"):
        poller.next()


def test_a_full_poller_holds_back_the_graph_and_never_grows(harness: MakeHarness) -> None:
    h = harness(PASS)
    poller = h.graph.add_output_stream_poller("out", max_queue_size=2)
    h.start().push("a", (0, 0), (1, 1))
    done = threading.Event()

    def push() -> None:
        h.push("a", *[(n, n) for n in range(2, 30)])
        done.set()

    thread = threading.Thread(target=push)
    thread.start()
    assert not done.wait(0.05)
    assert poller.queue_size() == 2
    sizes, got = [], []
    for _ in range(30):
        got.append(poller.next(timeout=60).payload)
        sizes.append(poller.queue_size())
    thread.join(60)
    assert got == list(range(30))
    assert sorted(sizes)[len(sizes) // 2] <= 2, "more only for what was under way when the queue filled up"
    queue = poller._observer.queue  # type: ignore[union-attr]
    assert queue is not None
    assert queue.max_size == 2
    h.finish()


def test_a_full_poller_holds_back_a_source(harness: MakeHarness, script: type[Script]) -> None:
    made: list[int] = []

    def produce(cc: CalculatorContext) -> Status | None:
        made.append(len(made))
        cc.outputs[0].send(made[-1], Timestamp(made[-1]))
        return Status.STOP if len(made) == 20 else None

    h = harness(SOURCE, s=script(process=produce))
    poller = h.graph.add_output_stream_poller("n", max_queue_size=3)
    h.start()
    h.graph.wait_until_idle(timeout=60)
    assert (poller.queue_size(), len(made)) == (3, 3)
    assert [packet.payload for packet in poller] == list(range(20))
    h.graph.wait_until_done(timeout=60)


@pytest.mark.parametrize("size", [0, -2])
def test_sizes_that_make_no_sense(harness: MakeHarness, size: int) -> None:
    with pytest.raises(ArgumentError) as caught:
        harness(PASS).graph.add_output_stream_poller("out", max_queue_size=size)
    assert (
        str(caught.value)
        == f"max_queue_size: a poller cannot hold {size} packets; use -1 for no limit, or 1 and more"
    )


def test_bounds_reach_a_poller_as_empty_packets(harness: MakeHarness, script: type[Script]) -> None:
    h = harness(SCRIPTED % "ConfScripted", s=script(process=emit_even))
    poller = h.graph.add_output_stream_poller("out", observe_timestamp_bounds=True)
    h.start()
    seen = []
    for n in range(4):
        h.push("a", (n, n))
        packet = poller.next(timeout=60)
        seen.append((packet.is_empty, int(packet.timestamp)))
    h.finish()
    assert seen == [(False, 0), (True, 1), (False, 2), (True, 3)]
    assert poller.next() is None


def test_bounds_reach_an_observer_as_empty_packets(harness: MakeHarness, script: type[Script]) -> None:
    """S44."""
    h = harness(SCRIPTED % "ConfScripted", s=script(process=emit_even)).watch("out", bounds=True).start()
    h.push("a", (0, 0), (1, 1), (2, 2), (3, 3)).finish()
    assert h.seen("out") == [(0, 0), (None, 1), (2, 2), (None, 3)]


def test_without_bounds_only_packets_come(harness: MakeHarness, script: type[Script]) -> None:
    h = harness(SCRIPTED % "ConfScripted", s=script(process=emit_even)).watch("out").start()
    h.push("a", (0, 0), (1, 1), (2, 2), (3, 3)).finish()
    assert h.seen("out") == [(0, 0), (2, 2)]


def test_any_stream_may_be_observed_more_than_once(harness: MakeHarness) -> None:
    """S43."""
    order: list[tuple[str, int]] = []
    h = harness(PASS)
    for name in ("first", "second"):
        h.graph.observe_output_stream("out", lambda p, name=name: order.append((name, int(p.timestamp))))
    h.watch("a").start().push("a", (1, 10), (2, 20)).finish()
    assert sorted(order) == [("first", 10), ("first", 20), ("second", 10), ("second", 20)]
    assert h.times("a") == [10, 20]


def test_several_streams_observed_together(harness: MakeHarness) -> None:
    """S44."""
    seen: list[list[Packet[Any]]] = []
    h = harness(TWO)
    h.graph.observe_output_streams(["y", "x"], seen.append)
    h.start().push("a", (1, 10), (2, 20))
    assert seen == []
    h.push("b", (5, 20))
    h.finish()
    assert [[(p.get_or(None), int(p.timestamp)) for p in packets] for packets in seen] == [
        [(None, 10), (1, 10)],
        [(5, 20), (2, 20)],
    ]


def test_several_streams_observed_together_with_bounds(harness: MakeHarness) -> None:
    seen: list[list[Packet[Any]]] = []
    h = harness(TWO)
    h.graph.observe_output_streams(["x", "y"], seen.append, observe_timestamp_bounds=True)
    h.start().push("a", (1, 10))
    h.graph.set_input_stream_timestamp_bound("b", 8)
    h.graph.set_input_stream_timestamp_bound("b", 11)
    h.finish()
    assert [[str(p) for p in packets] for packets in seen] == [
        ["Packet(empty at 7)", "Packet(empty at 7)"],
        ["Packet(1 at 10)", "Packet(empty at 10)"],
    ]


def test_observers_of_one_thread_are_called_before_push_returns(harness: MakeHarness) -> None:
    """S43."""
    h = harness(PASS).watch("out").start()
    for n in range(5):
        h.push("a", (n, n))
        assert h.times("out") == list(range(n + 1))
    h.finish()


def test_an_observer_may_push(harness: MakeHarness) -> None:
    """S34, S39: A countdown: each packet that comes out pushes the next one in."""
    h = harness(PASS).watch("out")
    h.graph.observe_output_stream(
        "out", lambda p: h.push("a", (p.payload - 1, p.timestamp + 1)) if p.payload else None
    )
    h.start().push("a", (200, 0))
    assert [payload for payload, _ in h.seen("out")] == list(range(200, -1, -1))
    h.finish()


def test_wait_until_idle_means_all_is_processed(harness: MakeHarness, script: type[Script]) -> None:
    h = harness(SCRIPTED % "ConfBlocking", s=script(process=emit_input)).watch("out").start()
    for n in range(50):
        h.push("a", (n, n))
        h.graph.wait_until_idle(timeout=60)
        assert h.times("out")[-1] == n
    h.finish()


def test_wait_until_idle_gives_up(harness: MakeHarness, script: type[Script]) -> None:
    go_on = threading.Event()
    h = harness(SCRIPTED % "ConfBlocking", s=script(process=lambda cc: go_on.wait(60) and None)).start()
    h.push("a", (1, 1))
    with pytest.raises(TimeoutError, match=r"the graph was still busy after .* s"):
        h.graph.wait_until_idle(timeout=0.01)
    go_on.set()
    h.finish()


def test_wait_until_idle_raises_the_error(harness: MakeHarness, script: type[Script]) -> None:
    def fail(cc: CalculatorContext) -> None:
        raise ValueError("boom")

    h = harness(SCRIPTED % "ConfBlocking", s=script(process=fail)).start().push("a", (1, 1))
    with pytest.raises(CalculatorError, match="boom"):
        h.graph.wait_until_idle(timeout=60)


def test_a_poller_that_several_threads_read_misses_no_packet(harness: MakeHarness, monkeypatch: Any) -> None:
    """Two packets come when one reader has looked and not yet waited; another reader takes the first of them."""
    h = harness(PASS)
    poller = h.graph.add_output_stream_poller("out")
    h.start()
    looked, go_on = threading.Event(), threading.Event()
    ended = OutputStreamPoller._ended

    def pause(self: OutputStreamPoller) -> bool:
        if threading.current_thread() is slow and not go_on.is_set():
            looked.set()
            assert go_on.wait(60)
        return ended(self)

    monkeypatch.setattr(OutputStreamPoller, "_ended", pause)
    got: list[Any] = []
    slow = threading.Thread(target=lambda: got.append(poller.next(timeout=60).payload))
    slow.start()
    assert looked.wait(60)
    h.push("a", (1, 10), (2, 20))
    assert poller.next(timeout=60).payload == 1
    go_on.set()
    slow.join(60)
    assert got == [2]
    h.finish()


@pytest.mark.parametrize("bounds", [False, True])
def test_each_packet_of_a_poller_goes_to_one_of_its_readers(
    harness: MakeHarness, script: type[Script], bounds: bool
) -> None:
    h = harness(SCRIPTED % "ConfBlocking", s=script(process=emit_even))
    poller = h.graph.add_output_stream_poller("out", observe_timestamp_bounds=bounds)
    h.start()
    got: list[Packet[Any]] = []
    readers = [threading.Thread(target=lambda: got.extend(poller)) for _ in range(4)]
    for reader in readers:
        reader.start()
    h.push("a", *[(n, n) for n in range(500)]).finish()
    for reader in readers:
        reader.join(60)
    assert sorted(int(packet.timestamp) for packet in got if packet) == list(range(0, 500, 2))
    assert {int(packet.timestamp) for packet in got if not packet} <= set(range(1, 500, 2))
