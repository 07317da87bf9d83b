"""ImageCroppingCalculator."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import ImageFrame, NormalizedRect, Rect
from graphkit.testing import CalculatorRunner

PIXELS = np.random.default_rng(1).integers(0, 256, (20, 40, 3), dtype=np.uint8)


def runner(options: str = "", streams: str = "") -> CalculatorRunner:
    return CalculatorRunner(
        f"""
        calculator: "ImageCroppingCalculator" input_stream: "IMAGE:in" {streams} output_stream: "IMAGE:out"
        options {{ [mediapipe.ImageCroppingCalculatorOptions.ext] {{ {options} }} }}
        """
    )


def crop(options: str = "", **inputs: Any) -> Any:
    run = runner(options, " ".join(f'input_stream: "{tag}:{tag.lower()}"' for tag in inputs))
    run.add("IMAGE", ImageFrame(PIXELS.copy()), 0)
    for tag, value in inputs.items():
        run.add(tag, value, 0)
    run.run()
    return run.outputs["IMAGE"][0].payload.data


@pytest.mark.parametrize(
    ("options", "inputs", "size"),
    [
        pytest.param("", {"RECT": Rect(20, 10, 8, 6)}, (6, 8), id="rect"),
        pytest.param("", {"NORM_RECT": NormalizedRect(0.5, 0.5, 0.2, 0.3)}, (6, 8), id="norm rect"),
        pytest.param("", {"WIDTH": 8, "HEIGHT": 6}, (6, 8), id="streams of sizes"),
        pytest.param("width: 8 height: 6", {}, (6, 8), id="options in pixels"),
        pytest.param("norm_width: 0.2 norm_height: 0.3", {}, (6, 8), id="options in fractions"),
        pytest.param("", {"RECT": Rect(20, 10, 0, 0)}, (20, 40), id="a rect of no size is everything"),
        pytest.param("", {"NORM_RECT": NormalizedRect(0, 0, 0, 0)}, (20, 40), id="a norm rect too"),
        pytest.param("width: 8 height: 6 output_max_width: 4", {}, (3, 4), id="scaled down"),
        pytest.param("width: 8 height: 6 output_max_height: 9", {}, (6, 8), id="never up"),
    ],
)
def test_sizes(options: str, inputs: dict[str, Any], size: tuple[int, int]) -> None:
    assert crop(options, **inputs).shape[:2] == size


@pytest.mark.parametrize(
    ("rotation", "columns"),
    [
        # The corners of the region lie on the middles of the outermost pixels: 8 pixels span 16 to 24.
        pytest.param(0.0, [16, 17, 18, 19, 21, 22, 23, 24], id="upright"),
        pytest.param(math.pi, [24, 23, 22, 21, 19, 18, 17, 16], id="half a turn"),
    ],
)
def test_which_pixels(rotation: float, columns: list[int]) -> None:
    found = crop("", RECT=Rect(20, 10, 8, 6, rotation))
    rows = [7, 8, 9, 11, 12, 13] if rotation == 0 else [13, 12, 11, 9, 8, 7]
    np.testing.assert_array_equal(found, PIXELS[np.ix_(rows, columns)])


@pytest.mark.parametrize(
    ("size", "rows", "columns"),
    [
        pytest.param((1, 1), [10], [20], id="a point"),
        pytest.param((1, 6), [7, 8, 9, 11, 12, 13], [20], id="a line down"),
        pytest.param((8, 1), [10], [16, 17, 18, 19, 21, 22, 23, 24], id="a line across"),
    ],
)
def test_a_region_of_one_pixel_lies_in_its_middle(
    size: tuple[int, int], rows: list[int], columns: list[int]
) -> None:
    np.testing.assert_array_equal(crop("", RECT=Rect(20, 10, *size)), PIXELS[np.ix_(rows, columns)])


@pytest.mark.parametrize(
    ("options", "expected"),
    [pytest.param("", 0, id="black"), pytest.param("border_mode: BORDER_REPLICATE", 255, id="edge")],
)
def test_outside_of_the_image(options: str, expected: int) -> None:
    run = runner(f"norm_width: 0.1 norm_height: 0.1 norm_center_x: 2.0 norm_center_y: 0.5 {options}")
    run.add("IMAGE", ImageFrame(np.full((20, 40), 255, np.uint8)), 0)
    run.run()
    assert (run.outputs["IMAGE"][0].payload.data == expected).all()


@pytest.mark.parametrize("tag", ["RECT", "NORM_RECT"])
def test_nothing_without_a_rect(tag: str) -> None:
    run = runner("", f'input_stream: "{tag}:rect"')
    run.add("IMAGE", ImageFrame(PIXELS.copy()), 0)
    run.set_bound(tag, 1)
    run.run()
    assert run.outputs["IMAGE"] == []


@pytest.mark.parametrize(
    ("options", "streams", "message"),
    [
        pytest.param("", "", "must give the region; found: none", id="no region"),
        pytest.param(
            "width: 2 height: 2", 'input_stream: "RECT:r"', "found: RECT and the options width", id="two"
        ),
        pytest.param("width: 2 height: 2 border_mode: BORDER_UNSPECIFIED", "", "BORDER_UNSPECIFIED", id="border"),
    ],
)
def test_bad_configs(options: str, streams: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        runner(options, streams).run()


def test_a_region_below_a_pixel() -> None:
    with pytest.raises(CalculatorError, match="the region is 0 x 20 pixels; it needs one at least"):
        crop("", NORM_RECT=NormalizedRect(0.5, 0.5, 0.001, 1.0))
