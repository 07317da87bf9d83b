from __future__ import annotations

import pytest

from graphkit.errors import GraphkitError
from graphkit.testing import CalculatorRunner


def cloner(options="", handler="ImmediateInputStreamHandler"):
    return CalculatorRunner(
        'calculator: "PacketClonerCalculator" input_stream: "a" input_stream: "b" input_stream: "TICK:tick" '
        'output_stream: "clone_a" output_stream: "clone_b" '
        f'input_stream_handler {{ input_stream_handler: "{handler}" }} '
        f"options {{ [mediapipe.PacketClonerCalculatorOptions.ext] {{ {options} }} }}"
    )


def test_latest_packets_come_again_at_each_tick(timed):
    runner = cloner()
    for key, payload, timestamp in [(0, "a1", 1), ("TICK", 0, 5), (1, "b7", 7), (0, "a9", 9), ("TICK", 0, 6)]:
        runner.add(key, payload, timestamp)
    runner.run()
    assert timed(runner.outputs[0]) == [("a1", 5), ("a9", 6)]
    assert timed(runner.outputs[1]) == [("b7", 6)]


@pytest.mark.parametrize(
    ("options", "packets", "bound"),
    [
        pytest.param("", ["a1"], 6, id="what-is-there"),
        pytest.param("output_only_when_all_inputs_received: true", [], "PRE_STREAM", id="nothing"),
        pytest.param("output_packets_only_when_all_inputs_received: true", [], 6, id="bounds"),
    ],
)
def test_before_all_inputs_had_a_packet(options, packets, bound, timed):
    runner = cloner(options)
    runner.add(0, "a1", 1)
    runner.add("TICK", 0, 5)
    runner.run()
    assert [p for p, _ in timed(runner.outputs[0])] == packets
    assert str(runner.output_bounds[0]) == str(bound)


def test_the_last_stream_ticks_where_none_is_tagged(timed):
    runner = CalculatorRunner(
        'calculator: "PacketClonerCalculator" input_stream: "a" input_stream: "tick" output_stream: "clone"'
    )
    runner.add(0, "a1", 1)
    runner.add(1, 0, 1)
    runner.add(1, 0, 2)
    runner.set_bound(0, 3)
    runner.run()
    assert timed(runner.outputs[0]) == [("a1", 1), ("a1", 2)]


def test_outputs_must_match():
    with pytest.raises(GraphkitError, match="1 streams to clone, the tick not counted, but 2 output streams"):
        CalculatorRunner(
            'calculator: "PacketClonerCalculator" input_stream: "a" input_stream: "tick" '
            'output_stream: "x" output_stream: "y"'
        ).run()
