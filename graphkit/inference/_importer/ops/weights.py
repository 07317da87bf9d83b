"""Operations that unpack weights: DEQUANTIZE and DENSIFY. On constants they leave no trace in the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphkit.inference._importer.lowering import Lowering
    from graphkit.inference._importer.ops.registry import Converter
    from graphkit.inference._importer.reader import Quantization, TfliteOperator

_ONNX_FLOAT = 1


def dequantize(low: Lowering, op: TfliteOperator) -> str | None:
    """DEQUANTIZE: float16 or quantised integers to float32; values that are computed only from float16."""
    source = low.input(op, 0)
    tensor, array = low.model.tensors[source], low.array(source)
    if array is not None:
        low.set_array(op.outputs[0], _real(low, op, array, tensor.quantization))
        return None
    if tensor.type_name != "FLOAT16":
        raise low.unsupported(op, f"computed values of type {tensor.type_name}")
    value = low.value(source)
    return low.graph.emit("Cast", [value], low.graph.shapes[value], to=_ONNX_FLOAT)


def _real(
    low: Lowering, op: TfliteOperator, array: NDArray[Any], found: Quantization | None
) -> NDArray[np.float32]:
    if array.dtype == np.float32:
        return array
    if array.dtype == np.float16:
        real = low.new_array(array.shape)
        real[...] = array
        return real
    if found is None:
        raise low.unsupported(op, f"weights of type {array.dtype} without a scale")
    along = [1] * array.ndim
    if len(found.scale) > 1:
        along[found.axis] = -1
    zero, scale = found.zero_point.reshape(along or ()), found.scale.reshape(along or ())
    return ((array.astype(np.int64) - zero) * scale).astype(np.float32)


def densify(low: Lowering, op: TfliteOperator) -> None:
    """DENSIFY: sparse weights to dense ones; the reader has done it already."""
    low.set_array(op.outputs[0], low.constant_input(op, 0))


CONVERTERS: dict[str, Converter] = {"DEQUANTIZE": dequantize, "DENSIFY": densify}
