"""MediaPipe's custom operations of the attention face mesh, version 2 of each.

Facts from MediaPipe's mediapipe/util/tflite/operations: landmarks_to_transform_matrix.cc,
transform_tensor_bilinear.cc and transform_landmarks.cc. Their options are a flexbuffer map.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit.inference._importer.ops.conv import transposed_conv_with_bias
from graphkit.inference._importer.passes.sample_rows import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from graphkit.inference._importer.graph import Shape
    from graphkit.inference._importer.lowering import Lowering
    from graphkit.inference._importer.ops.registry import Converter
    from graphkit.inference._importer.reader import TfliteOperator

_VERSION = 2
# A table of positions is stored in the imported model, twelve bytes for each.
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
    """Small float32 arithmetic in the graph, on matrices; each operator costs more than its numbers."""

    def __init__(self, low: Lowering) -> None:
        self.low = low

    def matrix(self, rows: Sequence[Sequence[float]] | NDArray[Any]) -> str:
        return self.low.graph.constant(np.array(rows, np.float32))

    def shape(self, value: str) -> Shape:
        return self.low.graph.shapes[value]

    def binary(self, op: str, left: str, right: str) -> str:
        return self.low.graph.emit(op, [left, right], np.broadcast_shapes(self.shape(left), self.shape(right)))

    def product(self, left: str, right: str) -> str:
        return self.low.graph.emit("MatMul", [left, right], (self.shape(left)[0], self.shape(right)[1]))

    def gather(self, value: str, indices: Sequence[int], axis: int = 0) -> str:
        shape = list(self.shape(value))
        shape[axis] = len(indices)
        chosen = self.low.graph.constant(np.array(indices, np.int64))
        return self.low.graph.emit("Gather", [value, chosen], tuple(shape), axis=axis)

    def reduce(self, op: str, value: str, axis: int) -> str:
        shape = list(self.shape(value))
        shape[axis] = 1
        return self.low.graph.emit(op, [value], tuple(shape), axes=[axis], keepdims=1)

    def stack(self, *values: str) -> str:
        rows = sum(self.shape(value)[0] for value in values)
        return self.low.graph.emit("Concat", values, (rows, self.shape(values[0])[1]), axis=0)


# What the three operations pass to each other is, inside the graph, the transposed affine map (3, 2): a point is
# (x, y, 1) times it. The matrix (1, 4, 4) of the model is made of it, and dropped if nothing else reads it.
_TO_XY: Final = ((1, 0), (0, 1), (0, 0))


def landmarks_to_transform_matrix(low: Lowering, op: TfliteOperator) -> str:
    """Landmarks2TransformMatrix: landmarks (1, n, 3) to the matrix (1, 4, 4) that maps a crop into the image.

    The crop is the box of a subset of landmarks after turning the line between two of them to the target
    angle: T = shift(centre) * rotate(-r) * scale(scale_xy * box / output) * shift(-output / 2).
    """
    _check_version(low, op)
    keys = ("left_rotation_idx", "right_rotation_idx", "subset_idxs", "target_rotation_radians")
    options = _flexbuffer(low, op, *keys, "scale_x", "scale_y", "output_width", "output_height")
    maths = _Maths(low)
    points = low.reshape(low.value(low.input(op, 0)), (low.shape(low.input(op, 0))[1], 3))
    subset = sorted(set(options["subset_idxs"]))
    ends = [options["left_rotation_idx"], options["right_rotation_idx"]]
    xy = maths.product(maths.gather(points, [*subset, *ends]), maths.matrix(_TO_XY))
    back = _rotation_back(maths, maths.gather(xy, [len(subset), len(subset) + 1]), options)
    sums, size = _turned_box(maths, maths.gather(xy, range(len(subset))), back)
    # Half of the sums of lowest and highest is the centre, here turned back into the image.
    centre = low.graph.emit("Gemm", [sums, back], (1, 2), alpha=0.5)
    crop = (options["output_width"], options["output_height"])
    scales = maths.matrix([[options["scale_x"] / crop[0], options["scale_y"] / crop[1]]])
    linear = maths.binary("Mul", back, low.reshape(maths.binary("Mul", size, scales), (2, 1)))
    shift = low.graph.emit("Gemm", [maths.matrix([[-crop[0] / 2.0, -crop[1] / 2.0]]), linear, centre], (1, 2))
    affine = maths.stack(linear, shift)
    low.affine_maps[op.outputs[0]] = affine
    columns = low.graph.emit("Transpose", [affine], (2, 3), perm=[1, 0])
    rows = maths.product(columns, maths.matrix(np.eye(4)[[0, 1, 3]]))
    return low.reshape(maths.stack(rows, maths.matrix(np.eye(4)[2:])), (1, 4, 4))


def _rotation_back(maths: _Maths, ends: str, options: dict[str, Any]) -> str:
    """Return the rotation ((cos r, -sin r), (sin r, cos r)) by r = target - atan2(right - left).

    The addition theorems make it of the line's direction. A line without length counts as (1, 0), as atan2(0, 0)
    is 0: to that end a length is added that no other line would notice.
    """
    line = maths.product(maths.matrix([[-1, 1]]), ends)
    line = maths.binary("Add", line, maths.matrix([[1e-15, 0]]))
    direction = maths.binary("Div", line, maths.reduce("ReduceL2", line, 1))
    target = float(options["target_rotation_radians"])
    cos, sin = math.cos(target), math.sin(target)
    turned = maths.product(direction, maths.matrix([[cos, -sin, sin, cos], [sin, cos, -cos, sin]]))
    return maths.low.reshape(turned, (2, 2))


def _turned_box(maths: _Maths, xy: str, back: str) -> tuple[str, str]:
    """Return the sum of lowest and highest (1, 2), and the size (1, 2), of the turned points' box."""
    turned = maths.low.graph.emit("Gemm", [xy, back], maths.shape(xy), transB=1)
    high, low = maths.reduce("ReduceMax", turned, 0), maths.reduce("ReduceMin", turned, 0)
    return maths.binary("Add", high, low), maths.binary("Sub", high, low)


