"""Full queues hold back what feeds them; deadlocks are broken or reported."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import pytest

from graphkit import Status, Timestamp
from graphkit.errors import DeadlockError, StreamClosedError, ThrottledError

if TYPE_CHECKING:
    from conformance.harness import MakeHarness, Script
    from graphkit import CalculatorContext

JOIN = """
    input_stream: "a" input_stream: "b" max_queue_size: %d
    node { name: "join" calculator: "ConfJoin" input_stream: "a" input_stream: "b" output_stream: "out" }
"""
SLOW = """
    input_stream: "a" max_queue_size: %d
    node { calculator: "ConfBlocking" input_stream: "a" output_stream: "out" input_side_packet: "SCRIPT:s" }
"""


def emit_input(cc: CalculatorContext) -> None:
    cc.outputs[0].add(cc.inputs[0])


class Gate:
    """A process that waits to be let through, and counts what waits before it."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.let_go = threading.Semaphore(0)

    def __call__(self, cc: CalculatorContext) -> None:
        self.entered.release()
        assert self.let_go.acquire(timeout=60)
        emit_input(cc)


def test_push_waits_while_the_queue_is_full(harness: MakeHarness, script: type[Script]) -> None:
    """S37, S39."""
    gate = Gate()
    h = harness(SLOW % 2, s=script(process=gate)).watch("out").start()
    h.push("a", (0, 0))
    assert gate.entered.acquire(timeout=60)
    h.push("a", (1, 1), (2, 2))
    pushed = threading.Event()

    def push_one_more() -> None:
        h.push("a", (3, 3))
        pushed.set()

    thread = threading.Thread(target=push_one_more)
    thread.start()
    assert not pushed.wait(0.05)
    gate.let_go.release()
    assert gate.entered.acquire(timeout=60)
    assert pushed.wait(60)
    for _ in range(3):
        gate.let_go.release()
    thread.join()
    h.finish()
    assert h.times("out") == [0, 1, 2, 3]


def test_push_does_not_wait_in_the_other_mode(harness: MakeHarness, script: type[Script]) -> None:
    gate = Gate()
    h = harness(SLOW % 1, s=script(process=gate)).watch("out").start()
    h.graph.add_mode_blocks = False
    h.push("a", (0, 0))
    assert gate.entered.acquire(timeout=60)
    h.push("a", (1, 1))
    with pytest.raises(ThrottledError) as caught:
        h.push("a", (2, 2))
    assert str(caught.value) == (
        'Graph is throttled: a queue that graph input "a" feeds is full; push the packet again later, or leave '
        "add_mode_blocks True to wait here"
    )
    gate.let_go.release(2)
    h.graph.wait_until_idle(timeout=60)
    gate.let_go.release()
    h.push("a", (2, 2)).finish()
    assert h.times("out") == [0, 1, 2]


def test_close_wakes_nobody_who_may_not_push(harness: MakeHarness, script: type[Script]) -> None:
    gate = Gate()
    h = harness(SLOW % 1, s=script(process=gate)).start()
    h.push("a", (0, 0))
    assert gate.entered.acquire(timeout=60)
    h.push("a", (1, 1))
    refused: list[BaseException] = []

    def push() -> None:
        try:
            h.push("a", (2, 2))
        except StreamClosedError as exc:
            refused.append(exc)

    thread = threading.Thread(target=push)
    thread.start()
    h.graph.close_input_stream("a")
    gate.let_go.release(2)
    thread.join(60)
    h.graph.wait_until_done(timeout=60)
    assert [str(exc) for exc in refused] == ['graph input stream "a" is closed; packets cannot be added to it']


def test_a_source_is_held_back(harness: MakeHarness, script: type[Script]) -> None:
    """S38."""
    made: list[int] = []

    def produce(cc: CalculatorContext) -> Status | None:
        made.append(len(made))
        cc.outputs[0].send(made[-1], Timestamp(made[-1]))
        return Status.STOP if len(made) == 50 else None

    ahead: list[int] = []

    def consume(cc: CalculatorContext) -> None:
        ahead.append(len(made) - cc.inputs[0].payload)

    text = """
        max_queue_size: 3 num_threads: 2
        node { calculator: "ConfScripted" output_stream: "n" input_side_packet: "SCRIPT:p" }
        node { calculator: "ConfBlocking" input_stream: "n" input_side_packet: "SCRIPT:c" }
    """
    harness(text, p=script(process=produce), c=script(process=consume)).start().finish()
    assert len(ahead) == 50
    assert max(ahead) <= 3 + 2, "the queue, the packet in work, the call that filled it"


