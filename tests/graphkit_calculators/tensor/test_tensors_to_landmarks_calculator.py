"""TensorsToLandmarksCalculator; values against MediaPipe are in test_references."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import Tensor
from graphkit.testing import CalculatorRunner

SIZED = "num_landmarks: 2 input_image_width: 100 input_image_height: 50"
NORMALIZED = 'output_stream: "NORM_LANDMARKS:norm"'
ABSOLUTE = 'output_stream: "LANDMARKS:landmarks"'


def runner(options: str, streams: str = f"{NORMALIZED} {ABSOLUTE}") -> CalculatorRunner:
    return CalculatorRunner(
        f"""
        calculator: "TensorsToLandmarksCalculator" input_stream: "TENSORS:tensors" {streams}
        options {{ [mediapipe.TensorsToLandmarksCalculatorOptions.ext] {{ {options} }} }}
        """
    )


def tensor(rows: Any) -> list[Tensor]:
    return [Tensor(np.array(rows, np.float32).reshape(1, -1))]


def test_absolute_and_normalised_landmarks() -> None:
    run = runner(f"{SIZED} normalize_z: 0.5")
    run.add("TENSORS", tensor([[10, 20, 30], [40, 25, -60]]), 4)
    run.run()
    (absolute,), (normalized,) = run.outputs["LANDMARKS"], run.outputs["NORM_LANDMARKS"]
    assert absolute.timestamp == normalized.timestamp == 4
    assert absolute.payload.xyz.tolist() == [[10, 20, 30], [40, 25, -60]]
    expected = np.array([[0.1, 0.4, 0.6], [0.4, 0.5, -1.2]])
    np.testing.assert_allclose(normalized.payload.xyz, expected, rtol=1e-6)
    assert not normalized.payload.has_visibility


@pytest.mark.parametrize(
    ("values", "columns", "has"),
    [
        pytest.param([[1], [2]], [1, 0, 0, 0, 0], (False, False), id="x"),
        pytest.param([[1, 2], [3, 4]], [1, 2, 0, 0, 0], (False, False), id="x y"),
        pytest.param([[1, 2, 3, 0], [1, 2, 3, 0]], [1, 2, 3, 0.5, 0], (True, False), id="with visibility"),
        pytest.param(
            [[1, 2, 3, 0, 1, 9], [1, 2, 3, 0, 1, 9]],
            [1, 2, 3, 0.5, 1 / (1 + math.exp(-1))],
            (True, True),
            id="six",
        ),
    ],
)
def test_values_a_landmark(values: Any, columns: list[float], has: tuple[bool, bool]) -> None:
    run = runner("num_landmarks: 2 visibility_activation: SIGMOID presence_activation: SIGMOID", ABSOLUTE)
    run.add("TENSORS", tensor(values), 0)
    run.run()
    found = run.outputs["LANDMARKS"][0].payload
    np.testing.assert_allclose(found.data[0], columns, rtol=1e-6)
    assert (found.has_visibility, found.has_presence) == has


@pytest.mark.parametrize(
    ("option", "side", "stream", "flipped"),
    [
        pytest.param(True, None, None, True, id="option"),
        pytest.param(True, False, None, False, id="side packet over option"),
        pytest.param(False, None, True, True, id="stream over option"),
    ],
)
def test_flipping(option: bool, side: bool | None, stream: bool | None, flipped: bool) -> None:
    streams = ABSOLUTE
    if side is not None:
        streams += ' input_side_packet: "FLIP_HORIZONTALLY:flip_side"'
    if stream is not None:
        streams += ' input_stream: "FLIP_HORIZONTALLY:flip"'
    run = runner(f"{SIZED} flip_horizontally: {str(option).lower()}", streams)
    run.add("TENSORS", tensor([[10, 20, 30], [40, 25, -60]]), 0)
    if side is not None:
        run.side_packets["FLIP_HORIZONTALLY"] = side
    if stream is not None:
        run.add("FLIP_HORIZONTALLY", stream, 0)
    run.run()
    assert run.outputs["LANDMARKS"][0].payload.x.tolist() == ([90, 60] if flipped else [10, 40])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param("", "num_landmarks is not set", id="no number"),
        pytest.param("num_landmarks: 2", "input_image_width and input_image_height are not set", id="no size"),
    ],
)
def test_bad_options(options: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        runner(options).run()


def test_a_tensor_that_is_too_small() -> None:
    run = runner(SIZED)
    run.add("TENSORS", [Tensor(np.zeros((1, 1), np.float32))], 0)
    with pytest.raises(CalculatorError, match=r"2 landmarks cannot be read from Tensor\(\(1, 1\), float32\)"):
        run.run()
