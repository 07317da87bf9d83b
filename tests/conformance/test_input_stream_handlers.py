"""Input policies in whole graphs: chosen by config, graph or calculator, and what nodes see."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import Decision, InputStreamHandler, Packet, Readiness, Timestamp, input_stream_handler
from graphkit.errors import CalculatorError, GraphValidationError

if TYPE_CHECKING:
    from conformance.harness import MakeHarness, Script
    from graphkit import CalculatorContext

NODE = """
    input_stream: "a" input_stream: "b" input_stream: "c"
    node { name: "n" calculator: "%s" input_stream: "A:a" input_stream: "B:b" input_stream: "C:c"
           input_side_packet: "SCRIPT:s" %s }
"""


def handler(name: str, options: str = "") -> str:
    wrapped = f"options {{ {options} }}" if options else ""
    return f'input_stream_handler {{ input_stream_handler: "{name}" {wrapped} }}'


class Seen:
    """A process that notes its input time and its inputs' payloads."""

    def __init__(self) -> None:
        self.sets: list[tuple[int, list[Any]]] = []

    def __call__(self, cc: CalculatorContext) -> None:
        self.sets.append((int(cc.input_timestamp), [packet.get_or(None) for packet in cc.inputs]))


@input_stream_handler("ConfNewestHandler")
class ConfNewestHandler(InputStreamHandler):
    """A policy of a user: ready with the first stream, newest packet only."""

    def readiness(self) -> Decision:
        first = self.streams[0]
        if first.queue:
            return Decision(Readiness.READY, int(first.queue[-1].timestamp))
        return Decision(Readiness.CLOSE if first.is_done else Readiness.NOT_READY, int(Timestamp.UNSTARTED))

    def take(self, timestamp: int, packets: list[Packet[Any]]) -> None:
        for stream in self.streams:
            found = stream.pop_at(timestamp)
            packets[stream.index] = found if found is not None else Packet.empty(Timestamp.UNSTARTED)


def test_immediate_takes_each_stream_as_it_comes_even_backwards(
    harness: MakeHarness, script: type[Script]
) -> None:
    """S13."""
    seen = Seen()
    h = harness(NODE % ("ConfImmediate", ""), s=script(process=seen)).start()
    h.push("a", (1, 50)).push("b", (2, 10)).push("a", (3, 60))
    assert seen.sets == [(50, [1, None, None]), (10, [None, 2, None]), (60, [3, None, None])]
    h.finish()


def test_immediate_tells_of_the_end_of_a_stream(harness: MakeHarness, script: type[Script]) -> None:
    seen = Seen()
    h = harness(NODE % ("ConfImmediate", ""), s=script(process=seen)).start()
    h.push("a", (1, 50))
    h.graph.close_input_stream("b")
    assert len(seen.sets) == 2
    assert seen.sets[1][1] == [None, None, None]
    h.finish()


def test_the_node_decides_before_graph_and_calculator(harness: MakeHarness, script: type[Script]) -> None:
    """S11."""
    default = handler("DefaultInputStreamHandler")
    for text, synchronised in (
        (NODE % ("ConfImmediate", default), True),
        (default + NODE % ("ConfImmediate", ""), True),
        (NODE % ("ConfImmediate", ""), False),
        (default + NODE % ("ConfScripted", handler("ImmediateInputStreamHandler")), False),
    ):
        seen = Seen()
        h = harness(text, s=script(process=seen)).start().push("a", (1, 50))
        assert bool(seen.sets) is not synchronised
        h.finish()


def test_sync_sets_are_independent(harness: MakeHarness, script: type[Script]) -> None:
    """S14."""
    options = '[mediapipe.SyncSetInputStreamHandlerOptions.ext] { sync_set { tag_index: ["A", "B:0"] } }'
    seen = Seen()
    text = NODE % ("ConfNoOffset", handler("SyncSetInputStreamHandler", options))
    h = harness(text, s=script(process=seen)).start()
    h.push("a", (1, 50))
    assert seen.sets == [], "A and B wait for each other"
    h.push("c", (3, 70))
    assert seen.sets == [(70, [None, None, 3])], "C waits for nobody"
    h.push("b", (2, 50))
    assert seen.sets[1:] == [(50, [1, 2, None])]
    h.finish()


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        pytest.param(
            'sync_set { tag_index: "D" }',
            'node "n" (ConfNoOffset): SyncSetInputStreamHandler: sync_set names "D", which is not an input of the '
            "node; inputs: A, B, C",
            id="unknown",
        ),
        pytest.param(
            'sync_set { tag_index: "A" } sync_set { tag_index: "A" }',
            'node "n" (ConfNoOffset): SyncSetInputStreamHandler: stream "a" is in two sync sets',
            id="twice",
        ),
    ],
)
def test_sync_sets_that_do_not_fit(harness: MakeHarness, script: type[Script], tags: str, message: str) -> None:
    options = f"[mediapipe.SyncSetInputStreamHandlerOptions.ext] {{ {tags} }}"
    with pytest.raises(GraphValidationError) as caught:
        harness(NODE % ("ConfNoOffset", handler("SyncSetInputStreamHandler", options)), s=script())
    assert [fault.message for fault in caught.value.faults] == [message]


