from __future__ import annotations

import math

import numpy as np
import pytest

from graphkit.errors import CalculatorError
from graphkit.formats import ImageSize, NormalizedLandmarkList
from graphkit.testing import CalculatorRunner
from graphkit_calculators.util.hand_landmarks_to_rect_calculator import hand_rect

PALM_SIDE = [0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18]
SIZE = ImageSize(200, 100)


def upright_hand() -> np.ndarray:
    """A hand in pixels, its wrist at the bottom: x from 80 to 120, y from 20 to 80 on the palm side."""
    hand = np.full((21, 2), (100.0, 50.0))
    hand[0] = 100, 80
    hand[1] = 80, 60
    hand[17] = 120, 60
    hand[[6, 10, 14]] = (95, 20), (100, 20), (105, 20)
    hand[[4, 8, 12, 16, 20]] = 500, -500  # finger tips do not count
    return hand


def turned(hand: np.ndarray, angle: float) -> np.ndarray:
    """The hand turned clockwise about (100, 50)."""
    cos, sin = math.cos(angle), math.sin(angle)
    return (hand - (100, 50)) @ np.array([[cos, sin], [-sin, cos]]) + (100, 50)


@pytest.mark.parametrize("angle", [0.0, 0.5, -2.0, 3.0])
def test_the_rect_turns_with_the_hand(angle: float) -> None:
    landmarks = NormalizedLandmarkList.from_xyz(turned(upright_hand(), angle) / SIZE)
    rect = hand_rect(landmarks, SIZE)
    assert rect.rotation == pytest.approx(angle, abs=1e-5)
    assert (rect.x_center, rect.y_center) == pytest.approx((0.5, 0.5), abs=1e-5)
    assert (rect.width * 200, rect.height * 100) == pytest.approx((40, 60), abs=1e-3)


def test_a_real_hand_has_the_rect_of_mediapipe() -> None:
    # From a run of MediaPipe 0.10.21 on a 640 x 480 clip.
    palm_side = np.array([
        [0.8680286, 0.52206177],
        [0.7839888, 0.4913705],
        [0.6996718, 0.4697838],
        [0.63464946, 0.49285182],
        [0.676145, 0.41065988],
        [0.61658585, 0.45226544],
        [0.69250774, 0.46031985],
        [0.64393556, 0.49701065],
        [0.7096072, 0.50402987],
        [0.6643273, 0.5357625],
        [0.72661346, 0.5485229],
        [0.6841458, 0.57042617],
    ])  # fmt: skip
    rect = hand_rect(NormalizedLandmarkList.from_xyz(palm_side), ImageSize(640, 480))
    found = (rect.x_center, rect.y_center, rect.width, rect.height, rect.rotation)
    assert found == pytest.approx((0.7374312, 0.51120126, 0.113579914, 0.34185168, -1.3066531), abs=3e-7)


def test_twelve_landmarks_do_as_well() -> None:
    hand = turned(upright_hand(), 0.7) / SIZE
    whole = hand_rect(NormalizedLandmarkList.from_xyz(hand), SIZE)
    assert hand_rect(NormalizedLandmarkList.from_xyz(hand[PALM_SIDE]), SIZE) == whole


def test_maxima_do_not_go_below_zero() -> None:
    # MediaPipe's quirk: left of the image the upright box reaches to x = 0, so the centre moves there.
    hand = upright_hand() / SIZE
    inside = hand_rect(NormalizedLandmarkList.from_xyz(hand), SIZE)
    outside = hand_rect(NormalizedLandmarkList.from_xyz(hand - (2, 0)), SIZE)
    assert outside.x_center == pytest.approx(inside.x_center - 2, abs=0.5)
    assert outside.width > inside.width


def test_emits_a_rect_where_there_is_a_hand() -> None:
    runner = CalculatorRunner("""
        calculator: "HandLandmarksToRectCalculator"
        input_stream: "NORM_LANDMARKS:landmarks"
        input_stream: "IMAGE_SIZE:size"
        output_stream: "NORM_RECT:rect"
    """)
    landmarks = NormalizedLandmarkList.from_xyz(upright_hand() / SIZE)
    for timestamp in (1, 2):
        runner.add("IMAGE_SIZE", SIZE, timestamp)
    runner.add("NORM_LANDMARKS", landmarks, 2)
    packets = runner.run().outputs["NORM_RECT"]
    assert [(p.timestamp, p.payload) for p in packets] == [(2, hand_rect(landmarks, SIZE))]


def test_too_few_landmarks_are_refused() -> None:
    runner = CalculatorRunner("""
        calculator: "HandLandmarksToRectCalculator"
        input_stream: "NORM_LANDMARKS:landmarks"
        input_stream: "IMAGE_SIZE:size"
        output_stream: "NORM_RECT:rect"
    """)
    runner.add("NORM_LANDMARKS", NormalizedLandmarkList.from_xyz(np.zeros((5, 3))), 1)
    runner.add("IMAGE_SIZE", SIZE, 1)
    with pytest.raises(CalculatorError, match="needs 21 landmarks, or the 12 of its palm side; found 5"):
        runner.run()
