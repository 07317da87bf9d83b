"""UpdateFaceLandmarks-, IrisToDepth- and IrisToRenderDataCalculator."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import (
    Color,
    ImageFileProperties,
    ImageSize,
    NormalizedLandmarkList,
    Oval,
    Point,
    RenderAnnotation,
    Text,
)
from graphkit.testing import CalculatorRunner

SIZE = ImageSize(400, 200)


def irises(diameter: float = 20.0) -> NormalizedLandmarkList:
    """Two irises, that many pixels wide: one in the middle of the picture, one 100 pixels to its right."""
    points = []
    for x in (200.0, 300.0):
        around = ((diameter / 2, 0), (0, -diameter / 2), (-diameter / 2, 0), (0, diameter / 2))
        points += [(x, 100.0), *((x + dx, 100.0 + dy) for dx, dy in around)]
    return NormalizedLandmarkList.from_xyz(np.array(points) / SIZE)


def updating() -> CalculatorRunner:
    return CalculatorRunner("""
        calculator: "UpdateFaceLandmarksCalculator" input_stream: "FACE_LANDMARKS:f" input_stream:
        "NEW_EYE_LANDMARKS:e" output_stream: "UPDATED_FACE_LANDMARKS:out"
    """)


def test_eyes_take_their_places() -> None:
    run = updating()
    face = NormalizedLandmarkList.from_xyz(np.zeros((468, 3)))
    eyes = NormalizedLandmarkList.from_xyz(np.arange(142 * 3, dtype=np.float32).reshape(142, 3) + 1)
    run.add("FACE_LANDMARKS", face, 3)
    run.add("NEW_EYE_LANDMARKS", eyes, 3)
    (packet,) = run.run().outputs["UPDATED_FACE_LANDMARKS"]
    found = packet.payload
    for place, index in ((33, 0), (133, 8), (173, 15), (193, 70), (263, 71), (362, 79), (417, 141)):
        assert found[place] == eyes[index]
    assert np.count_nonzero(found.x) == 142


def test_a_face_of_another_model() -> None:
    run = updating()
    run.add("FACE_LANDMARKS", NormalizedLandmarkList.from_xyz(np.zeros((478, 3))), 3)
    run.add("NEW_EYE_LANDMARKS", NormalizedLandmarkList.from_xyz(np.zeros((142, 3))), 3)
    with pytest.raises(
        CalculatorError, match="found 478 points of a face and 142 of eyes; 468 and 142 are needed"
    ):
        run.run()


def depth(side_packet: str = 'input_side_packet: "FOCAL_LENGTH:f"', options: str = "") -> CalculatorRunner:
    return CalculatorRunner(f"""
        calculator: "IrisToDepthCalculator" input_stream: "IRIS:i" input_stream: "IMAGE_SIZE:s" {side_packet}
        output_stream: "LEFT_IRIS_DEPTH_MM:l" output_stream: "RIGHT_IRIS_DEPTH_MM:r"
        options {{ [mediapipe.IrisToDepthCalculatorOptions.ext] {{ {options} }} }}
    """)


def add(run: CalculatorRunner, found: NormalizedLandmarkList, time: int) -> None:
    run.add("IRIS", found, time)
    run.add("IMAGE_SIZE", SIZE, time)


def depths(run: CalculatorRunner) -> list[list[float]]:
    run.run()
    return [[packet.payload for packet in run.outputs[f"{side}_IRIS_DEPTH_MM"]] for side in ("LEFT", "RIGHT")]


@pytest.mark.parametrize(
    ("side_packet", "given"),
    [
        pytest.param('input_side_packet: "FOCAL_LENGTH:f"', {"FOCAL_LENGTH": 500.0}, id="of the camera"),
        pytest.param(
            'input_side_packet: "IMAGE_FILE_PROPERTIES:p"',
            {"IMAGE_FILE_PROPERTIES": ImageFileProperties(400, 200, focal_length_pixels=500.0)},
            id="of the file",
        ),
    ],
)
def test_depth_is_the_size_of_irises_over_what_is_seen_of_it(side_packet: str, given: dict[str, Any]) -> None:
    run = depth(side_packet)
    run.side_packets.update({(tag, 0): value for tag, value in given.items()})
    add(run, irises(20), 0)
    left, right = depths(run)
    assert left == pytest.approx([11.8 * 500 / 20])
    assert right == pytest.approx([11.8 * math.hypot(500, 100) / 20])


def test_depth_is_smoothed() -> None:
    run = depth()
    run.side_packets["FOCAL_LENGTH"] = 500.0
    add(run, irises(20), 0)
    add(run, irises(10), 1)
    (first, second), _ = depths(run)
    assert (first, second) == pytest.approx((295.0, 0.9 * 295.0 + 0.1 * 590.0))


@pytest.mark.parametrize(
    "side_packet", ["", 'input_side_packet: "FOCAL_LENGTH:f"'], ids=["no camera", "none given"]
)
def test_no_depth_without_a_focal_length(side_packet: str) -> None:
    run = depth(side_packet)
    add(run, irises(), 0)
    assert depths(run) == [[], []]


def test_one_source_of_the_focal_length() -> None:
    both = 'input_side_packet: "FOCAL_LENGTH:f" input_side_packet: "IMAGE_FILE_PROPERTIES:p"'
    with pytest.raises(GraphValidationError, match="both give the focal length; use one of both"):
        depth(both).run()


@pytest.mark.parametrize(
    ("found", "options"),
    [
        pytest.param(NormalizedLandmarkList.from_xyz(np.zeros((5, 3))), "", id="one iris"),
        pytest.param(irises(), "left_iris_top_index: 10", id="index"),
    ],
)
def test_what_is_no_pair_of_irises(found: NormalizedLandmarkList, options: str) -> None:
    run = depth(options=options)
    run.side_packets["FOCAL_LENGTH"] = 500.0
    add(run, found, 0)
    with pytest.raises(CalculatorError, match="it needs 10, five per eye"):
        run.run()


def rendered(options: str = "", **depth_mm: float) -> list[RenderAnnotation]:
    streams = " ".join(f'input_stream: "{side}_IRIS_DEPTH_MM:{side.lower()}"' for side in depth_mm)
    run = CalculatorRunner(f"""
        calculator: "IrisToRenderDataCalculator" input_stream: "IRIS:i" input_stream: "IMAGE_SIZE:s" {streams}
        output_stream: "RENDER_DATA:out"
        options {{ [mediapipe.IrisToRenderDataCalculatorOptions.ext] {{ {options} }} }}
    """)
    add(run, irises(20), 0)
    for side, value in depth_mm.items():
        run.add(f"{side}_IRIS_DEPTH_MM", value, 0)
    (packet,) = run.run().outputs["RENDER_DATA"]
    annotations: list[RenderAnnotation] = packet.payload.render_annotations
    return annotations


def test_circles_and_points() -> None:
    looks = "oval_color { b: 255 } oval_thickness: 4 landmark_color { g: 255 } landmark_thickness: 2"
    drawn = rendered(looks)
    assert [type(a.data) for a in drawn] == [Oval, *[Point] * 5] * 2
    oval = drawn[0].data
    assert isinstance(oval, Oval)
    around = oval.rectangle
    sides = (around.left * 400, around.top * 200, around.right * 400, around.bottom * 200)
    assert sides == pytest.approx((190, 90, 210, 110), abs=1e-3)
    assert (drawn[0].thickness, drawn[0].color, drawn[0].scene_tag) == (4, Color(0, 0, 255), "OVAL")
    assert (drawn[1].thickness, drawn[1].color) == (2, Color(0, 255, 0))


@pytest.mark.parametrize(
    ("location", "baselines"),
    [pytest.param("TOP_LEFT", [10 + 60, 10 + 120], id="top"), pytest.param("BOTTOM_LEFT", [90, 150], id="bottom")],
)
def test_depths_are_written(location: str, baselines: list[int]) -> None:
    options = f"font_height_px: 40 vertical_offset_px: 10 horizontal_offset_px: 7 location: {location}"
    texts = [a.data for a in rendered(options, LEFT=514.9, RIGHT=526.0) if isinstance(a.data, Text)]
    assert [text.display_text for text in texts] == ["Left : :51 cm", "Right : :53 cm"]
    assert [(text.left, text.baseline) for text in texts] == [(7, baseline) for baseline in baselines]


def test_an_endless_depth_is_not_written() -> None:
    assert not [a for a in rendered(LEFT=math.inf) if isinstance(a.data, Text)]