def test_mux_waits_for_the_selected_stream_only(harness: MakeHarness, script: type[Script]) -> None:
    """S15."""
    seen = Seen()
    h = harness(NODE % ("ConfScripted", handler("MuxInputStreamHandler")), s=script(process=seen)).start()
    h.push("a", (10, 1)).push("c", (0, 1))
    assert seen.sets == [(1, [10, None, 0])]
    h.push("a", (11, 2), (12, 3)).push("c", (1, 3))
    assert len(seen.sets) == 1, "B is not settled at 3"
    h.push("b", (23, 3))
    assert seen.sets[1:] == [(3, [None, 23, 1])]
    h.push("a", (13, 4)).push("c", (0, 4))
    assert seen.sets[2:] == [(4, [13, None, 0])]
    h.finish()


def test_mux_drops_what_comes_late_on_a_stream_that_was_not_selected(
    harness: MakeHarness, script: type[Script]
) -> None:
    """S15: the order of arrival changes nothing."""
    seen = Seen()
    h = harness(NODE % ("ConfScripted", handler("MuxInputStreamHandler")), s=script(process=seen)).start()
    h.push("c", (0, 10)).push("a", (1, 10)).push("b", (7, 5), (8, 10))
    h.push("c", (1, 20)).push("b", (9, 20)).finish()
    assert seen.sets == [(10, [1, None, 0]), (20, [None, 9, 1])]


def test_mux_is_not_held_up_by_packets_that_no_selection_can_need(
    harness: MakeHarness, script: type[Script]
) -> None:
    """S15, S40: a full queue of them would be called a deadlock."""
    seen = Seen()
    text = f"max_queue_size: 2 report_deadlock: true {NODE}"
    h = harness(text % ("ConfScripted", handler("MuxInputStreamHandler")), s=script(process=seen)).start()
    h.push("c", (0, 20)).push("b", (1, 1), (2, 2), (3, 3))
    assert seen.sets == []
    h.push("a", (10, 20)).finish()
    assert seen.sets == [(20, [10, None, 0])]


@pytest.mark.parametrize("told_early", [True, False])
def test_mux_passes_on_that_there_is_nothing_before_its_select(
    harness: MakeHarness, script: type[Script], told_early: bool
) -> None:
    """S9, S15: whether or not the bound of SELECT was known before its packet."""
    text = NODE.replace('"SCRIPT:s"', '"SCRIPT:s" output_stream: "out"')
    h = harness(text % ("ConfScripted", handler("MuxInputStreamHandler")), s=script()).start()
    h.graph.set_input_stream_timestamp_bound("a", 5)
    if told_early:
        h.graph.set_input_stream_timestamp_bound("c", 40)
    h.push("c", (0, 40))
    assert h.graph.output_stream_bound("out") == 40
    h.graph.cancel_quietly()


def test_mux_with_a_select_that_stands_for_the_whole_stream(harness: MakeHarness, script: type[Script]) -> None:
    seen = Seen()
    h = harness(NODE % ("ConfScripted", handler("MuxInputStreamHandler")), s=script(process=seen)).start()
    h.push("c", (0, Timestamp.PRE_STREAM)).push("a", (1, Timestamp.PRE_STREAM)).finish()
    assert seen.sets == [(int(Timestamp.PRE_STREAM), [1, None, 0])]


@pytest.mark.parametrize("select", [2, -1, "0"])
def test_mux_refuses_what_it_cannot_select(harness: MakeHarness, script: type[Script], select: Any) -> None:
    h = harness(NODE % ("ConfScripted", handler("MuxInputStreamHandler")), s=script()).start()
    h.push("c", (select, 5))
    with pytest.raises(CalculatorError) as caught:
        h.finish()
    assert str(caught.value) == (
        'MuxInputStreamHandler.readiness() of node "n (ConfScripted)" failed: PacketError: SELECT is '
        f"{select!r} at 5; it must be an int from 0 to 1"
    )


