"""TensorsToFloatsCalculator."""

from __future__ import annotations

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import Tensor
from graphkit.testing import CalculatorRunner
from graphkit_calculators.tensor._activation import sigmoid


def runner(outputs: str) -> CalculatorRunner:
    return CalculatorRunner(f'calculator: "TensorsToFloatsCalculator" input_stream: "TENSORS:tensors" {outputs}')


def test_one_value_on_both_outputs() -> None:
    run = runner('output_stream: "FLOAT:one" output_stream: "FLOATS:all"')
    run.add("TENSORS", [Tensor(np.array([[0.5]], np.float32)), Tensor(np.zeros((9,), np.float32))], 2)
    run.run()
    assert [packet.payload for packet in run.outputs["FLOAT"]] == [0.5]
    assert [packet.payload for packet in run.outputs["FLOATS"]] == [[0.5]]


def test_one_value_is_needed_for_one_float() -> None:
    run = runner('output_stream: "FLOAT:one"')
    run.add("TENSORS", [Tensor(np.zeros((1, 2), np.float32))], 0)
    with pytest.raises(CalculatorError, match=r"FLOAT takes a tensor of one value, found shape \(1, 2\)"):
        run.run()


def test_an_output_is_needed() -> None:
    with pytest.raises(GraphValidationError, match="neither FLOAT nor FLOATS is connected"):
        runner("").run()


def test_sigmoid_of_very_low_values_is_zero() -> None:
    found = sigmoid(np.array([-1000, 0, 1000], np.float32))
    assert found.tolist() == [0, 0.5, 1]
    assert found.dtype == np.float32
