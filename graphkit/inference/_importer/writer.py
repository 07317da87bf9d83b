"""Writes a `Graph` as an ONNX model (opset 17), serialised."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphkit.inference._importer.graph import Graph

OPSET = 17
# The oldest that fits the opset: any ONNX Runtime that knows the operators reads it.
IR_VERSION = 8


def write_onnx(graph: Graph, metadata: Mapping[str, str]) -> bytes:
    """Return the serialised model, with `metadata` as its metadata properties."""
    import onnx
    from onnx import helper, numpy_helper

    def info(name: str) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, graph.shapes[name])

    nodes = [helper.make_node(node.op, node.inputs, [node.output], **node.attrs) for node in graph.nodes]
    weights = [numpy_helper.from_array(array, name) for name, array in graph.constants.items()]
    body = helper.make_graph(
        nodes, "graphkit", [info(n) for n in graph.inputs], [info(n) for n in graph.outputs], weights
    )
    model = helper.make_model(
        body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="graphkit"
    )
    helper.set_model_props(model, dict(metadata))
    return bytes(model.SerializeToString())
