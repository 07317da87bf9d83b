"""MediaPipe's custom operations of the attention face mesh, version 2 of each.

Facts from MediaPipe's mediapipe/util/tflite/operations: landmarks_to_transform_matrix.cc,
transform_tensor_bilinear.cc and transform_landmarks.cc. Their options are a flexbuffer map.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit.inference._importer.ops.conv import transposed_conv_with_bias

if TYPE_CHECKING:
    from graphkit.inference._importer.lowering import Lowering
    from graphkit.inference._importer.ops.registry import Converter
    from graphkit.inference._importer.reader import TfliteOperator

_VERSION = 2
# A table of positions lies in the imported model, twelve bytes for each.
_MOST_POSITIONS = 1 << 20


def _check_version(low: Lowering, op: TfliteOperator) -> None:
    if op.version != _VERSION:
        raise low.unsupported(op, f"version {op.version}; version {_VERSION} is known")


def _flexbuffer(low: Lowering, op: TfliteOperator, *keys: str) -> dict[str, Any]:
    from flatbuffers import flexbuffers  # type: ignore[import-untyped]

    found = flexbuffers.Loads(op.custom_options) if op.custom_options else {}
    missing = [key for key in keys if key not in found]
    if missing:
        raise low.unsupported(op, "no option " + ", ".join(missing))
    return dict(found)


class _Maths:
    """Small float32 arithmetic in the graph, on values of known shape."""

    def __init__(self, low: Lowering) -> None:
        self.low = low

    def number(self, value: float) -> str:
        return self.low.graph.constant(np.array(value, np.float32))

    def binary(self, op: str, left: str, right: str) -> str:
        shapes = self.low.graph.shapes
        return self.low.graph.emit(op, [left, right], np.broadcast_shapes(shapes[left], shapes[right]))

    def add(self, left: str, right: str) -> str:
        return self.binary("Add", left, right)

    def sub(self, left: str, right: str) -> str:
        return self.binary("Sub", left, right)

    def mul(self, left: str, right: str) -> str:
        return self.binary("Mul", left, right)

    def scale(self, value: str, factor: float) -> str:
        return self.mul(value, self.number(factor))

    def gather(self, value: str, indices: list[int], axis: int) -> str:
        shape = list(self.low.graph.shapes[value])
        shape[axis] = len(indices)
        return self.low.graph.emit(
            "Gather", [value, self.low.graph.constant(np.array(indices, np.int64))], tuple(shape), axis=axis
        )

    def reduce(self, op: str, value: str) -> str:
        return self.low.graph.emit(op, [value], (1,), axes=[0], keepdims=1)


def landmarks_to_transform_matrix(low: Lowering, op: TfliteOperator) -> str:
    """Landmarks2TransformMatrix: landmarks (1, n, 3) to the matrix (1, 4, 4) that maps a crop into the image.

    The crop is the box of a subset of landmarks after turning the line between two of them to the target
    angle: T = shift(centre) * rotate(-r) * scale(scale_xy * box / output) * shift(-output / 2).
    """
    _check_version(low, op)
    keys = ("left_rotation_idx", "right_rotation_idx", "subset_idxs", "target_rotation_radians")
    options = _flexbuffer(low, op, *keys, "scale_x", "scale_y", "output_width", "output_height")
    maths = _Maths(low)
    count = low.shape(low.input(op, 0))[1]
    points = low.reshape(low.value(low.input(op, 0)), (count, 3))
    cos, sin = _rotation(maths, points, options)
    centre_x, centre_y, width, height = _turned_box(maths, points, options["subset_idxs"], cos, sin)
    columns = []
    for size, scale, output in (
        (width, options["scale_x"], options["output_width"]),
        (height, options["scale_y"], options["output_height"]),
    ):
        columns.append((maths.scale(size, scale / output), -output / 2.0))
    (scale_x, shift_x), (scale_y, shift_y) = columns
    rows = []
    for centre, along_x, along_y in (
        (centre_x, maths.mul(cos, scale_x), maths.mul(sin, scale_y)),
        (centre_y, maths.scale(maths.mul(sin, scale_x), -1.0), maths.mul(cos, scale_y)),
    ):
        offset = maths.add(maths.scale(along_x, shift_x), maths.scale(along_y, shift_y))
        rows += [along_x, along_y, low.graph.constant(np.zeros(1, np.float32)), maths.add(centre, offset)]
    rest = low.graph.constant(np.array([0, 0, 1, 0, 0, 0, 0, 1], np.float32))
    return low.reshape(low.graph.emit("Concat", [*rows, rest], (16,), axis=0), (1, 4, 4))


def _rotation(maths: _Maths, points: str, options: dict[str, Any]) -> tuple[str, str]:
    """Return cosine and sine, (1,) each, of target - atan2(right - left), by the addition theorems."""
    graph = maths.low.graph
    left = maths.gather(points, [options["left_rotation_idx"]], 0)
    right = maths.gather(points, [options["right_rotation_idx"]], 0)
    delta = maths.low.reshape(maths.sub(right, left), (3,))
    dx, dy = maths.gather(delta, [0], 0), maths.gather(delta, [1], 0)
    length = graph.emit("Sqrt", [maths.add(maths.mul(dx, dx), maths.mul(dy, dy))], (1,))
    # atan2(0, 0) is 0: a line without length counts as (1, 0).
    flat = graph.emit("Equal", [length, maths.number(0.0)], (1,))
    cos = graph.emit("Where", [flat, maths.number(1.0), maths.binary("Div", dx, length)], (1,))
    sin = graph.emit("Where", [flat, maths.number(0.0), maths.binary("Div", dy, length)], (1,))
    target = float(options["target_rotation_radians"])
    if target == 0.0:
        return cos, maths.scale(sin, -1.0)
    ct, st = math.cos(target), math.sin(target)
    return (
        maths.add(maths.scale(cos, ct), maths.scale(sin, st)),
        maths.sub(maths.scale(cos, st), maths.scale(sin, ct)),
    )


def _turned_box(maths: _Maths, points: str, subset: list[int], cos: str, sin: str) -> tuple[str, str, str, str]:
    """Return centre x and y (turned back), width and height, (1,) each, of the turned subset's box."""
    chosen = maths.gather(points, sorted(set(subset)), 0)
    count = maths.low.graph.shapes[chosen][0]
    x, y = (maths.low.reshape(maths.gather(chosen, [axis], 1), (count,)) for axis in (0, 1))
    turned = (
        maths.sub(maths.mul(x, cos), maths.mul(y, sin)),
        maths.add(maths.mul(x, sin), maths.mul(y, cos)),
    )
    highs = [maths.reduce("ReduceMax", axis) for axis in turned]
    lows = [maths.reduce("ReduceMin", axis) for axis in turned]
    width, height = (maths.sub(high, low) for high, low in zip(highs, lows, strict=True))
    mid_x, mid_y = (maths.scale(maths.add(high, low), 0.5) for high, low in zip(highs, lows, strict=True))
    centre_x = maths.add(maths.mul(mid_x, cos), maths.mul(mid_y, sin))
    centre_y = maths.sub(maths.mul(mid_y, cos), maths.mul(mid_x, sin))
    return centre_x, centre_y, width, height


