"""Readiness of the input policies, by tables: queues and bounds in, decisions out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import graphkit.framework._handlers  # noqa: F401 - registers them
from graphkit import Decision, InputStreamHandler, Packet, Readiness, Timestamp, input_stream_handler
from graphkit._runtime.streams import InputStream, OutputStream
from graphkit.errors import RegistryError
from graphkit.framework import TagMap
from graphkit.framework._registry import find_input_stream_handler
from graphkit.framework._settled import DONE_SETTLED, MAX, PRE_STREAM, UNSTARTED

if TYPE_CHECKING:
    from collections.abc import Sequence

READY, NOT_READY, CLOSE = Readiness.READY, Readiness.NOT_READY, Readiness.CLOSE
END = DONE_SETTLED
Stream = tuple[list[int], int]
"""Timestamps that wait, and how far the stream is settled."""


class FakeNode:
    """The reader of the queues."""

    name = "reader"


def make(name: str, streams: Sequence[Stream], *, bounds: bool = False, **options: Any) -> InputStreamHandler:
    tags = TagMap.from_entries([f"s{i}" for i in range(len(streams))])
    queues = []
    for i, (waiting, settled) in enumerate(streams):
        queue = InputStream(FakeNode(), i, OutputStream(f"s{i}", "maker"), -1)  # type: ignore[arg-type]
        queue.queue.extend(Packet(f"{i}@{t}", Timestamp.from_raw(t)) for t in waiting)
        queue.settled = max([settled, *waiting])
        queues.append(queue)
    handler: InputStreamHandler = find_input_stream_handler(name)(
        queues, tags, options, process_timestamp_bounds=bounds
    )
    return handler


def take(handler: InputStreamHandler, timestamp: int) -> list[str | None]:
    packets: list[Packet[Any]] = [Packet.empty()] * len(handler.streams)
    handler.take(timestamp, packets)
    return [packet.get_or(None) for packet in packets]


@pytest.mark.parametrize(
    ("streams", "expected"),
    [
        pytest.param([([], UNSTARTED)], (NOT_READY, UNSTARTED), id="nothing yet"),
        pytest.param([([5], 5)], (READY, 5), id="one packet"),
        pytest.param([([5, 9], 9), ([], 3)], (NOT_READY, 3), id="other not settled"),
        pytest.param([([5, 9], 9), ([], 4)], (NOT_READY, 4), id="other settled just below"),
        pytest.param([([5, 9], 9), ([], 5)], (READY, 5), id="other settled"),
        pytest.param([([5], 5), ([3], 3)], (READY, 3), id="earliest head"),
        pytest.param([([5], 5), ([5], 5)], (READY, 5), id="same time"),
        pytest.param([([], 7), ([], 4)], (NOT_READY, 4), id="bounds only"),
        pytest.param([([], END), ([], 4)], (NOT_READY, 4), id="one ended"),
        pytest.param([([], END), ([8], 8)], (READY, 8), id="packets after another ended"),
        pytest.param([([], END), ([], END)], (CLOSE, int(Timestamp.DONE)), id="all ended"),
        pytest.param([([PRE_STREAM], PRE_STREAM)], (READY, PRE_STREAM), id="pre stream"),
    ],
)
def test_default(streams: list[Stream], expected: tuple[Readiness, int]) -> None:
    assert make("DefaultInputStreamHandler", streams).readiness() == Decision(*expected)


@pytest.mark.parametrize(
    ("streams", "expected"),
    [
        pytest.param([([], UNSTARTED)], [(NOT_READY, UNSTARTED)], id="nothing yet"),
        pytest.param([([], PRE_STREAM)], [(NOT_READY, PRE_STREAM)], id="nothing ordinary"),
        pytest.param([([], 7), ([], 4)], [(READY, 4), (NOT_READY, 4)], id="a bound once"),
        pytest.param([([9], 9), ([], 4)], [(READY, 4), (NOT_READY, 4)], id="a bound before a packet"),
        pytest.param([([3], 6), ([], 4)], [(READY, 3), (READY, 4), (NOT_READY, 4)], id="a packet, then a bound"),
        pytest.param([([], END)], [(CLOSE, int(Timestamp.DONE))] * 2, id="end"),
    ],
)
def test_default_with_bounds(streams: list[Stream], expected: list[tuple[Readiness, int]]) -> None:
    handler = make("DefaultInputStreamHandler", streams, bounds=True)
    for readiness, timestamp in expected:
        decision = handler.readiness()
        assert decision == Decision(readiness, timestamp)
        if decision.readiness is READY:
            take(handler, decision.timestamp)


def test_default_takes_what_is_there() -> None:
    handler = make("DefaultInputStreamHandler", [([5, 9], 9), ([], 6), ([5], 5)])
    assert take(handler, 5) == ["0@5", None, "2@5"]
    assert [stream.settled for stream in handler.streams] == [9, 6, 5]
    assert [len(stream.queue) for stream in handler.streams] == [1, 0, 0]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param(([], UNSTARTED), UNSTARTED, id="nothing"),
        pytest.param(([], PRE_STREAM), UNSTARTED, id="pre stream"),
        pytest.param(([], 41), 41, id="bound"),
        pytest.param(([41], 41), 40, id="packet"),
        pytest.param(([], END), MAX, id="ended"),
    ],
)
def test_empty_packets_tell_how_far_a_stream_is(stream: Stream, expected: int) -> None:
    assert make("DefaultInputStreamHandler", [stream]).streams[0].empty_timestamp() == expected


@pytest.mark.parametrize(
    ("streams", "steps"),
    [
        pytest.param([([], 3), ([], 8)], [(NOT_READY, 3)], id="nothing"),
        pytest.param([([5], 5), ([], UNSTARTED)], [(READY, 5), (NOT_READY, UNSTARTED)], id="waits for nobody"),
        pytest.param([([5], 5), ([2], 2)], [(READY, 2), (READY, 5), (NOT_READY, 2)], id="earliest first"),
        pytest.param([([], END), ([], 4)], [(READY, 4), (NOT_READY, 4)], id="tells of an end once"),
        pytest.param([([], END), ([], UNSTARTED)], [(READY, PRE_STREAM), (NOT_READY, UNSTARTED)], id="early end"),
        pytest.param([([], END), ([7], 7)], [(READY, 7), (NOT_READY, 7)], id="packets come before ends"),
        pytest.param([([], END), ([], END)], [(CLOSE, int(Timestamp.DONE))], id="all ended"),
    ],
)
def test_immediate(streams: list[Stream], steps: list[tuple[Readiness, int]]) -> None:
    handler = make("ImmediateInputStreamHandler", streams)
    for readiness, timestamp in steps:
        decision = handler.readiness()
        assert decision == Decision(readiness, timestamp)
        if decision.readiness is READY:
            take(handler, decision.timestamp)


def test_immediate_with_bounds_processes_an_end_at_the_last_timestamp() -> None:
    handler = make("ImmediateInputStreamHandler", [([], END), ([], 4)], bounds=True)
    seen = []
    while (decision := handler.readiness()).readiness is READY:
        seen.append(decision.timestamp)
        take(handler, decision.timestamp)
    assert seen == [4, MAX]
    assert decision.readiness is NOT_READY


@pytest.mark.parametrize(
    ("streams", "steps"),
    [
        pytest.param([([5], 5), ([], 2), ([], 9)], [(NOT_READY, 2)], id="partner missing"),
        pytest.param([([5], 5), ([], 2), ([9], 9)], [(READY, 9), (NOT_READY, 2)], id="another set is ready"),
        pytest.param([([5], 5), ([5], 5), ([3], 3)], [(READY, 3), (READY, 5)], id="earliest set first"),
        pytest.param([([], END), ([], END), ([], 3)], [(NOT_READY, 3)], id="one set ended"),
        pytest.param([([], END), ([], END), ([], END)], [(CLOSE, 0)], id="all ended"),
    ],
)
def test_sync_sets(streams: list[Stream], steps: list[tuple[Readiness, int]]) -> None:
    sets = [{"tag_index": [":0", ":1"]}]
    handler = make("SyncSetInputStreamHandler", streams, sync_set=sets)
    for readiness, timestamp in steps:
        decision = handler.readiness()
        assert decision == Decision(readiness, timestamp)
        if decision.readiness is READY:
            take(handler, decision.timestamp)


@pytest.mark.parametrize(
    ("streams", "expected"),
    [
        pytest.param([([5], 5), ([], 9)], (NOT_READY, 4), id="one empty"),
        pytest.param([([5], 5), ([], 2)], (NOT_READY, 2), id="one empty and behind"),
        pytest.param([([], UNSTARTED), ([], UNSTARTED)], (NOT_READY, UNSTARTED), id="nothing"),
        pytest.param([([5], 5), ([90], 90)], (READY, 5), id="any times"),
        pytest.param([([5], 5), ([], END)], (CLOSE, int(Timestamp.DONE)), id="one ended"),
        pytest.param([([5], END), ([9], END)], (READY, 5), id="ended with packets left"),
    ],
)
def test_barrier(streams: list[Stream], expected: tuple[Readiness, int]) -> None:
    assert make("BarrierInputStreamHandler", streams).readiness() == Decision(*expected)


@pytest.mark.parametrize(
    ("streams", "expected"),
    [
        pytest.param([([5], 5), ([], 5)], (READY, 5), id="as the default"),
        pytest.param([([5], 5), ([], 4)], (NOT_READY, 4), id="waits as the default"),
        pytest.param([([5], 5), ([], END)], (CLOSE, int(Timestamp.DONE)), id="one ended"),
        pytest.param([([5], END), ([], 5)], (READY, 5), id="ended with packets left"),
    ],
)
def test_early_close(streams: list[Stream], expected: tuple[Readiness, int]) -> None:
    assert make("EarlyCloseInputStreamHandler", streams).readiness() == Decision(*expected)


@pytest.mark.parametrize(
    ("options", "streams", "left", "readiness"),
    [
        pytest.param({}, [([1], 1)], [[1]], READY, id="one packet"),
        pytest.param({}, [([1, 2, 3], 3)], [[3]], READY, id="newest"),
        pytest.param({}, [([1, 2, 3], 3), ([1], 1)], [[3], []], NOT_READY, id="older ones of all streams"),
        pytest.param({}, [([1, 2, 3], 3), ([], 3)], [[3], []], READY, id="other settled"),
        pytest.param(
            {"trigger_queue_size": 4, "target_queue_size": 2}, [([1, 2, 3], 3)], [[1, 2, 3]], READY, id="below"
        ),
        pytest.param(
            {"trigger_queue_size": 3, "target_queue_size": 2}, [([1, 2, 3], 3)], [[2, 3]], READY, id="at trigger"
        ),
        pytest.param(
            {"fixed_min_size": True}, [([1, 2, 3], 3), ([1], 1)], [[1, 2, 3], [1]], READY, id="not every stream"
        ),
        pytest.param(
            {"fixed_min_size": True}, [([1, 2, 3], 3), ([1, 2], 2)], [[2, 3], [2]], READY, id="every stream"
        ),
    ],
)
def test_fixed_size(
    options: dict[str, Any], streams: list[Stream], left: list[list[int]], readiness: Readiness
) -> None:
    handler = make("FixedSizeInputStreamHandler", streams, **options)
    decision = handler.readiness()
    assert [[int(packet.timestamp) for packet in stream.queue] for stream in handler.streams] == left
    assert decision.readiness is readiness
    if readiness is READY:
        assert decision.timestamp == min(times[0] for times in left if times)


def test_fixed_size_drops_what_arrives_below_what_was_dropped() -> None:
    handler = make("FixedSizeInputStreamHandler", [([1, 2, 3], 3), ([], UNSTARTED)])
    assert handler.readiness().readiness is NOT_READY
    late = handler.streams[1]
    late.queue.append(Packet("late", 2))
    late.settled = 2
    assert handler.readiness() == Decision(NOT_READY, 2)
    assert not late.queue


def test_handlers_are_found_by_name() -> None:
    with pytest.raises(RegistryError) as caught:
        find_input_stream_handler("DefalutInputStreamHandler")
    assert str(caught.value) == (
        'Unable to find InputStreamHandler "DefalutInputStreamHandler". '
        "Did you mean 'DefaultInputStreamHandler'?"
    )


def test_a_name_that_is_taken() -> None:
    with pytest.raises(RegistryError) as caught:

        @input_stream_handler("BarrierInputStreamHandler")
        class Mine(InputStreamHandler):
            """Another one."""

    message = str(caught.value)
    assert message.startswith('input stream handler "BarrierInputStreamHandler" is already ')
    assert message.endswith("cannot be it too")


@pytest.mark.parametrize(
    ("streams", "expected", "taken"),
    [
        pytest.param([([], 7), ([1], 1)], (NOT_READY, 7), None, id="no base yet"),
        pytest.param([([50], 50), ([], UNSTARTED)], (READY, 50), ["0@50", None], id="base alone"),
        pytest.param(
            [([50], 50), ([], UNSTARTED), ([3], 3)], (READY, 50), ["0@50", None, None], id="two of three"
        ),
        pytest.param([([50], 50), ([3], 3)], (READY, 50), ["0@50", "1@3"], id="all"),
        pytest.param(
            [([50], 50), ([PRE_STREAM], END)], (READY, 50), ["0@50", f"1@{PRE_STREAM}"], id="before stream"
        ),
        pytest.param([([50], 50), ([MAX], END)], (READY, 50), ["0@50", f"1@{MAX}"], id="last time"),
        pytest.param([([50], 50), ([MAX + 1], END)], (READY, 50), ["0@50", None], id="after stream"),
        pytest.param([([MAX + 1], END), ([3], 3)], (READY, MAX + 1), [f"0@{MAX + 1}", None], id="sum of the base"),
        pytest.param([([], END), ([3], 3)], (CLOSE, int(Timestamp.DONE)), None, id="base never came"),
        pytest.param([([50], 50)], (READY, 50), ["0@50"], id="base is all there is"),
    ],
)
def test_align_begins(
    streams: list[Stream], expected: tuple[Readiness, int], taken: list[str | None] | None
) -> None:
    handler = make("TimestampAlignInputStreamHandler", streams, timestamp_base_tag_index=":0")
    assert handler.readiness() == Decision(*expected)
    if taken is not None:
        assert take(handler, expected[1]) == taken


@pytest.mark.parametrize(
    ("base", "other", "expected"),
    [
        pytest.param(([], 100), ([], 0), (NOT_READY, 100), id="nothing more"),
        pytest.param(([105], 105), ([], 4), (NOT_READY, 104), id="other behind"),
        pytest.param(([105], 105), ([], 5), (READY, 105), id="other settled"),
        pytest.param(([], 105), ([5], 5), (READY, 105), id="other alone"),
        pytest.param(([], 103), ([5], 5), (NOT_READY, 103), id="base behind"),
        pytest.param(([105], 105), ([], END), (READY, 105), id="other ended"),
        pytest.param(([], END), ([7], 7), (READY, 107), id="base ended"),
        pytest.param(([], END), ([], END), (CLOSE, int(Timestamp.DONE)), id="all ended"),
    ],
)
def test_align_goes_on_as_the_default_policy(base: Stream, other: Stream, expected: tuple[Readiness, int]) -> None:
    """The base began at 100, the other at 0."""
    handler = make("TimestampAlignInputStreamHandler", [([100], 100), ([0], 0)], timestamp_base_tag_index=":0")
    handler.readiness()
    take(handler, 100)
    for stream, (waiting, settled) in zip(handler.streams, (base, other), strict=True):
        stream.queue.extend(Packet(t, Timestamp(t)) for t in waiting)
        stream.settled = settled
    assert handler.readiness() == Decision(*expected)


def test_immediate_beside_a_packet_that_sums_a_stream_up() -> None:
    handler = make("ImmediateInputStreamHandler", [([5], 5), ([MAX + 1], END)])
    assert handler.readiness() == Decision(READY, 5)
    assert take(handler, 5) == ["0@5", None]
    assert handler.readiness() == Decision(READY, MAX + 1)
