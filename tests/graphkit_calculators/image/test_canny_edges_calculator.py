"""CannyEdgesCalculator."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import ImageFormat, ImageFrame
from graphkit.testing import CalculatorRunner

GRAY = cv2.GaussianBlur(np.random.default_rng(5).integers(0, 256, (60, 80), dtype=np.uint8), (0, 0), 2) * 2


def runner(options: str = "") -> CalculatorRunner:
    return CalculatorRunner(
        f"""
        calculator: "CannyEdgesCalculator" input_stream: "gray" output_stream: "edges"
        node_options {{ [type.googleapis.com/graphkit.CannyEdgesCalculatorOptions] {{ {options} }} }}
        """
    )


def edges(options: str = "", gray: np.ndarray = GRAY) -> np.ndarray:
    run = runner(options)
    run.add(0, ImageFrame(gray.copy()), 7)
    (packet,) = run.run().outputs[0]
    assert packet.timestamp == 7
    assert packet.payload.format is ImageFormat.GRAY8
    return packet.payload.data


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        pytest.param("", (100, 200, None, 3, False), id="default"),
        pytest.param("low_threshold: 40 high_threshold: 80", (40, 80, None, 3, False), id="thresholds"),
        pytest.param("aperture_size: 5", (100, 200, None, 5, False), id="aperture"),
        pytest.param("l2_gradient: true", (100, 200, None, 3, True), id="length of the gradient"),
    ],
)
def test_options_reach_opencv(options: str, arguments: tuple[object, ...]) -> None:
    expected = cv2.Canny(GRAY, *arguments)
    assert 0 < expected.mean() < 255
    np.testing.assert_array_equal(edges(options), expected)


def test_the_edge_lies_on_the_rim_of_a_square() -> None:
    gray = np.zeros((40, 60), np.uint8)
    gray[5:15, 10:30] = 255
    rows, columns = np.nonzero(edges(gray=gray))
    assert (rows.min(), rows.max() + 1) in ((4, 15), (5, 15), (4, 16), (5, 16))
    assert (columns.min(), columns.max() + 1) in ((9, 30), (10, 30), (9, 31), (10, 31))
    assert not edges(gray=gray)[7:13, 12:28].any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param("aperture_size: 4", "aperture_size is 4; OpenCV knows 3, 5 and 7", id="aperture"),
        pytest.param("low_threshold: 201", "low_threshold is 201 and high_threshold 200", id="order"),
        pytest.param("low_threshold: -1", "needed: 0 <= low_threshold <= high_threshold", id="negative"),
    ],
)
def test_wrong_options(options: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        runner(options).run()


def test_colors_are_refused() -> None:
    run = runner()
    run.add(0, ImageFrame(np.zeros((4, 4, 3), np.uint8)), 0)
    with pytest.raises(CalculatorError, match="found in GRAY8, found SRGB; insert a ColorConvertCalculator"):
        run.run()