def transform_tensor_bilinear(low: Lowering, op: TfliteOperator) -> str:
    """TransformTensorBilinear: samples (1, h, w, C) at matrix * output pixel centre, zero outside of the image.

    A position is outside when it is below 0 or above size - 1: the border is not blended with zeros.
    """
    _check_version(low, op)
    maths = _Maths(low)
    _, out_h, out_w, _ = low.shape(op.outputs[0])
    source = low.value(low.input(op, 0))
    _, _, height, width = low.graph.shapes[source]
    if out_h * out_w > _MOST_POSITIONS:
        raise low.unsupported(op, f"{out_h} x {out_w} positions; up to {_MOST_POSITIONS} are known")
    ys, xs = np.mgrid[0:out_h, 0:out_w].reshape(2, -1) + 0.5
    centres = low.graph.constant(np.stack([xs, ys, np.zeros_like(xs), np.ones_like(xs)]).astype(np.float32))
    matrix = maths.gather(low.reshape(low.value(low.input(op, 1)), (4, 4)), [0, 1], 0)
    position = low.graph.emit("MatMul", [matrix, centres], (2, out_h * out_w))
    position = maths.sub(position, maths.number(0.5))
    # GridSample wants -1..1 from the first to the last pixel; anything far off samples as zero.
    to_unit = low.graph.constant(np.array([[2.0 / (width - 1)], [2.0 / (height - 1)]], np.float32))
    unit = maths.sub(maths.mul(position, to_unit), maths.number(1.0))
    size = low.graph.shapes[unit]
    outside = low.graph.emit("Greater", [low.graph.emit("Abs", [unit], size), maths.number(1.0)], size)
    far = low.graph.emit("Where", [outside, maths.number(10.0), unit], size)
    grid = low.graph.emit("Transpose", [far], (out_h * out_w, 2), perm=[1, 0])
    grid = low.reshape(grid, (1, out_h, out_w, 2))
    return low.graph.emit(
        "GridSample",
        [source, grid],
        (1, low.graph.shapes[source][1], out_h, out_w),
        mode="bilinear",
        padding_mode="zeros",
        align_corners=1,
    )


def transform_landmarks(low: Lowering, op: TfliteOperator) -> str:
    """TransformLandmarks: (1, n, 2 or 3) landmarks; x and y by the matrix's first two rows, z stays."""
    _check_version(low, op)
    maths = _Maths(low)
    _, count, dimensions = low.shape(low.input(op, 0))
    points = low.reshape(low.value(low.input(op, 0)), (count, dimensions))
    matrix = maths.gather(low.reshape(low.value(low.input(op, 1)), (4, 4)), [0, 1], 0)
    linear = low.graph.emit("Transpose", [maths.gather(matrix, [0, 1], 1)], (2, 2), perm=[1, 0])
    offset = low.reshape(maths.gather(matrix, [3], 1), (1, 2))
    xy = low.graph.emit("MatMul", [maths.gather(points, [0, 1], 1), linear], (count, 2))
    result = maths.add(xy, offset)
    if dimensions == 3:
        z = maths.gather(points, [2], 1)
        result = low.graph.emit("Concat", [result, z], (count, 3), axis=1)
    return low.reshape(result, (1, count, dimensions))


CONVERTERS: dict[str, Converter] = {
    "Convolution2DTransposeBias": transposed_conv_with_bias,
    "Landmarks2TransformMatrix": landmarks_to_transform_matrix,
    "TransformTensorBilinear": transform_tensor_bilinear,
    "TransformLandmarks": transform_landmarks,
}