def test_barrier_ignores_timestamps(harness: MakeHarness, script: type[Script]) -> None:
    """S15."""
    seen = Seen()
    s = script(process=seen)
    h = harness(NODE % ("ConfScripted", handler("BarrierInputStreamHandler")), s=s).start()
    h.push("a", (1, 100), (2, 200)).push("b", (3, 7))
    assert seen.sets == []
    h.push("c", (4, 50), (5, 51)).push("b", (6, 300))
    assert seen.sets == [(7, [1, 3, 4]), (51, [2, 6, 5])]
    h.graph.close_input_stream("b")
    assert s.calls[-1] == "close"
    h.finish()


def test_early_close_ends_with_the_first_stream(harness: MakeHarness, script: type[Script]) -> None:
    """S15."""
    seen = Seen()
    s = script(process=seen)
    h = harness(NODE % ("ConfScripted", handler("EarlyCloseInputStreamHandler")), s=s).start()
    h.push("a", (1, 1), (2, 2)).push("b", (3, 1), (4, 2)).push("c", (5, 1))
    assert seen.sets == [(1, [1, 3, 5])]
    h.graph.close_input_stream("c")
    assert s.calls[-1] == "close"
    h.push("a", (9, 9)).finish()
    assert len(seen.sets) == 1


FIXED = "[mediapipe.FixedSizeInputStreamHandlerOptions.ext] { %s }"
ONE = """
    input_stream: "a" max_queue_size: 2
    node { name: "n" calculator: "ConfBlocking" input_stream: "a" input_side_packet: "SCRIPT:s" %s }
"""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("", [0, 9], id="default"),
        pytest.param("trigger_queue_size: 5 target_queue_size: 2", [0, 7, 8, 9], id="5 to 2"),
        pytest.param("trigger_queue_size: 3 target_queue_size: 1 fixed_min_size: true", [0, 9], id="fixed"),
    ],
)
def test_fixed_size_drops_old_packets_while_the_node_is_busy(
    harness: MakeHarness, script: type[Script], options: str, expected: list[int]
) -> None:
    """S15."""
    entered, go_on = threading.Event(), threading.Event()
    seen: list[int] = []

    def process(cc: CalculatorContext) -> None:
        seen.append(int(cc.input_timestamp))
        entered.set()
        assert go_on.wait(60)

    text = (ONE % handler("FixedSizeInputStreamHandler", FIXED % options)).replace("size: 2", "size: 6", 1)
    h = harness(text, s=script(process=process)).start()
    h.push("a", (0, 0))
    assert entered.wait(60)
    h.push("a", *[(n, n) for n in range(1, 10)])
    go_on.set()
    h.finish()
    assert seen == expected


def test_fixed_size_keeps_streams_together(harness: MakeHarness, script: type[Script]) -> None:
    seen = Seen()
    h = harness(NODE % ("ConfScripted", handler("FixedSizeInputStreamHandler")), s=script(process=seen)).start()
    h.push("a", (1, 1), (2, 2), (3, 3))
    h.push("b", (1, 1), (2, 2), (3, 3)).push("c", (1, 1), (2, 2), (3, 3))
    assert seen.sets == [(3, [3, 3, 3])]
    h.finish()


def test_fixed_size_with_sizes_that_make_no_sense(harness: MakeHarness, script: type[Script]) -> None:
    text = ONE % handler("FixedSizeInputStreamHandler", FIXED % "trigger_queue_size: 2 target_queue_size: 3")
    with pytest.raises(GraphValidationError) as caught:
        harness(text, s=script())
    assert str(caught.value) == (
        '<text>:3:97: node "n" (ConfBlocking): FixedSizeInputStreamHandler: target_queue_size is 3 and '
        "trigger_queue_size 2; expected 1 <= target_queue_size <= trigger_queue_size"
    )


ALIGN = """
    input_stream: "video" input_stream: "camera"
    node { name: "n" calculator: "%s" input_stream: "VIDEO:video" input_stream: "CAMERA:camera"
           input_side_packet: "SCRIPT:s" %s }
"""


def align(base: str) -> str:
    options = f'[mediapipe.TimestampAlignInputStreamHandlerOptions.ext] {{ timestamp_base_tag_index: "{base}" }}'
    return handler("TimestampAlignInputStreamHandler", options)


