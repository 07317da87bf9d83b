"""Operations that move elements: RESHAPE, CONCATENATION, PAD, STRIDED_SLICE, DEPTH_TO_SPACE."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from graphkit.inference._importer.lowering import Lowering
    from graphkit.inference._importer.ops.registry import Converter
    from graphkit.inference._importer.reader import TfliteOperator

_INT64_MIN = np.iinfo(np.int64).min
_INT64_MAX = np.iinfo(np.int64).max


def reshape(low: Lowering, op: TfliteOperator) -> str:
    """RESHAPE: elements keep their logical order."""
    value = low.to_logical(low.value(low.input(op, 0)))
    return low.from_logical(low.reshape(value, low.shape(op.outputs[0])))


def concatenation(low: Lowering, op: TfliteOperator) -> str:
    """CONCATENATION along a logical axis, then the fused activation."""
    options = low.options(op)
    target = low.shape(op.outputs[0])
    axis = low.axis(options["axis"], len(target))
    values = [low.value(tensor) for tensor in op.inputs]
    shape = list(low.graph.shapes[values[0]])
    shape[axis] = sum(low.graph.shapes[value][axis] for value in values)
    value = low.graph.emit("Concat", values, tuple(shape), axis=axis)
    return low.activate(op, value, options["activation"])


def pad(low: Lowering, op: TfliteOperator, mode: str) -> str:
    """PAD (zeros), PADV2 (a constant) and MIRROR_PAD (reflection); amounts are (rank, 2) constants."""
    amounts = low.constant_input(op, 1).astype(np.int64)
    if mode == "reflect" and low.options(op)["mode"] != 0:
        raise low.unsupported(op, "mode SYMMETRIC, which repeats the border pixel, is not known")
    value = low.value(low.input(op, 0))
    stored = amounts[[0, 3, 1, 2]] if len(amounts) == 4 else amounts
    shape = tuple(int(size + before + after) for size, (before, after) in zip(
        low.graph.shapes[value], stored, strict=True))  # fmt: skip
    inputs = [value, low.graph.constant(stored.T.reshape(-1), "pads")]
    if low.has_input(op, 2):
        inputs.append(low.graph.constant(low.constant_input(op, 2).reshape(()), "fill"))
    return low.graph.emit("Pad", inputs, shape, mode=mode)


def strided_slice(low: Lowering, op: TfliteOperator) -> str:
    """STRIDED_SLICE with constant begin, end and strides; axes may be shrunk away, not added."""
    options = low.options(op)
    if options["ellipsis_mask"] or options["new_axis_mask"]:
        raise low.unsupported(op, "an ellipsis or a new axis in the slice")
    begin, end, strides = (low.constant_input(op, position).reshape(-1).tolist() for position in (1, 2, 3))
    shrink = options["shrink_axis_mask"]
    for axis, stride in enumerate(strides):
        if options["begin_mask"] >> axis & 1:
            begin[axis] = 0 if stride > 0 else _INT64_MAX
        if shrink >> axis & 1:
            end[axis], strides[axis] = (begin[axis] + 1) or _INT64_MAX, 1
        elif options["end_mask"] >> axis & 1:
            end[axis] = _INT64_MAX if stride > 0 else _INT64_MIN
    sliced = _slice(low, low.value(low.input(op, 0)), begin, end, strides)
    if not shrink:
        return sliced
    return low.from_logical(low.reshape(low.to_logical(sliced), low.shape(op.outputs[0])))


def _slice(low: Lowering, value: str, begin: list[int], end: list[int], strides: list[int]) -> str:
    rank = len(low.graph.shapes[value])
    axes = [low.axis(axis, rank) for axis in range(len(begin))]
    shape = list(low.graph.shapes[value])
    for axis, start, stop, step in zip(axes, begin, end, strides, strict=True):
        # Python's own slices clamp as TensorFlow does; INT64_MIN stands for "before the first element".
        bound = None if stop == _INT64_MIN else stop
        shape[axis] = len(range(*slice(start, bound, step).indices(shape[axis])))
    numbers = [np.array(part, np.int64) for part in (begin, end, axes, strides)]
    inputs = [value, *(low.graph.constant(part, "slice") for part in numbers)]
    return low.graph.emit("Slice", inputs, tuple(shape))


def depth_to_space(low: Lowering, op: TfliteOperator) -> str:
    """DEPTH_TO_SPACE: channel (by * block + bx) * C + c goes to row by, column bx of its block."""
    block = low.options(op)["block_size"]
    value = low.value(low.input(op, 0))
    batch, channels, height, width = low.graph.shapes[value]
    shape = (batch, channels // (block * block), height * block, width * block)
    return low.graph.emit("DepthToSpace", [value], shape, blocksize=block, mode="DCR")


CONVERTERS: dict[str, Converter] = {
    "RESHAPE": reshape,
    "CONCATENATION": concatenation,
    "PAD": partial(pad, mode="constant"),
    "PADV2": partial(pad, mode="constant"),
    "MIRROR_PAD": partial(pad, mode="reflect"),
    "STRIDED_SLICE": strided_slice,
    "DEPTH_TO_SPACE": depth_to_space,
}
