"""Elementwise operations: arithmetic with broadcasting, and activations that stand alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from graphkit.inference._importer.lowering import Lowering
    from graphkit.inference._importer.ops.registry import Converter
    from graphkit.inference._importer.reader import TfliteOperator

_ARITHMETIC = {"ADD": "Add", "SUB": "Sub", "MUL": "Mul", "DIV": "Div"}
_UNARY = {"RELU": "Relu", "LOGISTIC": "Sigmoid", "TANH": "Tanh", "HARD_SWISH": "HardSwish"}
_CLIP = {"RELU6": (0.0, 6.0), "RELU_N1_TO_1": (-1.0, 1.0)}


def arithmetic(low: Lowering, op: TfliteOperator, onnx_op: str) -> str:
    """ADD, SUB, MUL, DIV: numpy's broadcasting over logical shapes, then the fused activation."""
    target = low.shape(op.outputs[0])
    operands = [low.aligned(low.input(op, position), len(target)) for position in (0, 1)]
    made = np.broadcast_shapes(*(low.graph.shapes[operand] for operand in operands))
    value = low.graph.emit(onnx_op, operands, made)
    return low.activate(op, value, op.options["activation"] if op.options else 0)


def unary(low: Lowering, op: TfliteOperator, onnx_op: str) -> str:
    """RELU, LOGISTIC, TANH, HARD_SWISH."""
    return low.unary(onnx_op, low.value(low.input(op, 0)))


def clip(low: Lowering, op: TfliteOperator, bounds: tuple[float, float]) -> str:
    """RELU6 and RELU_N1_TO_1 as operations of their own."""
    return low.clip(low.value(low.input(op, 0)), *bounds)


def prelu(low: Lowering, op: TfliteOperator) -> str:
    """PRELU: x where x >= 0, else slope * x; the slope is constant, usually one per channel."""
    low.constant_input(op, 1)
    source = low.value(low.input(op, 0))
    slope = low.aligned(low.input(op, 1), len(low.shape(low.input(op, 0))))
    shapes = low.graph.shapes
    return low.graph.emit("PRelu", [source, slope], np.broadcast_shapes(shapes[source], shapes[slope]))


CONVERTERS: dict[str, Converter] = {
    "PRELU": prelu,
    **{name: partial(arithmetic, onnx_op=onnx_op) for name, onnx_op in _ARITHMETIC.items()},
    **{name: partial(unary, onnx_op=onnx_op) for name, onnx_op in _UNARY.items()},
    **{name: partial(clip, bounds=bounds) for name, bounds in _CLIP.items()},
}
