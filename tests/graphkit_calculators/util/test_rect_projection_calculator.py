from __future__ import annotations

import math

import pytest

from graphkit.formats import NormalizedRect
from graphkit.testing import CalculatorRunner
from graphkit_calculators.util.rect_projection_calculator import project_rect

WHOLE = NormalizedRect(0.5, 0.5, 1.0, 1.0)


@pytest.mark.parametrize(
    ("rect", "region", "expected"),
    [
        pytest.param((0.3, 0.4, 0.2, 0.1, 0.5), (0.5, 0.5, 1, 1, 0), (0.3, 0.4, 0.2, 0.1, 0.5), id="whole-image"),
        pytest.param((0.5, 0.5, 1, 1, 0), (0.2, 0.3, 0.4, 0.5, 0.1), (0.2, 0.3, 0.4, 0.5, 0.1), id="whole-region"),
        pytest.param(
            (0, 0.5, 0.5, 0.5, 0),
            (0.5, 0.5, 0.2, 0.2, math.pi / 2),
            (0.5, 0.4, 0.1, 0.1, math.pi / 2),
            id="turned",
        ),
    ],
)
def test_project_rect(rect: tuple[float, ...], region: tuple[float, ...], expected: tuple[float, ...]) -> None:
    found = project_rect(NormalizedRect(*rect), NormalizedRect(*region))
    values = (found.x_center, found.y_center, found.width, found.height, found.rotation)
    assert values == pytest.approx(expected, abs=1e-6)


def test_emits_where_there_is_a_rect() -> None:
    runner = CalculatorRunner("""
        calculator: "RectProjectionCalculator"
        input_stream: "NORM_RECT:rect"
        input_stream: "NORM_REFERENCE_RECT:region"
        output_stream: "NORM_RECT:out"
    """)
    for timestamp in (1, 2):
        runner.add("NORM_REFERENCE_RECT", WHOLE, timestamp)
    runner.add("NORM_RECT", NormalizedRect(0.25, 0.5, 0.5, 0.25), 2)
    packets = runner.run().outputs["NORM_RECT"]
    assert [(p.timestamp, p.payload) for p in packets] == [(2, NormalizedRect(0.25, 0.5, 0.5, 0.25))]
