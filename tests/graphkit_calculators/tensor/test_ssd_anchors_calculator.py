"""SsdAnchorsCalculator."""

from __future__ import annotations

import math

import pytest

from graphkit.errors import GraphValidationError
from graphkit.formats import Anchors
from graphkit.testing import CalculatorRunner

PALM = """
    num_layers: 4 min_scale: 0.1484375 max_scale: 0.75 input_size_height: 192 input_size_width: 192
    strides: 8 strides: 16 strides: 16 strides: 16 aspect_ratios: 1.0 fixed_anchor_size: true
"""
POSE = """
    num_layers: 5 min_scale: 0.1484375 max_scale: 0.75 input_size_height: 224 input_size_width: 224
    strides: 8 strides: 16 strides: 32 strides: 32 strides: 32 aspect_ratios: 1.0 fixed_anchor_size: true
"""


def anchors(options: str) -> Anchors:
    runner = CalculatorRunner(
        f"""
        calculator: "SsdAnchorsCalculator" output_side_packet: "anchors"
        options {{ [mediapipe.SsdAnchorsCalculatorOptions.ext] {{ {options} }} }}
        """
    )
    made = runner.run().output_side_packets[0]
    assert isinstance(made, Anchors)
    return made


@pytest.mark.parametrize(
    ("options", "count"), [pytest.param(PALM, 2016, id="palms"), pytest.param(POSE, 2254, id="poses")]
)
def test_number_of_anchors_of_known_models(options: str, count: int) -> None:
    found = anchors(options).data
    assert found.shape == (count, 4)
    assert (found[:, 2:] == 1).all()


def test_layers_of_one_stride_share_their_cells() -> None:
    found = anchors(PALM).data
    # 24 x 24 cells of 2 boxes, then 12 x 12 cells of 6.
    assert found[0].tolist() == found[1].tolist() == pytest.approx([0.5 / 24, 0.5 / 24, 1, 1])
    assert found[2].tolist() == pytest.approx([1.5 / 24, 0.5 / 24, 1, 1])
    first = 24 * 24 * 2
    assert found[first].tolist() == found[first + 5].tolist() == pytest.approx([0.5 / 12, 0.5 / 12, 1, 1])
    assert found[first + 6].tolist() == pytest.approx([1.5 / 12, 0.5 / 12, 1, 1])


def test_boxes_of_a_layer() -> None:
    found = anchors(
        """
        num_layers: 2 min_scale: 0.2 max_scale: 0.8 input_size_height: 4 input_size_width: 8 strides: 4 strides: 8
        aspect_ratios: 1.0 aspect_ratios: 4.0
        """
    ).data
    between = math.sqrt(0.2 * 0.8)
    assert found.shape == (1 * 2 * 3 + 1 * 1 * 3, 4)
    assert found[:3].tolist() == [
        pytest.approx([0.25, 0.5, 0.2, 0.2]),
        pytest.approx([0.25, 0.5, 0.1, 0.4]),
        pytest.approx([0.25, 0.5, between, between]),
    ]
    # The last layer's next scale is 1.
    assert found[-1].tolist() == pytest.approx([0.5, 0.5, math.sqrt(0.8), math.sqrt(0.8)])


def test_reduced_lowest_layer_without_boxes_between() -> None:
    found = anchors(
        """
        num_layers: 1 min_scale: 0.4 max_scale: 0.8 input_size_height: 8 input_size_width: 8 strides: 8
        aspect_ratios: 1.0 reduce_boxes_in_lowest_layer: true interpolated_scale_aspect_ratio: 0.0
        """
    ).data
    # One layer has the mean scale.
    expected = [(0.1, 0.1), (0.6 / math.sqrt(2), 0.6 * math.sqrt(2)), (0.6 * math.sqrt(2), 0.6 / math.sqrt(2))]
    assert found[:, 2:].tolist() == [pytest.approx(sizes) for sizes in expected]


def test_sizes_of_feature_maps_instead_of_strides() -> None:
    found = anchors(
        "num_layers: 1 min_scale: 0.5 max_scale: 0.5 aspect_ratios: 1.0 feature_map_width: 2 feature_map_height: 3"
    ).data
    assert found.shape == (2 * 3 * 2, 4)
    assert found[-1, :2].tolist() == pytest.approx([0.75, 5 / 6])


def test_multiscale_anchors() -> None:
    found = anchors(
        """
        multiscale_anchor_generation: true min_level: 3 max_level: 4 anchor_scale: 4.0 scales_per_octave: 2
        aspect_ratios: 1.0 strides: 8 strides: 16 input_size_height: 16 input_size_width: 16
        """
    ).data
    assert found.shape == ((2 * 2 + 1) * 2, 4)
    assert found[0].tolist() == pytest.approx([4 / 16, 4 / 16, 32 / 16, 32 / 16])
    assert found[1, 2] == pytest.approx(32 * math.sqrt(2) / 16)
    assert found[-2].tolist() == pytest.approx([8 / 16, 8 / 16, 64 / 16, 64 / 16])


def test_anchors_given_one_by_one() -> None:
    found = anchors("fixed_anchors { x_center: 0.1 y_center: 0.2 h: 0.3 w: 0.4 }").data
    assert found.tolist() == [pytest.approx([0.1, 0.2, 0.3, 0.4])]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param("num_layers: 2 strides: 8", "there are 2 layers, but strides has 1 values", id="strides"),
        pytest.param(
            "num_layers: 1 feature_map_width: 2 feature_map_width: 3 feature_map_height: 2",
            "feature_map_height and feature_map_width have 1 and 2 values",
            id="feature maps",
        ),
        pytest.param("num_layers: 0", "there are 0 layers", id="no layers"),
    ],
)
def test_layers_that_do_not_agree(options: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        anchors(options)
