"""Convolutions and the fully connected layer."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit.inference._importer.schema import PADDING_VALID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from graphkit.inference._importer.lowering import Lowering
    from graphkit.inference._importer.ops.registry import Converter
    from graphkit.inference._importer.reader import TfliteOperator


def same_padding(size: int, out: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Return TensorFlow's SAME padding (before, after) of one axis; the odd pixel goes after."""
    total = max((out - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def window_pads(
    options: Mapping[str, int],
    size: tuple[int, int],
    out: tuple[int, int],
    kernel: tuple[int, int],
    dilation: tuple[int, int],
) -> list[int]:
    """Return ONNX's pads [top, left, bottom, right] for options with padding, stride_h and stride_w."""
    if options["padding"] == PADDING_VALID:
        return [0, 0, 0, 0]
    strides = (options["stride_h"], options["stride_w"])
    pairs = [same_padding(*axis) for axis in zip(size, out, kernel, strides, dilation, strict=True)]
    return [pairs[0][0], pairs[1][0], pairs[0][1], pairs[1][1]]


def window_output(
    size: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    pads: Sequence[int],
) -> tuple[int, int]:
    """Return the height and width of the output of a window over an image.

    Raises:
        ValueError: the window is larger than the image, or does not move.
    """
    axes = zip(size, kernel, strides, dilation, pads[:2], pads[2:], strict=True)
    height, width = (
        (length + before + after - (window - 1) * step - 1) // stride + 1 if stride > 0 and step > 0 else 0
        for length, window, stride, step, before, after in axes
    )
    if height < 1 or width < 1:
        raise ValueError(f"a window of {tuple(kernel)} every {tuple(strides)} pixels of {tuple(size)}")
    return height, width


def conv_2d(low: Lowering, op: TfliteOperator) -> str:
    """CONV_2D: filter (O, kh, kw, I); grouped when the input has a multiple of I channels."""
    weights = low.constant_input(op, 1).transpose(0, 3, 1, 2)
    groups = low.shape(low.input(op, 0))[3] // weights.shape[1]
    return _convolve(low, op, weights, groups)


def depthwise_conv_2d(low: Lowering, op: TfliteOperator) -> str:
    """DEPTHWISE_CONV_2D: filter (1, kh, kw, C * multiplier)."""
    weights = low.constant_input(op, 1).transpose(3, 0, 1, 2)
    return _convolve(low, op, weights, low.shape(low.input(op, 0))[3])


def _convolve(low: Lowering, op: TfliteOperator, weights: NDArray[Any], groups: int) -> str:
    options = low.options(op)
    source, target = low.shape(low.input(op, 0)), low.shape(op.outputs[0])
    kernel = (weights.shape[2], weights.shape[3])
    dilation = (options["dilation_h"], options["dilation_w"])
    if source[3] != weights.shape[1] * groups or weights.shape[0] % groups:
        raise ValueError(f"{source[3]} channels for weights of {weights.shape[:2]} in {groups} groups")
    inputs = [low.value(low.input(op, 0)), low.graph.constant(weights, "weight")]
    if low.has_input(op, 2):
        inputs.append(low.graph.constant(low.constant_input(op, 2), "bias"))
    strides = (options["stride_h"], options["stride_w"])
    pads = window_pads(options, (source[1], source[2]), (target[1], target[2]), kernel, dilation)
    value = low.graph.emit(
        "Conv",
        inputs,
        (source[0], weights.shape[0], *window_output(source[1:3], kernel, strides, dilation, pads)),
        kernel_shape=list(kernel),
        strides=list(strides),
        dilations=list(dilation),
        pads=pads,
        group=groups,
    )
    return low.activate(op, value, options["activation"])


def fully_connected(low: Lowering, op: TfliteOperator) -> str:
    """FULLY_CONNECTED: weights (O, K); the input's elements in logical order are rows of K."""
    options = low.options(op)
    weights = low.constant_input(op, 1)
    target = low.shape(op.outputs[0])
    source = low.to_logical(low.value(low.input(op, 0)))
    rows = prod(low.graph.shapes[source]) // weights.shape[1]
    inputs = [low.reshape(source, (rows, weights.shape[1])), low.graph.constant(weights, "weight")]
    if low.has_input(op, 2):
        inputs.append(low.graph.constant(low.constant_input(op, 2), "bias"))
    value = low.graph.emit("Gemm", inputs, (rows, weights.shape[0]), transB=1)
    value = low.from_logical(low.reshape(value, target))
    return low.activate(op, value, options["activation"])


def transposed_conv_with_bias(low: Lowering, op: TfliteOperator) -> str:
    """Convolution2DTransposeBias: filter (O, kh, kw, I), bias (O,); options are three int32.

    They are padding (1 is SAME), stride width, stride height. MediaPipe pads SAME by
    max(0, kernel - (size - 1) % stride - 1), the smaller half before.
    """
    padding, stride_w, stride_h = (int(i) for i in np.frombuffer(op.custom_options[:12], np.int32))
    weights = low.constant_input(op, 1)
    batch, height, width, _ = low.shape(low.input(op, 0))
    kernel = weights.shape[1:3]
    total = [
        max(0, k - (size - 1) % stride - 1) if padding == 1 else 0
        for k, size, stride in zip(kernel, (height, width), (stride_h, stride_w), strict=True)
    ]
    before = [t // 2 for t in total]
    rows, columns = (
        stride * (size - 1) + k - t
        for stride, size, k, t in zip((stride_h, stride_w), (height, width), kernel, total, strict=True)
    )
    return low.graph.emit(
        "ConvTranspose",
        [
            low.value(low.input(op, 0)),
            low.graph.constant(weights.transpose(3, 0, 1, 2), "weight"),
            low.graph.constant(low.constant_input(op, 2), "bias"),
        ],
        (batch, weights.shape[0], rows, columns),
        kernel_shape=list(kernel),
        strides=[stride_h, stride_w],
        pads=[*before, *(t - b for t, b in zip(total, before, strict=True))],
    )


CONVERTERS: dict[str, Converter] = {
    "CONV_2D": conv_2d,
    "DEPTHWISE_CONV_2D": depthwise_conv_2d,
    "FULLY_CONNECTED": fully_connected,
}
