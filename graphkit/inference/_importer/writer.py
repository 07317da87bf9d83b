"""Writes a `Graph` as an ONNX model (opset 17), serialised.

The numbers of fields and types are those of onnx.proto. The package `onnx` is not imported for it: that would take
as long as the import of a model.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit.inference._importer.protobuf_wire import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from graphkit.inference._importer.graph import Graph, Node, Shape

OPSET: Final = 17
# The oldest that fits the opset: any ONNX Runtime that knows the operators reads it.
IR_VERSION: Final = 8

_FLOAT: Final = 1
_EXTERNAL: Final = 1
_LARGE: Final = 1024
_TYPES: Final = {
    np.dtype(kind): number
    for kind, number in (
        (np.float32, _FLOAT), (np.uint8, 2), (np.int8, 3), (np.int16, 5), (np.int32, 6), (np.int64, 7),
        (np.bool_, 9), (np.float16, 10), (np.float64, 11),
    )
}  # fmt: skip
_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT, _ATTRIBUTE_STRING, _ATTRIBUTE_INTS = 1, 2, 3, 7


def write_onnx(graph: Graph, metadata: Mapping[str, str], apart: dict[str, NDArray[Any]] | None = None) -> bytes:
    """Return the serialised model.

    Args:
        graph: what it computes.
        metadata: its metadata properties.
        apart: gets the filters by their names, which are left out of the model; None leaves none out.
    """
    body = Message()
    for node in graph.nodes:
        body.message(1, _node(node))
    body.text(2, "graphkit")
    # ONNX Runtime computes less of a graph beforehand if it does not hold the constants: rounding would differ.
    filters = {node.inputs[1] for node in graph.nodes if node.op == "Conv"}
    for name, array in graph.constants.items():
        body.message(5, _tensor(name, array, apart if name in filters else None))
    for field, names in ((11, graph.inputs), (12, graph.outputs)):
        for name in names:
            body.message(field, _value(name, graph.shapes[name]))
    model = Message().number(1, IR_VERSION).text(2, "graphkit").message(7, body)
    model.message(8, Message().text(1, "").number(2, OPSET))
    for key, value in metadata.items():
        model.message(14, Message().text(1, key).text(2, value))
    return model.serialised()


def _node(node: Node) -> Message:
    made = Message()
    for name in node.inputs:
        made.text(1, name)
    made.text(2, node.output).text(4, node.op)
    for name in sorted(node.attrs):
        made.message(5, _attribute(name, node.attrs[name]))
    return made


def _attribute(name: str, value: Any) -> Message:
    made = Message().text(1, name)
    if isinstance(value, str):
        return made.text(4, value).number(20, _ATTRIBUTE_STRING)
    if isinstance(value, float):
        return made.fixed_32(2, struct.pack("<f", value)).number(20, _ATTRIBUTE_FLOAT)
    if isinstance(value, list):
        return made.numbers(8, map(int, value)).number(20, _ATTRIBUTE_INTS)
    return made.number(3, int(value)).number(20, _ATTRIBUTE_INT)


def _tensor(name: str, array: NDArray[Any], apart: dict[str, NDArray[Any]] | None) -> Message:
    made = Message().numbers(1, array.shape).number(2, _TYPES[array.dtype]).text(8, name)
    if apart is not None and array.nbytes >= _LARGE:
        apart[name] = np.ascontiguousarray(array)
        return made.message(13, Message().text(1, "location").text(2, "apart")).number(14, _EXTERNAL)
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return made.text(9, little.reshape(-1).view(np.uint8).data)


def _value(name: str, shape: Shape) -> Message:
    sizes = Message()
    for size in shape:
        sizes.message(1, Message().number(1, size))
    tensor = Message().number(1, _FLOAT).message(2, sizes)
    return Message().text(1, name).message(2, Message().message(1, tensor))