def test_a_queue_that_overflows_at_once_throttles_until_it_is_below_its_limit(
    harness: MakeHarness, script: type[Script]
) -> None:
    """A node may emit many packets in one call; taking one of them must not open the way again."""
    made: list[int] = []
    waiting: list[int] = []

    def produce(cc: CalculatorContext) -> Status | None:
        made.append(len(made))
        cc.outputs[0].send(made[-1], Timestamp(made[-1] * 10))
        return Status.STOP if len(made) == 20 else None

    def multiply(cc: CalculatorContext) -> None:
        for i in range(5):
            cc.outputs[0].send(cc.inputs[0].payload, cc.input_timestamp + i)

    def consume(cc: CalculatorContext) -> None:
        waiting.append(len(made) * 5 - len(waiting))

    text = """
        max_queue_size: 2 num_threads: 1
        node { calculator: "ConfScripted" output_stream: "n" input_side_packet: "SCRIPT:p" }
        node { calculator: "ConfScripted" input_stream: "n" output_stream: "m" input_side_packet: "SCRIPT:f" }
        node { calculator: "ConfBlocking" input_stream: "m" input_side_packet: "SCRIPT:c" }
    """
    scripts = {"p": script(process=produce), "f": script(process=multiply), "c": script(process=consume)}
    harness(text, **scripts).start().finish()
    assert len(waiting) == 100
    assert max(waiting) <= 5 * 4


def test_a_deadlock_grows_the_queue_and_says_so_once(
    harness: MakeHarness, caplog: pytest.LogCaptureFixture
) -> None:
    """S40."""
    h = harness(JOIN % 2).watch("out").start()
    with caplog.at_level(logging.WARNING, "graphkit"):
        h.push("a", *[(n, n) for n in range(10)])
    assert [record.getMessage() for record in caplog.records] == [
        'Resolved a deadlock by increasing max_queue_size of input stream: "a" of a node "join" to 3; it grows on '
        "without further warnings. An input of the node lags behind: give it packets or bounds, or set "
        "max_queue_size on purpose."
    ]
    h.push("b", (0, 9)).finish()
    assert h.times("out") == list(range(10))


def test_a_deadlock_is_reported_where_the_config_asks_for_it(harness: MakeHarness) -> None:
    h = harness("report_deadlock: true" + JOIN % 2).start()
    h.push("a", (0, 0), (1, 1))
    with pytest.raises(DeadlockError) as caught:
        h.push("a", (2, 2))
    assert str(caught.value) == (
        'Detected a deadlock due to input throttling for input stream: "a" of a node "join": 2 packets wait and '
        "nothing can run. Raise max_queue_size, or look for an input that never gets a packet or a bound."
    )
    with pytest.raises(DeadlockError):
        h.graph.wait_until_done(timeout=60)


