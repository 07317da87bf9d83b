from __future__ import annotations

import pytest

from graphkit import Timestamp
from graphkit.errors import GraphkitError
from graphkit.formats import VideoHeader
from graphkit.testing import CalculatorRunner
from graphkit_calculators.core.packet_resampler_calculator import round_half_up


def resampler(options, streams='input_stream: "in" output_stream: "out"'):
    return CalculatorRunner(
        f'calculator: "PacketResamplerCalculator" {streams} '
        f"options {{ [mediapipe.PacketResamplerCalculatorOptions.ext] {{ {options} }} }}"
    )


@pytest.mark.parametrize(
    ("options", "inputs", "expected"),
    [
        pytest.param("frame_rate: 30", [0, 33333, 66667, 100000], [0, 33333, 66667, 100000], id="same-rate"),
        pytest.param(
            "frame_rate: 30", [0, 10000, 40000, 66000], [(0, 0), (40000, 33333), (66000, 66667)], id="nearest"
        ),
        pytest.param("frame_rate: 10", [0, 33000, 66000, 99000, 132000], [(0, 0), (99000, 100000)], id="fewer"),
        pytest.param(
            "frame_rate: 10", [0, 310000], [(0, 0), (0, 100000), (0, 200000), (310000, 300000)], id="gap-repeats"
        ),
        pytest.param("frame_rate: 10", [0, 90000, 110000], [(0, 0), (110000, 100000)], id="later-of-two-as-near"),
        pytest.param("frame_rate: 10", [0, 60000], [(0, 0), (60000, 100000)], id="flush"),
        pytest.param("frame_rate: 10 flush_last_packet: false", [0, 60000], [(0, 0)], id="no-flush"),
        pytest.param("frame_rate: 10 base_timestamp: 5", [70000, 150000], [(70000, 100005)], id="base"),
        pytest.param(
            "frame_rate: 10 start_time: 100000 end_time: 300000",
            [0, 100000, 200000, 300000],
            [100000, 200000],
            id="limits",
        ),
        pytest.param(
            "frame_rate: 10 start_time: 140000 end_time: 260000 round_limits: true",
            [0, 100000, 200000, 300000],
            [100000, 200000, 300000],
            id="limits-rounded",
        ),
        pytest.param("frame_rate: 100 max_frame_rate: 10", [0, 100000], [0, 100000], id="highest-rate"),
    ],
)
def test_resampling(options, inputs, expected, timed):
    runner = resampler(options)
    for timestamp in inputs:
        runner.add(0, timestamp, timestamp)
    runner.run()
    assert timed(runner.outputs[0]) == [pair if isinstance(pair, tuple) else (pair, pair) for pair in expected]


def test_bound_is_the_next_period():
    runner = resampler("frame_rate: 10")
    runner.add(0, "x", 7)
    runner.run()
    assert runner.output_bounds[0] == 100_007


def test_video_header_gets_the_new_rate(timed):
    runner = resampler(
        "frame_rate: 10",
        'input_stream: "DATA:in" input_stream: "VIDEO_HEADER:h" output_stream: "DATA:out" '
        'output_stream: "VIDEO_HEADER:h2"',
    )
    runner.add("VIDEO_HEADER", VideoHeader(width=640, height=480, frame_rate=30.0), Timestamp.PRE_STREAM)
    runner.add("DATA", "x", 0)
    runner.run()
    assert [p.payload for p in runner.outputs["VIDEO_HEADER"]] == [
        VideoHeader(width=640, height=480, frame_rate=10.0)
    ]
    assert timed(runner.outputs["DATA"]) == [("x", 0)]


INPUT_RATE = 'input_stream: "in" input_stream: "VIDEO_HEADER:h" output_stream: "out"'


def test_rate_of_the_input(timed):
    runner = resampler("use_input_frame_rate: true max_frame_rate: 5", INPUT_RATE)
    runner.add("VIDEO_HEADER", VideoHeader(frame_rate=30.0), Timestamp.PRE_STREAM)
    for timestamp in (0, 100_000, 200_000):
        runner.add(0, timestamp, timestamp)
    runner.run()
    assert timed(runner.outputs[0]) == [(0, 0), (200_000, 200_000)]


def test_rate_of_the_input_must_be_known():
    runner = resampler("use_input_frame_rate: true", INPUT_RATE)
    runner.close("VIDEO_HEADER")
    runner.add(0, "x", 0)
    with pytest.raises(GraphkitError, match="no VIDEO_HEADER came ahead of the first packet"):
        runner.run()


@pytest.mark.parametrize(
    ("options", "streams", "message"),
    [
        pytest.param(
            "", 'input_stream: "a" output_stream: "b"', "frame_rate is -1.0, it must be above 0", id="rate"
        ),
        pytest.param(
            "frame_rate: 2000000", 'input_stream: "a" output_stream: "b"', "up to 1000000", id="too-fast"
        ),
        pytest.param("frame_rate: 1", 'output_stream: "b"', "needs one input stream", id="no-input"),
        pytest.param(
            "frame_rate: 1 jitter: 0.5",
            'input_stream: "a" output_stream: "b"',
            "jitter is 0.5, it must be 0",
            id="jitter",
        ),
    ],
)
def test_faults(options, streams, message):
    with pytest.raises(GraphkitError, match=message):
        resampler(options, streams).run()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(2.5, 3, id="half"),
        pytest.param(-2.5, -3, id="negative-half"),
        pytest.param(2.4, 2, id="below"),
    ],
)
def test_round_half_up(value, expected):
    assert round_half_up(value) == expected
