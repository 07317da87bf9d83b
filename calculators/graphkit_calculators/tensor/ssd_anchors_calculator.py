"""SsdAnchorsCalculator: the prior boxes of a single-shot detector."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit import Calculator, Options, SideOutput, Status, calculator, option, options
from graphkit.errors import ContractError
from graphkit.formats import Anchors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.SsdAnchorsCalculatorOptions", extension=247258239)
class SsdAnchorsCalculatorOptions:
    """How the anchors of a model lie; take them from the model's own configuration."""

    input_size_width: int | None = option(1)
    input_size_height: int | None = option(2)
    min_scale: float | None = option(3)
    max_scale: float | None = option(4)
    anchor_offset_x: float = option(5, default=0.5)
    anchor_offset_y: float = option(6, default=0.5)
    num_layers: int | None = option(7)
    feature_map_width: list[int] = option(8)
    feature_map_height: list[int] = option(9)
    strides: list[int] = option(10)
    aspect_ratios: list[float] = option(11)
    reduce_boxes_in_lowest_layer: bool = option(12, default=False)
    interpolated_scale_aspect_ratio: float = option(13, default=1.0)
    fixed_anchor_size: bool = option(14, default=False)
    multiscale_anchor_generation: bool = option(15, default=False)
    min_level: int = option(16, default=3)
    max_level: int = option(17, default=7)
    anchor_scale: float = option(18, default=4.0)
    scales_per_octave: int = option(19, default=2)
    normalize_coordinates: bool = option(20, default=True)
    fixed_anchors: list[Any] = option(21, "mediapipe.Anchor")


