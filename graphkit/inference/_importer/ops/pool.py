"""Operations that gather neighbouring pixels: pooling, resizing, MEAN."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from graphkit.inference._importer.ops.conv import window_output, window_pads

if TYPE_CHECKING:
    from graphkit.inference._importer.graph import Shape
    from graphkit.inference._importer.lowering import Lowering
    from graphkit.inference._importer.ops.registry import Converter
    from graphkit.inference._importer.reader import TfliteOperator


def pool_2d(low: Lowering, op: TfliteOperator, onnx_op: str) -> str:
    """MAX_POOL_2D and AVERAGE_POOL_2D; padding never counts, as in TensorFlow Lite."""
    options = low.options(op)
    source, target = low.shape(low.input(op, 0)), low.shape(op.outputs[0])
    value = low.value(low.input(op, 0))
    kernel = (options["filter_height"], options["filter_width"])
    strides = (options["stride_h"], options["stride_w"])
    if kernel == source[1:3] == strides and target[1:3] == (1, 1):
        result = low.graph.emit(f"Global{onnx_op}", [value], (source[0], source[3], 1, 1))
    else:
        pads = window_pads(options, (source[1], source[2]), (target[1], target[2]), kernel, (1, 1))
        shape = (source[0], source[3], *window_output(source[1:3], kernel, strides, (1, 1), pads))
        result = low.graph.emit(
            onnx_op, [value], shape, kernel_shape=list(kernel), strides=list(strides), pads=pads
        )
    return low.activate(op, result, options["activation"])


def resize_bilinear(low: Lowering, op: TfliteOperator) -> str:
    """RESIZE_BILINEAR with half-pixel centres, aligned corners, or neither."""
    options = low.options(op)
    if options["half_pixel_centers"]:
        mode = "half_pixel"
    else:
        mode = "align_corners" if options["align_corners"] else "asymmetric"
    value = low.value(low.input(op, 0))
    batch, channels, height, width = low.graph.shapes[value]
    target = low.shape(op.outputs[0])
    shape = (batch, channels, target[1], target[2])
    inputs = [value, "", *_scales_or_sizes(low, (height, width), shape)]
    return low.graph.emit("Resize", inputs, shape, mode="linear", coordinate_transformation_mode=mode)


def _scales_or_sizes(low: Lowering, source: tuple[int, int], target: Shape) -> list[str]:
    """Return Resize's last inputs. Whole factors go in as scales: the blocked kernel takes only those."""
    if target[2] % source[0] == 0 and target[3] % source[1] == 0:
        scales = np.array([1, 1, target[2] // source[0], target[3] // source[1]], np.float32)
        return [low.graph.constant(scales, "scales")]
    return ["", low.graph.constant(np.array(target, np.int64), "sizes")]


def mean(low: Lowering, op: TfliteOperator) -> str:
    """MEAN over constant logical axes."""
    options = low.options(op)
    source = low.input(op, 0)
    rank = len(low.shape(source))
    axes = sorted({int(axis) % rank for axis in low.constant_input(op, 1).reshape(-1)})
    target = low.shape(op.outputs[0])
    if rank == 4 and axes == [1, 2]:
        value = low.value(source)
        batch, channels = low.graph.shapes[value][:2]
        value = low.graph.emit("GlobalAveragePool", [value], (batch, channels, 1, 1))
        return value if options["keep_dims"] else low.reshape(value, target)
    value = low.to_logical(low.value(source))
    keep = bool(options["keep_dims"])
    sizes = [1 if axis in axes else size for axis, size in enumerate(low.shape(source))]
    made = [size for axis, size in enumerate(sizes) if keep or axis not in axes]
    result = low.graph.emit("ReduceMean", [value], tuple(made), axes=axes, keepdims=int(keep))
    return low.from_logical(result)


CONVERTERS: dict[str, Converter] = {
    "MAX_POOL_2D": partial(pool_2d, onnx_op="MaxPool"),
    "AVERAGE_POOL_2D": partial(pool_2d, onnx_op="AveragePool"),
    "RESIZE_BILINEAR": resize_bilinear,
    "MEAN": mean,
}