def test_growth_ends_somewhere(harness: MakeHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphkit._runtime.throttle.GROWTH_CAP", 5)
    h = harness(JOIN % 2).start()
    with pytest.raises(DeadlockError, match="5 packets wait and nothing can run"):
        h.push("a", *[(n, n) for n in range(10)])


def test_unlimited_queues(harness: MakeHarness, caplog: pytest.LogCaptureFixture) -> None:
    h = harness(JOIN % -1).watch("out").start()
    h.push("a", *[(n, n) for n in range(500)])
    assert caplog.records == []
    h.finish()
    assert len(h.seen("out")) == 500


def test_buffer_size_hint_raises_the_limit(harness: MakeHarness, caplog: pytest.LogCaptureFixture) -> None:
    """S37."""
    h = harness((JOIN % 2).replace('"join"', '"join" buffer_size_hint: 20')).start()
    h.push("a", *[(n, n) for n in range(20)])
    assert caplog.records == []
    h.finish()


def test_inputs_that_end_while_a_queue_is_full(harness: MakeHarness) -> None:
    """Nothing can feed the full queue any more, so growing it would help nobody: the run ends."""
    text = """
        input_stream: "a" max_queue_size: 2
        node { calculator: "ConfJoin" input_stream: "a" input_stream: "loop" output_stream: "out"
               input_stream_info { tag_index: ":1" back_edge: true } }
        node { calculator: "ConfPass" input_stream: "out" output_stream: "loop" }
    """
    h = harness(text).start()
    h.push("a", (0, 0), (1, 1))
    h.finish()


def test_a_node_that_closes_early_frees_what_feeds_it(
    harness: MakeHarness, caplog: pytest.LogCaptureFixture
) -> None:
    text = """
        input_stream: "a" input_stream: "b" max_queue_size: 3
        node { calculator: "ConfJoin" input_stream: "a" input_stream: "b" output_stream: "out"
               input_stream_handler { input_stream_handler: "EarlyCloseInputStreamHandler" } }
    """
    h = harness(text).start()
    h.push("a", *[(n, n) for n in range(3)])
    h.graph.close_input_stream("b")
    h.push("a", *[(n, n) for n in range(3, 50)])
    assert caplog.records == []
    h.finish()


def test_nested_pushes_do_not_wait(harness: MakeHarness) -> None:
    h = harness(JOIN % 2).watch("out")
    h.graph.observe_output_stream("a", lambda p: h.push("b", *[(n, n) for n in range(p.payload)]))
    h.start().push("a", (9, 20)).finish()
    assert h.times("out") == [*range(9), 20]


@pytest.mark.parametrize("blocks", [pytest.param(True, id="waits"), pytest.param(False, id="raises")])
def test_a_stuck_queue_grows_however_packets_are_added(harness: MakeHarness, blocks: bool) -> None:
    """S40: a push that may not wait finds room, too, where nothing but a grown queue can make any."""
    h = harness(JOIN % 2).watch("out")
    h.graph.add_mode_blocks = blocks
    h.start().push("a", *[(n, n) for n in range(6)]).push("b", (0, 10)).finish()
    assert h.times("out") == [0, 1, 2, 3, 4, 5, 10]


def test_a_push_that_may_not_wait_is_refused_by_a_full_poller(harness: MakeHarness) -> None:
    """S39, S40: the program is to empty the poller; its queue does not grow."""
    h = harness('input_stream: "a" node { calculator: "ConfPass" input_stream: "a" output_stream: "b" }')
    poller = h.graph.add_output_stream_poller("b", max_queue_size=1)
    h.graph.add_mode_blocks = False
    h.start().push("a", (0, 0))
    for _ in range(3):
        with pytest.raises(ThrottledError):
            h.push("a", (1, 1))
    assert poller.next(timeout=60).payload == 0
    h.push("a", (1, 1))
    assert poller.next(timeout=60).payload == 1
    h.finish()


def test_a_push_that_may_not_wait_reports_a_deadlock_where_the_config_asks_for_it(harness: MakeHarness) -> None:
    h = harness("report_deadlock: true" + JOIN % 2)
    h.graph.add_mode_blocks = False
    h.start().push("a", (0, 0), (1, 1))
    with pytest.raises(DeadlockError):
        h.push("a", (2, 2))


def test_a_source_behind_a_full_poller_and_a_lagging_join_goes_on(
    harness: MakeHarness, script: type[Script]
) -> None:
    """S40: once the poller is emptied, the join's queue alone holds the source back, and grows."""
    made: list[int] = []

    def produce(cc: CalculatorContext) -> Status | None:
        if len(made) == 6:
            cc.outputs[1].send(7, Timestamp(1000))
            return Status.STOP
        cc.outputs[0].send(len(made), Timestamp(len(made)))
        made.append(len(made))
        return None

    text = """
        max_queue_size: 2
        node { calculator: "ConfNoOffset" output_stream: "a" output_stream: "b" input_side_packet: "SCRIPT:p" }
        node { calculator: "ConfJoin" input_stream: "a" input_stream: "b" output_stream: "out" }
    """
    h = harness(text, p=script(process=produce))
    poller = h.graph.add_output_stream_poller("a", max_queue_size=1)
    h.watch("out").start()
    taken = []
    while (packet := poller.next(timeout=60)) is not None:
        taken.append(packet.payload)
    h.finish()
    assert taken == [0, 1, 2, 3, 4, 5]
    assert h.times("out") == [0, 1, 2, 3, 4, 5, 1000]


def test_a_push_behind_a_full_poller_and_a_lagging_join_goes_on(harness: MakeHarness) -> None:
    """S39, S40: the push is let go on whoever fills or empties last, the join's queue or the poller's."""
    h = harness(JOIN % 1)
    poller = h.graph.add_output_stream_poller("a", max_queue_size=1)
    h.start()
    pusher = threading.Thread(target=lambda: h.push("a", *[(n, n) for n in range(300)]), daemon=True)
    pusher.start()
    for n in range(300):
        packet = poller.next(timeout=60)
        assert packet is not None
        assert packet.payload == n
    pusher.join(timeout=60)
    assert not pusher.is_alive()
    h.finish()
