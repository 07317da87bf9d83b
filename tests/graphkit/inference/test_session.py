"""`Session`: its description of the model, layouts, bad inputs; and .onnx models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from graphkit.errors import InferenceError, ModelFormatError
from graphkit.inference import Session, TensorInfo, load
from graphkit.inference._onnx_model import select_outputs

ROOT = Path(__file__).parents[3]
PALM = ROOT / "graphs" / "modules" / "palm_detection" / "palm_detection_lite.tflite"


def onnx_model(
    nodes: list[Any], inputs: dict[str, list[Any]], outputs: dict[str, list[Any]], **more: Any
) -> bytes:
    def infos(shapes: dict[str, list[Any]]) -> list[Any]:
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]

    graph = helper.make_graph(nodes, "g", infos(inputs), infos(outputs), **more)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def two_branches() -> bytes:
    weight = helper.make_tensor("w", TensorProto.FLOAT, [2], [1.0, 2.0])
    nodes = [
        helper.make_node("Add", ["x", "w"], ["sum"]),
        helper.make_node("Relu", ["sum"], ["a"]),
        helper.make_node("Neg", ["x"], ["b"]),
    ]
    return onnx_model(nodes, {"x": ["n", 2]}, {"a": ["n", 2], "b": ["n", 2]}, initializer=[weight])


def test_describes_the_tflite() -> None:
    session = load(PALM, provider="cpu")
    float32 = np.dtype(np.float32)
    assert session.inputs == (TensorInfo("input_1", (1, 192, 192, 3), float32, channels_first=True),)
    assert session.outputs == (
        TensorInfo("Identity", (1, 2016, 18), float32),
        TensorInfo("Identity_1", (1, 2016, 1), float32),
    )
    assert (session.provider, session.provider_reason) == ("cpu", "it was asked for")
    assert repr(session) == f"Session({str(PALM)!r}, provider='cpu')"


def test_memory_order_and_type_of_the_input_do_not_matter() -> None:
    session = load(PALM, provider="cpu")
    image = np.random.default_rng(0).integers(0, 2, (1, 192, 192, 3)).astype(np.float32)
    planes = session.inputs[0].empty()
    planes[:] = image
    assert planes.transpose(0, 3, 1, 2).flags.c_contiguous
    wanted = session.run([image])
    for other in (planes, image.astype(np.uint8), image.astype(np.float64), np.asfortranarray(image)):
        for found, reference in zip(session.run([other]), wanted, strict=True):
            np.testing.assert_array_equal(found, reference)


def test_input_is_only_read_and_outputs_are_new() -> None:
    session = load(PALM, provider="cpu")
    image = np.ones(session.inputs[0].shape, np.float32)
    image.flags.writeable = False
    first, second = session.run([image]), session.run([image])
    assert not np.shares_memory(first[0], second[0])
    assert first[0].flags.writeable


def test_warms_up_once() -> None:
    session = Session(load(PALM, provider="cpu")._session, "palm.tflite", "cpu", "")
    runs: list[list[float]] = []

    class Counting:
        def run(self, names: Any, feeds: Any) -> None:
            runs.append([float(array.max()) for array in feeds.values()])

    session._session = Counting()
    session.warm_up()
    session.warm_up()
    assert runs == [[0.0], [0.0]]


def test_wrong_shape() -> None:
    session = load(PALM, provider="cpu")
    wanted = r"input 'input_1' has shape \(1, 3, 192, 192\); the model takes \(1, 192, 192, 3\)"
    with pytest.raises(InferenceError, match=wanted):
        session.run([np.zeros((1, 3, 192, 192), np.float32)])


def test_wrong_number_of_inputs() -> None:
    with pytest.raises(InferenceError, match="2 inputs were given; the model takes 1"):
        load(PALM, provider="cpu").run([np.zeros(1), np.zeros(1)])


def test_onnx_keeps_its_layout_and_open_sizes() -> None:
    session = load(two_branches(), provider="cpu")
    assert session.inputs == (TensorInfo("x", (None, 2), np.dtype(np.float32)),)
    for rows in (1, 3):
        x = np.full((rows, 2), -1.5, np.float32)
        a, b = session.run([x])
        np.testing.assert_array_equal(a, np.maximum(x + np.array([1, 2]), 0))
        np.testing.assert_array_equal(b, -x)
    with pytest.raises(InferenceError, match=r"shape \(3, 3\); the model takes \(None, 2\)"):
        session.run([np.zeros((3, 3), np.float32)])
    with pytest.raises(InferenceError, match=r"tensor 'x' has the open shape \(None, 2\)"):
        session.inputs[0].empty()


def test_onnx_computes_only_chosen_outputs() -> None:
    cut = onnx.load_model_from_string(select_outputs(two_branches(), "m.onnx", [1]))
    assert [node.op_type for node in cut.graph.node] == ["Neg"]
    assert not cut.graph.initializer
    x = np.ones((1, 2), np.float32)
    session = load(two_branches(), provider="cpu", outputs=[1, 0])
    b, a = session.run([x])
    np.testing.assert_array_equal(b, -x)
    np.testing.assert_array_equal(a, x + np.array([1, 2]))


def test_onnx_subgraphs_keep_what_they_read() -> None:
    branch = helper.make_graph(
        [helper.make_node("Neg", ["doubled"], ["r"])],
        "branch",
        [],
        [helper.make_tensor_value_info("r", TensorProto.FLOAT, [2])],
    )
    nodes = [
        helper.make_node("Add", ["x", "x"], ["doubled"]),
        helper.make_node("ReduceMax", ["x"], ["high"], keepdims=0),
        helper.make_node("Cast", ["high"], ["flag"], to=TensorProto.BOOL),
        helper.make_node("If", ["flag"], ["y"], then_branch=branch, else_branch=branch),
        helper.make_node("Abs", ["x"], ["z"]),
    ]
    data = onnx_model(nodes, {"x": [2]}, {"y": [2], "z": [2]})
    (y,) = load(data, provider="cpu", outputs=[0]).run([np.array([1, 2], np.float32)])
    np.testing.assert_array_equal(y, [-2, -4])


def test_onnx_that_cannot_be_parsed_for_its_outputs() -> None:
    with pytest.raises(ModelFormatError, match=r"m.onnx: 3 bytes that start with .*; expected an ONNX model"):
        select_outputs(b"\xff\xff\xff", "m.onnx", [0])


def test_onnx_output_that_is_not_there() -> None:
    with pytest.raises(InferenceError, match=r"outputs \[2\] were asked for; the model has 0 to 1"):
        load(two_branches(), provider="cpu", outputs=[2])


def test_failure_inside_onnx_runtime_names_the_model(tmp_path: Path) -> None:
    nodes = [helper.make_node("Reshape", ["x", "size"], ["y"])]
    size = helper.make_tensor("size", TensorProto.INT64, [1], [5])
    path = tmp_path / "m.onnx"
    path.write_bytes(onnx_model(nodes, {"x": ["n"]}, {"y": [5]}, initializer=[size]))
    with pytest.raises(InferenceError, match=r"m.onnx: ONNX Runtime failed on cpu: .*Reshape"):
        load(path, provider="cpu").run([np.zeros(3, np.float32)])
