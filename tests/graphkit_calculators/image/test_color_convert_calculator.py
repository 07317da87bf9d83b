"""ColorConvertCalculator."""

from __future__ import annotations

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import ImageFormat, ImageFrame
from graphkit.testing import CalculatorRunner

SAMPLES = {
    "RGB": ([10, 20, 30], ImageFormat.SRGB),
    "RGBA": ([10, 20, 30, 40], ImageFormat.SRGBA),
    "BGRA": ([30, 20, 10, 40], ImageFormat.SBGRA),
    "GRAY": (50, ImageFormat.GRAY8),
}
GREY = round(0.299 * 10 + 0.587 * 20 + 0.114 * 30)


def runner(source: str, target: str) -> CalculatorRunner:
    return CalculatorRunner(
        f'calculator: "ColorConvertCalculator" input_stream: "{source}_IN:in" output_stream: "{target}_OUT:out"'
    )


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("RGBA", "RGB", [10, 20, 30]),
        ("GRAY", "RGB", [50, 50, 50]),
        ("RGB", "GRAY", GREY),
        ("RGB", "RGBA", [10, 20, 30, 255]),
        ("RGB", "BGRA", [30, 20, 10, 255]),
        ("RGBA", "GRAY", GREY),
        ("BGRA", "RGB", [10, 20, 30]),
        ("BGRA", "RGBA", [10, 20, 30, 40]),
    ],
)
def test_conversions(source: str, target: str, expected: list[int]) -> None:
    sample, format_ = SAMPLES[source]
    pixels = np.broadcast_to(np.array(sample, np.uint8), (2, 3, *np.shape(sample))).copy()
    run = runner(source, target)
    run.add(f"{source}_IN", ImageFrame(pixels, format_), 1)
    run.run()
    found = run.outputs[f"{target}_OUT"][0].payload
    assert found.format == SAMPLES[target][1]
    assert (found.data == expected).all()
    assert (found.width, found.height) == (3, 2)


def test_an_image_of_another_format() -> None:
    run = runner("RGBA", "RGB")
    run.add("RGBA_IN", ImageFrame(np.zeros((2, 2, 3), np.uint8)), 0)
    with pytest.raises(CalculatorError, match="RGBA_IN takes SRGBA, found SRGB"):
        run.run()


def test_a_conversion_that_is_not_known() -> None:
    with pytest.raises(GraphValidationError, match="RGB_IN to RGB_OUT is not known; known: BGRA_IN to GRAY_OUT"):
        runner("RGB", "RGB").run()


def test_two_outputs() -> None:
    run = CalculatorRunner(
        'calculator: "ColorConvertCalculator" input_stream: "RGB_IN:in" '
        'output_stream: "GRAY_OUT:a" output_stream: "RGBA_OUT:b"'
    )
    with pytest.raises(GraphValidationError, match="one input and one output are needed, found 1 and 2"):
        run.run()
