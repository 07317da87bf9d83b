"""RoiTracking-, HandDetectionsFromPoseToRects-, LandmarkVisibility- and SetLandmarkVisibilityCalculator.

Rects and visibilities are held against formulas; the whole pipeline against MediaPipe in tests/graphs.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import Detection, ImageSize, NormalizedLandmarkList, NormalizedRect, RelativeBoundingBox
from graphkit.testing import CalculatorRunner

SIZE = ImageSize(200, 100)
ANEW = NormalizedRect(0.5, 0.5, 0.2, 0.4)  # 40 x 40 pixels around (100, 50)
LIMITS = "rect_requirements { rotation_degrees: 10 translation: 0.1 scale: 0.2 }"


def tracking(options: str) -> CalculatorRunner:
    return CalculatorRunner(f"""
        calculator: "RoiTrackingCalculator"
        input_stream: "PREV_LANDMARKS:l" input_stream: "PREV_LANDMARKS_RECT:b"
        input_stream: "RECROP_RECT:a" input_stream: "IMAGE_SIZE:s" output_stream: "TRACKING_RECT:t"
        options {{ [mediapipe.RoiTrackingCalculatorOptions.ext] {{ {options} }} }}
    """)


def tracked(
    options: str, before: NormalizedRect | None, anew: NormalizedRect | None = ANEW, points: Any = ((0.5, 0.5),)
) -> NormalizedRect | None:
    run = tracking(options)
    run.add("IMAGE_SIZE", SIZE, 3)
    if before is not None:
        run.add("PREV_LANDMARKS", NormalizedLandmarkList.from_xyz(np.array(points)), 3)
        run.add("PREV_LANDMARKS_RECT", before, 3)
    if anew is not None:
        run.add("RECROP_RECT", anew, 3)
    packets = run.run().outputs["TRACKING_RECT"]
    return packets[0].payload if packets else None


@pytest.mark.parametrize(
    ("options", "before", "kept"),
    [
        pytest.param("", NormalizedRect(0.1, 0.1, 0.1, 0.1), True, id="nothing asked for"),
        pytest.param(LIMITS, NormalizedRect(0.519, 0.5, 0.2, 0.4), True, id="moved 3.8 of 4 pixels"),
        pytest.param(LIMITS, NormalizedRect(0.521, 0.5, 0.2, 0.4), False, id="moved 4.2 pixels across"),
        pytest.param(LIMITS, NormalizedRect(0.5, 0.542, 0.2, 0.4), False, id="moved 4.2 pixels down"),
        pytest.param(LIMITS, NormalizedRect(0.5, 0.5, 0.239, 0.4), True, id="7.8 of 8 pixels wider"),
        pytest.param(LIMITS, NormalizedRect(0.5, 0.5, 0.241, 0.4), False, id="8.2 pixels wider"),
        pytest.param(LIMITS, NormalizedRect(0.5, 0.5, 0.2, 0.318), False, id="8.2 pixels lower"),
        pytest.param(LIMITS, NormalizedRect(0.5, 0.5, 0.2, 0.4, math.radians(9)), True, id="turned 9 degrees"),
        pytest.param(LIMITS, NormalizedRect(0.5, 0.5, 0.2, 0.4, math.radians(11)), False, id="turned 11 degrees"),
        pytest.param(
            "iou_requirements { min_iou: 0.5 }", NormalizedRect(0.56, 0.5, 0.2, 0.4), True, id="IoU 0.54"
        ),
        pytest.param("iou_requirements {}", NormalizedRect(0.57, 0.5, 0.2, 0.4), False, id="IoU 0.48"),
    ],
)
def test_the_region_of_before_is_kept_while_it_is_near(options: str, before: NormalizedRect, kept: bool) -> None:
    assert tracked(options, before) == (before if kept else ANEW)


def test_a_turn_goes_the_short_way() -> None:
    before, anew = (NormalizedRect(0.5, 0.5, 0.2, 0.4, math.radians(angle)) for angle in (178, -178))
    assert tracked(LIMITS, before, anew) == before


def test_a_shift_is_measured_along_the_new_region() -> None:
    anew = NormalizedRect(0.5, 0.5, 0.1, 0.4, math.pi / 2)  # 20 pixels high and 40 wide as seen in the image
    assert tracked(LIMITS, NormalizedRect(0.519, 0.5, 0.1, 0.4, math.pi / 2), anew) != anew
    assert tracked(LIMITS, NormalizedRect(0.5, 0.53, 0.1, 0.4, math.pi / 2), anew) == anew


@pytest.mark.parametrize(
    ("margin", "point", "kept"),
    [
        pytest.param(0.0, (0.59, 0.5), True, id="inside"),
        pytest.param(0.0, (0.61, 0.5), False, id="outside"),
        pytest.param(0.2, (0.61, 0.5), True, id="inside of a larger one"),
        pytest.param(-0.2, (0.59, 0.5), False, id="outside of a smaller one"),
        pytest.param(0.0, (0.5, 0.71), False, id="below"),
    ],
)
def test_landmarks_must_lie_in_the_new_region(margin: float, point: tuple[float, float], kept: bool) -> None:
    before = NormalizedRect(0.4, 0.4, 0.3, 0.3)
    options = f"landmarks_requirements {{ recrop_rect_margin: {margin} }}"
    assert tracked(options, before, points=((0.5, 0.5), point)) == (before if kept else ANEW)


def test_without_a_region_of_before_the_new_one() -> None:
    assert tracked(LIMITS, None) == ANEW


def test_without_a_new_region_nothing() -> None:
    assert tracked(LIMITS, NormalizedRect(0.5, 0.5, 0.2, 0.4), None) is None


def hand(*points: tuple[float, float], size: bool = True, output: str = "NORM_RECT") -> CalculatorRunner:
    run = CalculatorRunner(f"""
        calculator: "HandDetectionsFromPoseToRectsCalculator" input_stream: "DETECTION:d"
        {'input_stream: "IMAGE_SIZE:s"' if size else ""} output_stream: "{output}:out"
    """)
    box = RelativeBoundingBox(0.0, 0.0, 0.1, 0.1)
    run.add("DETECTION", Detection(location=box, relative_keypoints=np.array(points, np.float32)), 0)
    if size:
        run.add("IMAGE_SIZE", SIZE, 0)
    return run


@pytest.mark.parametrize(
    ("wrist", "pinky", "index", "expected"),
    [
        pytest.param((0.5, 0.9), (0.5, 0.5), (0.5, 0.5), (0.5, 0.5, 0.4, 0.8, 0.0), id="up: upright"),
        pytest.param((0.5, 0.5), (0.7, 0.5), (0.7, 0.5), (0.7, 0.5, 0.4, 0.8, math.pi / 2), id="to the right"),
        pytest.param(
            (0.5, 0.9), (0.35, 0.5), (0.575, 0.5), (0.5, 0.5, 0.4, 0.8, 0.0), id="two parts index finger"
        ),
    ],
)
def test_the_region_of_a_hand(wrist: Any, pinky: Any, index: Any, expected: tuple[float, ...]) -> None:
    (packet,) = hand(wrist, pinky, index).run().outputs["NORM_RECT"]
    rect = packet.payload
    found = (rect.x_center, rect.y_center, rect.width, rect.height, rect.rotation)
    assert found == pytest.approx(expected, abs=1e-6)


def test_a_hand_needs_three_points() -> None:
    with pytest.raises(CalculatorError, match=r"needs wrist, pinky and index finger .*found 2 keypoints"):
        hand((0.5, 0.5), (0.6, 0.6)).run()


def test_a_hand_needs_the_size() -> None:
    with pytest.raises(GraphValidationError, match="measured in pixels: connect IMAGE_SIZE"):
        hand((0.5, 0.5), (0.6, 0.6), (0.7, 0.7), size=False).run()


def landmark(visibility: float | None = None, count: int = 1) -> NormalizedLandmarkList:
    seen = None if visibility is None else np.full(count, visibility)
    return NormalizedLandmarkList.from_xyz(np.full((count, 3), 0.5), seen)


VISIBILITY = (
    'calculator: "LandmarkVisibilityCalculator" input_stream: "NORM_LANDMARKS:l" output_stream: "VISIBILITY:v"'
)


@pytest.mark.parametrize(("given", "expected"), [(0.25, 0.25), (None, 0.0)], ids=["visible", "not known"])
def test_visibility(given: float | None, expected: float) -> None:
    run = CalculatorRunner(VISIBILITY)
    run.add("NORM_LANDMARKS", landmark(given), 2)
    assert [(p.payload, p.timestamp) for p in run.run().outputs["VISIBILITY"]] == [(expected, 2)]


def test_visibility_of_several() -> None:
    run = CalculatorRunner(VISIBILITY)
    run.add("NORM_LANDMARKS", landmark(count=2), 2)
    with pytest.raises(CalculatorError, match="NORM_LANDMARKS has 2 landmarks; split off the one"):
        run.run()


def setting() -> CalculatorRunner:
    return CalculatorRunner("""
        calculator: "SetLandmarkVisibilityCalculator" input_stream: "NORM_LANDMARKS:l" input_stream: "VISIBILITY:v"
        output_stream: "NORM_LANDMARKS:out"
    """)


def test_set_visibility() -> None:
    run = setting()
    run.add("NORM_LANDMARKS", landmark(0.25), 2)
    run.add("VISIBILITY", 100.0, 2)
    (packet,) = run.run().outputs["NORM_LANDMARKS"]
    assert packet.payload == landmark(100.0)


def test_set_visibility_needs_both() -> None:
    run = setting()
    run.add("NORM_LANDMARKS", landmark(0.25), 2)
    run.set_bound("VISIBILITY", 3)
    assert run.run().outputs["NORM_LANDMARKS"] == []


def collecting() -> CalculatorRunner:
    return CalculatorRunner("""
        calculator: "CollectLandmarksCalculator" input_stream: "LANDMARKS:0:a" input_stream: "LANDMARKS:1:b"
        input_stream: "LANDMARKS:2:c" output_stream: "LANDMARKS:out"
    """)


def test_each_part_in_its_place() -> None:
    run = collecting()
    run.add(("LANDMARKS", 0), landmark(count=3), 1)
    run.add(("LANDMARKS", 2), landmark(count=2), 1)
    run.add(("LANDMARKS", 1), landmark(count=1), 2)
    packets = run.run().outputs["LANDMARKS"]
    assert [(int(p.timestamp), [len(part) for part in p.payload]) for p in packets] == [
        (1, [3, 0, 2]),
        (2, [0, 1, 0]),
    ]


def test_no_list_of_nothing_but_nothing() -> None:
    run = collecting()
    for index in range(3):
        run.set_bound(("LANDMARKS", index), 5)
    assert run.run().outputs["LANDMARKS"] == []