@calculator
class SsdAnchorsCalculator(Calculator):
    """Makes the anchors that TensorsToDetectionsCalculator decodes boxes with.

    Sets its side packet when the run starts; runs once, costs nothing afterwards.

    Knobs: all of them describe a model. Layers of equal ``strides`` that follow each other share their
    cells; each layer has one box an aspect ratio and one between its scale and the next layer's
    (``interpolated_scale_aspect_ratio``, 0 for none). ``multiscale_anchor_generation`` is the RetinaNet
    scheme; ``fixed_anchors`` gives them one by one.

    Example::

        node {
          calculator: "SsdAnchorsCalculator"
          output_side_packet: "anchors"
          options {
            [mediapipe.SsdAnchorsCalculatorOptions.ext] {
              num_layers: 4
              min_scale: 0.1484375
              max_scale: 0.75
              input_size_width: 192
              input_size_height: 192
              strides: [8, 16, 16, 16]
              aspect_ratios: 1.0
              fixed_anchor_size: true
            }
          }
        }
    """

    anchors = SideOutput(Anchors)
    options = Options(SsdAnchorsCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that the number of layers and what is said of them agree."""
        _check(cls.options(cc))

    def open(self, cc: CalculatorContext) -> None:
        """Set the side packet."""
        self.anchors.set(cc, generate_anchors(self.options(cc)))

    def process(self, cc: CalculatorContext) -> Status:
        """There are no streams."""
        return Status.STOP


def generate_anchors(chosen: SsdAnchorsCalculatorOptions) -> Anchors:
    """Return the anchors in the order of the model's output: layer, row, column, box."""
    if chosen.fixed_anchors:
        return Anchors.from_protos(chosen.fixed_anchors)
    layers = _multiscale_layers(chosen) if chosen.multiscale_anchor_generation else _ssd_layers(chosen)
    return Anchors(np.concatenate(list(layers)).astype(np.float32))


def _check(chosen: SsdAnchorsCalculatorOptions) -> None:
    if chosen.fixed_anchors:
        return
    layers = _layer_count(chosen)
    if chosen.feature_map_height:
        sizes = (len(chosen.feature_map_height), len(chosen.feature_map_width))
        if sizes != (layers, layers):
            raise ContractError(
                f"there are {layers} layers, but feature_map_height and feature_map_width have {sizes[0]} and "
                f"{sizes[1]} values; give one a layer."
            )
    elif len(chosen.strides) != layers or not layers:
        raise ContractError(
            f"there are {layers} layers, but strides has {len(chosen.strides)} values; give one a layer, or the "
            "sizes of the feature maps."
        )


def _layer_count(chosen: SsdAnchorsCalculatorOptions) -> int:
    if chosen.multiscale_anchor_generation:
        return chosen.max_level - chosen.min_level + 1
    return chosen.num_layers or 0


def _feature_map(chosen: SsdAnchorsCalculatorOptions, layer: int) -> tuple[int, int]:
    """Return height and width of a layer's grid."""
    if chosen.feature_map_height:
        return chosen.feature_map_height[layer], chosen.feature_map_width[layer]
    stride = chosen.strides[layer]
    return math.ceil((chosen.input_size_height or 0) / stride), math.ceil((chosen.input_size_width or 0) / stride)


def _grid(height: int, width: int, boxes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return (height * width * boxes, 4) rows column, row, h, w: every box of (B, 2) in every cell."""
    rows = np.empty((height, width, len(boxes), 4))
    rows[..., 0] = np.arange(width)[None, :, None]
    rows[..., 1] = np.arange(height)[:, None, None]
    rows[..., 2:] = boxes
    return rows.reshape(-1, 4)


def _ssd_layers(chosen: SsdAnchorsCalculatorOptions) -> Iterator[np.ndarray[Any, Any]]:
    layer, count = 0, chosen.num_layers or 0
    while layer < count:
        end = layer + 1
        while end < len(chosen.strides) and chosen.strides[end] == chosen.strides[layer]:
            end += 1
        height, width = _feature_map(chosen, layer)
        boxes = np.array([box for index in range(layer, end) for box in _layer_boxes(chosen, index)])
        rows = _grid(height, width, np.ones_like(boxes) if chosen.fixed_anchor_size else boxes)
        rows[:, 0] = (rows[:, 0] + chosen.anchor_offset_x) / width
        rows[:, 1] = (rows[:, 1] + chosen.anchor_offset_y) / height
        yield rows
        layer = end


def _layer_boxes(chosen: SsdAnchorsCalculatorOptions, layer: int) -> list[tuple[float, float]]:
    """Return height and width of each box that a layer adds to a cell, in fractions of the input."""
    scale = _scale(chosen, layer)
    if layer == 0 and chosen.reduce_boxes_in_lowest_layer:
        sizes = [(0.1, 1.0), (scale, 2.0), (scale, 0.5)]
    else:
        sizes = [(scale, ratio) for ratio in chosen.aspect_ratios]
        if chosen.interpolated_scale_aspect_ratio > 0:
            following = 1.0 if layer == _layer_count(chosen) - 1 else _scale(chosen, layer + 1)
            sizes.append((math.sqrt(scale * following), chosen.interpolated_scale_aspect_ratio))
    return [(size / math.sqrt(ratio), size * math.sqrt(ratio)) for size, ratio in sizes]


def _scale(chosen: SsdAnchorsCalculatorOptions, layer: int) -> float:
    low, high = chosen.min_scale or 0.0, chosen.max_scale or 0.0
    count = _layer_count(chosen)
    return (low + high) / 2 if count == 1 else low + (high - low) * layer / (count - 1)


def _multiscale_layers(chosen: SsdAnchorsCalculatorOptions) -> Iterator[np.ndarray[Any, Any]]:
    """Yield the anchors of each level after "Focal Loss for Dense Object Detection", arXiv:1708.02002."""
    octave = [2.0 ** (i / chosen.scales_per_octave) for i in range(chosen.scales_per_octave)]
    input_height, input_width = chosen.input_size_height or 0, chosen.input_size_width or 0
    for layer in range(_layer_count(chosen)):
        stride = 2.0 ** (chosen.min_level + layer)
        base = stride * chosen.anchor_scale
        boxes = np.array([
            (scale * base / math.sqrt(ratio), scale * base * math.sqrt(ratio))
            for ratio in chosen.aspect_ratios for scale in octave
        ])  # fmt: skip
        rows = _grid(*_feature_map(chosen, layer), boxes)
        rows[:, 0] = rows[:, 0] * stride + _half_stride(input_width, stride)
        rows[:, 1] = rows[:, 1] * stride + _half_stride(input_height, stride)
        if chosen.normalize_coordinates:
            rows /= (input_width, input_height, input_height, input_width)
        yield rows


def _half_stride(size: int, stride: float) -> float:
    """Return where the first anchor lies: half a stride in where cells fill the input, else at its edge."""
    return stride / 2 if size % stride == 0 or size == 1 else 0.0
