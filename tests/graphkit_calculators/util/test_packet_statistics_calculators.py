"""PacketFrequency, PacketLatency and ClockTimestamp, by a clock that the tests hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from graphkit.errors import GraphValidationError
from graphkit.formats import PacketFrequency, PacketLatency
from graphkit.framework import CLOCK, Clock
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable


class ListedTimes(Clock):
    """Shows one time after the other."""

    def __init__(self, times_us: Iterable[int]) -> None:
        self._times = iter(times_us)

    def now_us(self) -> int:
        return next(self._times)

    def sleep_until(self, time_us: int, wake: threading.Event | None = None) -> None:
        raise AssertionError("nothing here sleeps")


def frequency_node(options: str, streams: int = 1) -> CalculatorRunner:
    inputs = " ".join(f'input_stream: "in{i}" output_stream: "out{i}"' for i in range(streams))
    return CalculatorRunner(f"""
        calculator: "PacketFrequencyCalculator" {inputs}
        options {{ [mediapipe.PacketFrequencyCalculatorOptions.ext] {{ {options} }} }}
    """)


@pytest.mark.parametrize(
    ("times_ms", "expected"),
    [
        pytest.param([0], [0.0], id="first"),
        pytest.param([0, 100, 200], [0.0, 20.0, 15.0], id="until-the-window-is-full"),
        pytest.param([0, 500, 1000, 1500, 2000], [0.0, 4.0, 3.0, 3.0, 3.0], id="window-of-a-second"),
        pytest.param([0, 100, 5000], [0.0, 20.0, 1.0], id="after-a-gap"),
    ],
)
def test_frequency(times_ms: list[int], expected: list[float]) -> None:
    runner = frequency_node('time_window_sec: 1 label: "camera"')
    for time in times_ms:
        runner.add(0, "frame", time * 1000)
    packets = runner.run().outputs[0]
    assert [p.timestamp for p in packets] == [time * 1000 for time in times_ms]
    assert [p.payload for p in packets] == [PacketFrequency(hertz, "camera") for hertz in expected]


def test_streams_are_measured_one_by_one() -> None:
    runner = frequency_node('label: "a" label: "b"', streams=2)
    runner.add(0, 1, 500_000)
    runner.add(1, 1, 100_000)  # earlier than what was there before
    runner.add(1, 1, 200_000)
    runner.run()
    assert [p.payload for p in runner.outputs[0]] == [PacketFrequency(0.0, "a")]
    assert [p.payload for p in runner.outputs[1]] == [PacketFrequency(0.0, "b"), PacketFrequency(20.0, "b")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param("", "found 1 inputs, 1 outputs and 0 labels", id="no-label"),
        pytest.param('label: ""', r"labels \(not empty\) are needed", id="empty-label"),
        pytest.param(
            'label: "a" time_window_sec: 0', r"time_window_sec is 0\.0; it must be above 0", id="no-window"
        ),
    ],
)
def test_contradictions_of_frequency(options: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        frequency_node(options).run()


def latency_node(options: str = "", times_us: Iterable[int] = (), *, lend: bool = True) -> CalculatorRunner:
    side = "" if lend else 'input_side_packet: "CLOCK:clock"'
    runner = CalculatorRunner(f"""
        calculator: "PacketLatencyCalculator"
        input_stream: "results" input_stream: "REFERENCE_SIGNAL:frames" {side}
        output_stream: "latency"
        options {{ [mediapipe.PacketLatencyCalculatorOptions.ext] {{ {options} }} }}
    """)
    if lend:
        runner.set_service(CLOCK, ListedTimes(times_us))
    else:
        runner.side_packets["CLOCK"] = ListedTimes(times_us)
    return runner


@pytest.mark.parametrize(
    "lend", [pytest.param(True, id="clock-of-the-graph"), pytest.param(False, id="side-packet")]
)
def test_latency_is_counted_from_the_first_reference(lend: bool) -> None:
    options = "num_intervals: 3 interval_size_usec: 100"
    runner = latency_node(options, [5_000, 5_150, 5_900, 6_600], lend=lend)
    runner.add("REFERENCE_SIGNAL", "frame", 1_000)
    runner.add(0, "result", 1_000)
    runner.add("REFERENCE_SIGNAL", "frame", 2_000)
    runner.add(0, "result", 2_000)
    packets = runner.run().outputs[0]
    assert [p.timestamp for p in packets] == [1_000, 2_000]
    assert [p.payload for p in packets] == [
        PacketLatency(150, (0, 1, 0), 3, 100, 150, "results", 150),
        PacketLatency(600, (0, 1, 1), 3, 100, 375, "results", 750),
    ]


def test_nothing_is_measured_before_a_reference_nor_for_early_packets() -> None:
    runner = latency_node('packet_labels: "x"', [10_000, 20_000, 20_100, 20_900])
    runner.add(0, "result", 1)  # no reference yet
    runner.add("REFERENCE_SIGNAL", "frame", 1_000)
    runner.add(0, "result", 1_500)  # due at 20500, there at 20100
    runner.add(0, "result", 1_600)
    (packet,) = runner.run().outputs[0]
    assert (packet.timestamp, packet.payload.current_latency_usec, packet.payload.label) == (1_600, 300, "x")


def test_statistics_start_afresh() -> None:
    runner = latency_node("reset_duration_usec: 1000 num_intervals: 1", [0, 100, 1_200])
    runner.add("REFERENCE_SIGNAL", "frame", 0)
    runner.add(0, "result", 0)
    runner.add(0, "result", 1_000)
    assert [p.payload.sum_latency_usec for p in runner.run().outputs[0]] == [100, 200]
    assert [p.payload.counts for p in runner.outputs[0]] == [(1,), (1,)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param('packet_labels: ["a", "b"]', "packet_labels has 2 names for 1 streams", id="labels"),
        pytest.param(
            "num_intervals: 0", "num_intervals is 0 and interval_size_usec 10000; both must", id="intervals"
        ),
    ],
)
def test_contradictions_of_latency(options: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        latency_node(options).run()


def test_latency_needs_an_output_a_stream() -> None:
    runner = CalculatorRunner(
        'calculator: "PacketLatencyCalculator" input_stream: "a" input_stream: "b" '
        'input_stream: "REFERENCE_SIGNAL:c" output_stream: "d"'
    )
    with pytest.raises(GraphValidationError, match="as many outputs as measured inputs are needed; found 1 and 2"):
        runner.run()


def test_clock_timestamp() -> None:
    runner = CalculatorRunner('calculator: "ClockTimestampCalculator" input_stream: "in" output_stream: "out"')
    runner.set_service(CLOCK, ListedTimes([1_700_000_000_123_456]))
    runner.add(0, "frame", 5)
    (packet,) = runner.run().outputs[0]
    assert (packet.timestamp, packet.payload) == (5, datetime(2023, 11, 14, 22, 13, 20, 123456, UTC))


@pytest.mark.parametrize(
    "payload",
    [PacketFrequency(29.97, "camera"), PacketLatency(5, (1, 0), 2, 100, 4, "hands", 9)],
    ids=["frequency", "latency"],
)
def test_payloads_survive_the_border(payload: PacketFrequency | PacketLatency) -> None:
    assert type(payload).from_proto(payload.to_proto()) == payload
