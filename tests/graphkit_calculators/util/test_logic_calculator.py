from __future__ import annotations

import pytest

from graphkit.errors import GraphkitError
from graphkit.testing import CalculatorRunner


@pytest.mark.parametrize(
    ("options", "streams", "side", "expected"),
    [
        pytest.param("op: AND", [True, True], [], True, id="and"),
        pytest.param("op: AND", [True, False], [], False, id="not-and"),
        pytest.param("op: OR", [False, True], [], True, id="or"),
        pytest.param("op: OR", [False, False], [], False, id="not-or"),
        pytest.param("op: XOR", [True, True, True], [], True, id="xor"),
        pytest.param("op: XOR", [True, True], [], False, id="not-xor"),
        pytest.param("op: AND negate: true", [True, True], [], False, id="nand"),
        pytest.param("op: AND input_value: false", [True], [], False, id="option"),
        pytest.param("op: OR", [False], [True], True, id="side-packet"),
        pytest.param("", [True], [], True, id="one-input"),
    ],
)
def test_operations(options, streams, side, expected):
    inputs = " ".join(f'input_stream: "in{i}"' for i in range(len(streams)))
    sides = " ".join(f'input_side_packet: "side{i}"' for i in range(len(side)))
    runner = CalculatorRunner(
        f'calculator: "LogicCalculator" {inputs} {sides} output_stream: "out" '
        f"options {{ [mediapipe.LogicCalculatorOptions.ext] {{ {options} }} }}"
    )
    for i, value in enumerate(streams):
        runner.add(i, value, 5)
    for i, value in enumerate(side):
        runner.side_packets[i] = value
    runner.run()
    assert [(p.payload, int(p.timestamp)) for p in runner.outputs[0]] == [(expected, 5)]


def test_every_stream_needs_a_packet():
    runner = CalculatorRunner(
        'calculator: "LogicCalculator" input_stream: "a" input_stream: "b" output_stream: "out"'
    )
    runner.add(0, True, 5)
    runner.set_bound(1, 6)
    with pytest.raises(GraphkitError, match="is empty"):
        runner.run()


def test_no_input_at_all():
    with pytest.raises(GraphkitError, match="needs an input stream, a side packet or an input_value"):
        CalculatorRunner('calculator: "LogicCalculator" output_stream: "out"').run()
