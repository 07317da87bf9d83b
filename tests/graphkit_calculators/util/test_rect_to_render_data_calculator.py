from __future__ import annotations

from typing import Any

import pytest

from graphkit.errors import GraphValidationError
from graphkit.formats import (
    Color,
    FilledOval,
    FilledRectangle,
    NormalizedRect,
    Oval,
    Rect,
    Rectangle,
    RenderAnnotation,
    RenderData,
)
from graphkit.testing import CalculatorRunner


def rendered(tag: str, value: Any, options: str = "") -> list[RenderAnnotation]:
    runner = CalculatorRunner(f"""
        calculator: "RectToRenderDataCalculator" input_stream: "{tag}:rect" output_stream: "RENDER_DATA:out"
        options {{ [mediapipe.RectToRenderDataCalculatorOptions.ext] {{ {options} }} }}
    """)
    runner.add(tag, value, 1)
    (packet,) = runner.run().outputs["RENDER_DATA"]
    data: RenderData = packet.payload
    return data.render_annotations


PIXELS = Rect(50, 40, 20, 10, 0.5)
FRACTIONS = NormalizedRect(0.5, 0.5, 0.25, 0.5, -0.5)
PIXEL_BOX = Rectangle(40, 35, 60, 45, False, 0.5)
BOX = Rectangle(0.375, 0.25, 0.625, 0.75, True, -0.5)


@pytest.mark.parametrize(
    ("tag", "value", "shapes"),
    [
        pytest.param("RECT", PIXELS, [PIXEL_BOX], id="rect"),
        pytest.param("RECTS", [PIXELS, PIXELS], [PIXEL_BOX, PIXEL_BOX], id="rects"),
        pytest.param("NORM_RECT", FRACTIONS, [BOX], id="norm-rect"),
        pytest.param("NORM_RECTS", [FRACTIONS], [BOX], id="norm-rects"),
        pytest.param("NORM_RECTS", [], [], id="none"),
    ],
)
def test_boxes(tag: str, value: Any, shapes: list[Rectangle]) -> None:
    found = rendered(tag, value, "color { r: 1 g: 2 b: 3 } thickness: 4")
    assert found == [RenderAnnotation(shape, 4.0, Color(1, 2, 3)) for shape in shapes]


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        pytest.param("filled: true", FilledRectangle(BOX), id="filled"),
        pytest.param("oval: true", Oval(BOX), id="oval"),
        pytest.param("oval: true filled: true", FilledOval(Oval(BOX)), id="filled-oval"),
        pytest.param(
            "top_left_thickness: 3", Rectangle(0.375, 0.25, 0.625, 0.75, True, -0.5, 3.0), id="dot-at-the-corner"
        ),
    ],
)
def test_shapes(options: str, shape: Any) -> None:
    assert rendered("NORM_RECT", FRACTIONS, options)[0].data == shape


@pytest.mark.parametrize(
    ("rect", "is_seen"),
    [
        pytest.param(NormalizedRect(-0.5, 0.5, 0.5, 0.5), False, id="left-of-it"),
        pytest.param(NormalizedRect(0.5, 1.5, 0.5, 0.5), False, id="below-it"),
        pytest.param(NormalizedRect(0.5, 1.5, 0.5, 0.5, 0.1), True, id="rotated-might-be-seen"),
        pytest.param(NormalizedRect(1.1, 0.5, 0.5, 0.5), True, id="partly-in"),
    ],
)
def test_upright_rects_outside_of_the_image_are_empty(rect: NormalizedRect, is_seen: bool) -> None:
    assert (rendered("NORM_RECT", rect)[0].data != Rectangle(0, 0, 0, 0)) == is_seen


@pytest.mark.parametrize(
    ("streams", "found"),
    [
        pytest.param("", "none", id="none"),
        pytest.param('input_stream: "RECT:a" input_stream: "RECTS:b"', "RECT, RECTS", id="two"),
    ],
)
def test_one_input_is_needed(streams: str, found: str) -> None:
    runner = CalculatorRunner(f'calculator: "RectToRenderDataCalculator" {streams} output_stream: "RENDER_DATA:o"')
    with pytest.raises(GraphValidationError, match=f"exactly one of the inputs NORM_RECT, .* found {found}"):
        runner.run()