def _affine_map(low: Lowering, op: TfliteOperator) -> str:
    """Return the transposed affine map (3, 2) of the matrix that an operation reads."""
    tensor = low.input(op, 1)
    if tensor not in low.affine_maps:
        maths = _Maths(low)
        rows = maths.gather(low.reshape(low.value(tensor), (4, 4)), [0, 1])
        rows = maths.gather(rows, [0, 1, 3], axis=1)
        low.affine_maps[tensor] = low.graph.emit("Transpose", [rows], (3, 2), perm=[1, 0])
    return low.affine_maps[tensor]


def transform_tensor_bilinear(low: Lowering, op: TfliteOperator) -> str:
    """TransformTensorBilinear: samples (1, h, w, C) at matrix * output pixel centre, zero outside of the image.

    A position is outside when it is below 0 or above size - 1: the border is not blended with zeros.
    """
    _check_version(low, op)
    _, out_h, out_w, _ = low.shape(op.outputs[0])
    source = low.value(low.input(op, 0))
    if out_h * out_w > _MOST_POSITIONS:
        raise low.unsupported(op, f"{out_h} x {out_w} positions; up to {_MOST_POSITIONS} are known")
    channels = low.graph.shapes[source][1]
    return low.graph.emit(SAMPLE, [source, _affine_map(low, op)], (1, channels, out_h, out_w))


def transform_landmarks(low: Lowering, op: TfliteOperator) -> str:
    """TransformLandmarks: (1, n, 2 or 3) landmarks; x and y by the matrix's first two rows, z stays."""
    _check_version(low, op)
    maths = _Maths(low)
    _, count, dimensions = low.shape(low.input(op, 0))
    points = low.reshape(low.value(low.input(op, 0)), (count, dimensions))
    plane = maths.product(points, maths.matrix(np.eye(3)[:dimensions] * (1, 1, 0)))
    result = maths.product(maths.binary("Add", plane, maths.matrix([[0, 0, 1]])), _affine_map(low, op))
    if dimensions == 3:
        z = maths.gather(points, [2], axis=1)
        result = low.graph.emit("Concat", [result, z], (count, 3), axis=1)
    return low.reshape(result, (1, count, dimensions))


CONVERTERS: dict[str, Converter] = {
    "Convolution2DTransposeBias": transposed_conv_with_bias,
    "Landmarks2TransformMatrix": landmarks_to_transform_matrix,
    "TransformTensorBilinear": transform_tensor_bilinear,
    "TransformLandmarks": transform_landmarks,
}