def test_timestamp_align_follows_the_base_until_all_streams_have_begun(
    harness: MakeHarness, script: type[Script]
) -> None:
    """S15: Inputs are listed as CAMERA, VIDEO."""
    seen = Seen()
    h = harness(ALIGN % ("ConfScripted", align("CAMERA")), s=script(process=seen)).start()
    h.push("camera", (1, 101), (2, 102))
    assert seen.sets == [(101, [1, None]), (102, [2, None])]
    h.push("video", (1, 1))
    assert len(seen.sets) == 2
    h.push("camera", (3, 103))
    assert seen.sets[2:] == [(103, [3, 1])]
    h.push("camera", (4, 104))
    assert len(seen.sets) == 3, "from now on the base waits for the others"
    h.push("video", (4, 4))
    assert seen.sets[3:] == [(104, [4, None])]
    h.finish()
    assert seen.sets[4:] == [(106, [None, 4])]


def test_timestamp_align_with_streams_of_different_rates(harness: MakeHarness, script: type[Script]) -> None:
    """A video from 0 s at 2 a second beside a camera from 100 s at 1 a second."""
    seen = Seen()
    h = harness(ALIGN % ("ConfScripted", align("CAMERA:0")), s=script(process=seen)).start()
    h.push("video", (0, 0))
    assert seen.sets == []
    h.push("camera", (0, 100_000_000)).push("video", (1, 500_000), (2, 1_000_000)).push("camera", (1, 101_000_000))
    assert seen.sets == [(100_000_000, [0, 0]), (100_500_000, [None, 1]), (101_000_000, [1, 2])]
    h.finish()
    assert len(seen.sets) == 3


def test_timestamp_align_stamps_packets_with_the_time_of_the_base(
    harness: MakeHarness, script: type[Script]
) -> None:
    told: list[list[int]] = []
    s = script(process=lambda cc: told.append([int(packet.timestamp) for packet in cc.inputs]))
    h = harness(ALIGN % ("ConfScripted", align("CAMERA")), s=s).start()
    h.push("video", (1, 5), (2, 7)).push("camera", (1, 50), (2, 51))
    h.finish()
    assert told == [[50, 50], [51, 51], [int(Timestamp.MAX), 52]]


def test_timestamp_align_closes_where_the_base_ends_before_the_others_begin(
    harness: MakeHarness, script: type[Script]
) -> None:
    s = script(process=Seen())
    h = harness(ALIGN % ("ConfScripted", align("CAMERA")), s=s).start()
    h.push("video", (1, 5))
    h.graph.close_input_stream("camera")
    assert s.calls == ["open", "close"]
    h.finish()


@pytest.mark.parametrize("base", ["", "AUDIO", "VIDEO:1", "video", "VIDEO:x", "VIDEO:" + "1" * 30])
def test_timestamp_align_without_its_base(harness: MakeHarness, script: type[Script], base: str) -> None:
    with pytest.raises(GraphValidationError) as caught:
        harness(ALIGN % ("ConfScripted", align(base)), s=script())
    assert [fault.message for fault in caught.value.faults] == [
        'node "n" (ConfScripted): TimestampAlignInputStreamHandler: timestamp_base_tag_index names '
        f'"{base}", which is not an input of the node; inputs: CAMERA, VIDEO'
    ]


def test_a_policy_of_the_program(harness: MakeHarness, script: type[Script]) -> None:
    """S17."""
    seen = Seen()
    h = harness(NODE % ("ConfScripted", handler("ConfNewestHandler")), s=script(process=seen)).start()
    h.push("b", (7, 5)).push("a", (1, 5))
    assert seen.sets == [(5, [1, 7, None])]
    h.finish()


def test_the_bound_behind_a_node_that_was_told_of_an_end_before_anything_came(
    harness: MakeHarness, script: type[Script]
) -> None:
    """S13: the call for the end of an input stands before all time."""
    text = NODE.replace('"SCRIPT:s"', '"SCRIPT:s" output_stream: "out"')
    h = harness(text % ("ConfScripted", handler("ImmediateInputStreamHandler")), s=script()).start()
    h.graph.close_input_stream("a")
    assert h.graph.output_stream_bound("out") == Timestamp.MIN
    h.finish()


def test_headers_and_bounds_of_inputs_that_are_not_taken(harness: MakeHarness, script: type[Script]) -> None:
    """Under the immediate policy the other inputs tell how far they are."""
    told: list[list[int]] = []
    s = script(process=lambda cc: told.append([int(packet.timestamp) for packet in cc.inputs]))
    h = harness(NODE % ("ConfImmediate", ""), s=s).start()
    h.graph.set_input_stream_timestamp_bound("b", 31)
    h.push("a", (1, 50))
    assert told == [[50, 30, int(Timestamp.UNSTARTED)]]
    h.finish()
