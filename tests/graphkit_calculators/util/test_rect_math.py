from __future__ import annotations

import math

import numpy as np
import pytest

from graphkit_calculators.util._rect_math import (
    f32,
    intersection_over_union,
    normalize_radians,
    round_half_away,
    upright_rotation,
)

PI = math.pi


@pytest.mark.parametrize("value", [0.1, -1e-7, 3.0, 1e30, 1 / 3])
def test_f32_rounds_as_numpy_does(value: float) -> None:
    assert f32(value) == float(np.float32(value))


@pytest.mark.parametrize(
    ("angle", "expected"),
    [
        pytest.param(0.5, 0.5, id="within"),
        pytest.param(PI, -PI, id="pi-becomes-minus-pi"),
        pytest.param(1.5 * PI, -0.5 * PI, id="above"),
        pytest.param(-4.5 * PI, -0.5 * PI, id="far-below"),
    ],
)
def test_normalize_radians(angle: float, expected: float) -> None:
    assert normalize_radians(angle) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("x1", "y1", "expected"),
    [
        pytest.param(0, -5, 0.0, id="up-stays"),
        pytest.param(5, 0, PI / 2, id="right-turned-a-quarter"),
        pytest.param(-5, 0, -PI / 2, id="left-turned-back"),
    ],
)
def test_upright_rotation_turns_a_vector_up(x1: float, y1: float, expected: float) -> None:
    assert upright_rotation(0, 0, x1, y1, PI / 2) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(2.5, 3, id="half-up"),
        pytest.param(-2.5, -3, id="half-down-below-zero"),
        pytest.param(2.4, 2, id="down"),
        pytest.param(-0.4, 0, id="to-zero"),
    ],
)
def test_round_half_away(value: float, expected: int) -> None:
    assert round_half_away(value) == expected


@pytest.mark.parametrize(
    ("b", "expected"),
    [
        pytest.param((0, 0, 2, 2), 1.0, id="same"),
        pytest.param((1, 0, 3, 2), 1 / 3, id="half-shared"),
        pytest.param((2, 0, 4, 2), 0.0, id="touching"),
        pytest.param((5, 5, 6, 6), 0.0, id="apart"),
        pytest.param((0.5, 0.5, 1.5, 1.5), 0.25, id="inside"),
    ],
)
def test_intersection_over_union(b: tuple[float, float, float, float], expected: float) -> None:
    assert intersection_over_union((0, 0, 2, 2), b) == pytest.approx(expected)


def test_boxes_without_area_share_nothing() -> None:
    assert intersection_over_union((1, 1, 1, 1), (1, 1, 1, 1)) == 0.0
