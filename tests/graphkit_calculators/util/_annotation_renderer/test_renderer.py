"""Whole scenes against MediaPipe's own drawing; see tests/data/drawing/make_references.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format

from graphkit.errors import FormatError
from graphkit.formats import Color, GradientLine, Line, Point, RenderAnnotation, RenderData
from graphkit.schema import message_class
from graphkit_calculators.util._annotation_renderer import AnnotationRenderer

DRAWING = Path(__file__).parents[3] / "data" / "drawing"
SCENES = {
    name: text
    for name, _, text in (part.partition("\n") for part in (DRAWING / "scenes.pbtxt").read_text().split("# ")[1:])
}


def scene(name: str) -> RenderData:
    return RenderData.from_proto(text_format.Parse(SCENES[name], message_class(RenderData.PROTO)()))


def drawn(data: RenderData) -> np.ndarray:
    pixels = np.full((120, 160, 3), (30, 60, 90), np.uint8)
    AnnotationRenderer().render(pixels, [data])
    return pixels


def reference(name: str) -> np.ndarray:
    with np.load(DRAWING / "references.npz") as references:
        return np.array(references[name])


@pytest.mark.parametrize("name", ["hand", "gradient_lines", "points", "filled"])
def test_pixels_are_those_of_mediapipe(name: str) -> None:
    np.testing.assert_array_equal(drawn(scene(name)), reference(name))


@pytest.mark.parametrize("name", ["rectangles", "lines", "text"])
def test_thick_lines_are_those_of_mediapipe_but_for_some_edges(name: str) -> None:
    # OpenCV 4.13 rounds the edges of thick lines differently from MediaPipe's 4.10; 4.12 does not.
    found, expected = drawn(scene(name)), reference(name)
    differing = (found != expected).any(axis=2)
    painted = (expected != (30, 60, 90)).any(axis=2)
    assert differing.sum() < 0.12 * painted.sum()
    # What differs touches what is painted: edges are a pixel wider or narrower, nothing is elsewhere.
    near = painted.copy()
    for axis in (0, 1):
        near |= np.roll(near, 1, axis) | np.roll(near, -1, axis)
    assert not (differing & ~near).any()


def test_one_line_over_another_in_the_order_given() -> None:
    def line(color: Color, thickness: float, y: int) -> RenderAnnotation:
        return RenderAnnotation(GradientLine(0, y, 30, y, color1=color, color2=color), thickness)

    red, blue = Color(255, 0, 0), Color(0, 0, 255)
    for thicknesses in ((4.0, 4.0), (4.0, 5.0)):  # drawn together, and one by one
        pixels = drawn(RenderData([line(red, thicknesses[0], 10), line(blue, thicknesses[1], 12)]))
        assert tuple(pixels[11, 5]) == red
        assert tuple(pixels[12, 5]) == blue


def test_what_is_drawn_on_rgba_has_no_alpha() -> None:
    pixels = np.full((120, 160, 4), 200, np.uint8)
    AnnotationRenderer().render(pixels, [scene("hand"), scene("points")])
    changed = (pixels != 200).any(axis=2)
    assert changed.any()
    assert not pixels[changed][:, 3].any()


@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_scale_is_of_pixel_coordinates(scale: float) -> None:
    whole = RenderData.from_proto(
        text_format.Parse(
            "render_annotations { filled_rectangle { rectangle { left: 20 top: 20 right: 80 bottom: 60 } } "
            "color { r: 255 } }",
            message_class(RenderData.PROTO)(),
        )
    )
    pixels = np.zeros((120, 160, 3), np.uint8)
    AnnotationRenderer(scale=scale).render(pixels, [whole])
    rows, columns = np.nonzero(pixels[:, :, 0])
    assert (rows.min(), rows.max() + 1) == (20 * scale, 60 * scale)
    assert (columns.min(), columns.max() + 1) == (20 * scale, 80 * scale)


def test_text_can_be_flipped() -> None:
    text = scene("text")
    pixels = np.full((120, 160, 3), (30, 60, 90), np.uint8)
    AnnotationRenderer(flip_text=True).render(pixels, [text])
    assert (pixels != drawn(text)).any()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e300])
@pytest.mark.parametrize("normalized", [True, False])
def test_what_is_no_position_is_drawn_outside_of_the_image(value: float, normalized: bool) -> None:
    shapes = [Point(value, 0.5, normalized), Line(0.5, value, value, 0.5, normalized)]
    colors = Color(255, 0, 0), Color(0, 0, 255)
    fading = GradientLine(value, value, value, value, normalized, *colors)
    blank = drawn(RenderData([]))
    found = drawn(RenderData([RenderAnnotation(shape, 2.0, colors[0]) for shape in (shapes[0], fading)]))
    np.testing.assert_array_equal(found, blank)
    drawn(RenderData([RenderAnnotation(shapes[1], value, colors[0])]))  # wherever it goes, it is drawn


def test_unknown_shapes_are_refused() -> None:
    unknown: Any = "circle"
    with pytest.raises(FormatError, match="str is not a shape that can be drawn; use one of Rectangle, "):
        drawn(RenderData([RenderAnnotation(unknown)]))


def test_a_filled_rounded_rectangle_is_filled_but_for_its_corners() -> None:
    data = RenderData.from_proto(
        text_format.Parse(
            "render_annotations { filled_rounded_rectangle { rounded_rectangle { corner_radius: 15 "
            "rectangle { left: 20 top: 20 right: 100 bottom: 80 } } } color { r: 255 } }",
            message_class(RenderData.PROTO)(),
        )
    )
    painted = (drawn(data) == (255, 0, 0)).all(axis=2)
    assert painted[50, 20:101].all()
    assert painted[20:81, 60].all()
    assert not painted[[20, 20, 80, 80], [20, 100, 20, 100]].any()
    assert painted.sum() == pytest.approx(81 * 61 - (4 - np.pi) * 15**2, rel=0.02)
