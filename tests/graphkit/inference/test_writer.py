"""ONNX models as they are written, read by `onnx` itself."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from graphkit.inference._importer.graph import Graph
from graphkit.inference._importer.protobuf_wire import Message, varint
from graphkit.inference._importer.writer import write_onnx


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(0, b"\0"), (127, b"\x7f"), (128, b"\x80\x01"), (300, b"\xac\x02"), (2**64 - 1, b"\xff" * 9 + b"\x01")],
    ids=str,
)
def test_varint(value: int, wanted: bytes) -> None:
    assert varint(value) == wanted


def test_sizes_of_messages_count_small_and_large_pieces() -> None:
    inner = Message().text(1, "a" * 10).text(2, memoryview(b"b" * 10_000)).number(3, -1)
    outer = Message().message(4, inner).number(5, 300)
    assert len(outer.serialised()) == outer.size == inner.size + 3 + 3


def test_a_model_is_what_onnx_reads() -> None:
    graph = Graph(inputs=["x"], shapes={"x": (1, 2, 3, 4)})
    arrays = [
        np.arange(2000, dtype=np.float32).reshape(2, 1000),
        np.array([-1, 2**40], np.int64),
        np.array(1.5, np.float32),
        np.array([[1, 2]], np.float16),
        np.array([True, False]),
        np.zeros((0, 3), np.int32),
    ]
    names = [graph.constant(array) for array in arrays]
    graph.outputs = [graph.emit("Op", ["x", "", *names], (5,), floats=0.5, count=-3, name="é", sizes=[1, -2])]
    model = onnx.load_model_from_string(write_onnx(graph, {"key": "value"}))
    assert (model.ir_version, model.producer_name, model.opset_import[0].version) == (8, "graphkit", 17)
    assert [(entry.key, entry.value) for entry in model.metadata_props] == [("key", "value")]
    (node,) = model.graph.node
    assert (node.op_type, list(node.input), list(node.output)) == ("Op", ["x", "", *names], graph.outputs)
    attributes = {entry.name: onnx.helper.get_attribute_value(entry) for entry in node.attribute}
    assert attributes == {"floats": 0.5, "count": -3, "name": "é".encode(), "sizes": [1, -2]}
    assert [size.dim_value for size in model.graph.input[0].type.tensor_type.shape.dim] == [1, 2, 3, 4]
    for stored, array in zip(model.graph.initializer, arrays, strict=True):
        found = numpy_helper.to_array(stored)
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(found, array)
