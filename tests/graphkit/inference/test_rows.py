"""Several pictures in one run of a model: which models may, and that each row is what it is alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphkit.errors import InferenceError, StatusCode
from graphkit.inference import load
from graphkit.inference._importer.graph import Graph, Node
from graphkit.inference._importer.rows import set_rows

ROOT = Path(__file__).parents[3]
MODULES = ROOT / "graphs" / "modules"
OPS = ROOT / "tests" / "data" / "inference" / "ops"
PICTURE = (1, 4, 6, 6)
ALONE = (
    "hand_landmark/hand_landmark_lite", "hand_landmark/hand_landmark_full", "face_landmark/face_landmark",
    "pose_landmark/pose_landmark_lite",
)  # fmt: skip


@pytest.mark.parametrize("rows", [2, 3])
@pytest.mark.parametrize("name", ALONE)
def test_each_row_is_what_it_is_alone(name: str, rows: int) -> None:
    """To the last bit."""
    path = MODULES / f"{name}.tflite"
    one, several = load(path, provider="cpu"), load(path, provider="cpu", rows=rows)
    assert one is not several
    (info,) = several.inputs
    assert info.shape == (rows, *one.inputs[0].shape[1:])
    assert [info.shape for info in several.outputs] == [(rows, *info.shape[1:]) for info in one.outputs]
    pictures = np.random.default_rng(3).random(info.empty().shape, np.float32)
    together = several.run([pictures])
    for index in range(rows):
        for mine, whole in zip(one.run([pictures[index : index + 1]]), together, strict=True):
            np.testing.assert_array_equal(whole[index : index + 1], mine)


def test_the_optimised_model_is_kept_apart_from_that_of_one_row(cache_folder: Path) -> None:
    path = OPS / "conv_valid.tflite"
    shapes = [load(path, provider="cpu", rows=rows).inputs[0].shape[0] for rows in (1, 2, 1)]
    assert shapes == [1, 2, 1]
    assert len(list(cache_folder.rglob("*-rows2*"))) == 1


def told_of(model: Path | bytes) -> str:
    with pytest.raises(InferenceError) as caught:
        load(model, provider="cpu", rows=2)
    assert caught.value.status is StatusCode.UNIMPLEMENTED
    return str(caught.value)


def test_a_model_that_may_mix_rows_is_refused() -> None:
    told = told_of(MODULES / "face_landmark" / "face_landmark_with_attention.tflite")
    assert "operation Reshape (it makes 'reshape_" in told
    assert "may mix the 2 pictures of a run; give them to it one by one." in told


def test_an_onnx_file_is_refused() -> None:
    from onnx import TensorProto, helper

    shape = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2])
    graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "neg", [shape], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    assert "only a .tflite can take 2 pictures in one run" in told_of(model.SerializeToString())


def graph_of(op: str, inputs: list[Any], shape: tuple[int, ...], **attrs: Any) -> Graph:
    """Return a graph of one operator; an input is the shape of a computed one, or a constant."""
    graph = Graph()
    names = []
    for given in inputs:
        if isinstance(given, tuple):
            names.append(graph.name("in"))
            graph.inputs.append(names[-1])
            graph.shapes[names[-1]] = given
        else:
            names.append("" if given is None else graph.constant(np.asarray(given)))
    graph.outputs = [graph.emit(op, names, shape, **attrs)]
    return graph


PADS = np.array([0, 0, 1, 1, 0, 0, 1, 1])
KEEP = [
    pytest.param("Add", [PICTURE, PICTURE], PICTURE, {}, id="a sum"),
    pytest.param("Add", [PICTURE, np.ones((1, 4, 1, 1))], PICTURE, {}, id="a sum with a constant"),
    pytest.param("Clip", [PICTURE, 0.0, 6.0], PICTURE, {}, id="a clip"),
    pytest.param("PRelu", [PICTURE, np.ones((4, 1, 1))], PICTURE, {}, id="a slope per channel"),
    pytest.param("Concat", [PICTURE, PICTURE], (1, 8, 6, 6), {"axis": 1}, id="channels joined"),
    pytest.param("Gemm", [(1, 8), np.ones((3, 8))], (1, 3), {"transB": 1}, id="a product"),
    pytest.param("Pad", [PICTURE, PADS], (1, 4, 8, 8), {"mode": "constant"}, id="a border"),
    pytest.param("Reshape", [PICTURE, np.array([1, 144])], (1, 144), {}, id="a picture flattened"),
    pytest.param("Resize", [PICTURE, None, np.ones(4)], PICTURE, {}, id="resized by factors"),
    pytest.param("Transpose", [PICTURE], (1, 6, 6, 4), {"perm": [0, 2, 3, 1]}, id="channels last"),
    pytest.param("Slice", [PICTURE, [0], [2], [1], [1]], (1, 2, 6, 6), {}, id="some channels"),
]
MIX = [
    pytest.param("Add", [PICTURE, np.ones((3, 1, 1, 1))], (3, 4, 6, 6), {}, id="a constant of several rows"),
    pytest.param("Add", [PICTURE, (6, 6)], PICTURE, {}, id="a value without rows"),
    pytest.param("Add", [(1, 6), PICTURE], PICTURE, {}, id="another number of sizes"),
    pytest.param("Concat", [PICTURE, PICTURE], (2, 4, 6, 6), {"axis": 0}, id="rows joined"),
    pytest.param("Concat", [PICTURE, np.ones(PICTURE)], (1, 8, 6, 6), {"axis": 1}, id="a constant joined"),
    pytest.param("Gemm", [(1, 8), (1, 8)], (1, 1), {"transB": 1}, id="a product of two"),
    pytest.param("Gemm", [(1, 1), np.ones((1, 3))], (1, 3), {"transA": 1}, id="a turned product"),
    pytest.param("Pad", [PICTURE, np.eye(8)[0]], (2, 4, 6, 6), {"mode": "constant"}, id="rows added"),
    pytest.param("Pad", [PICTURE, np.eye(8)[4] - np.eye(8)[0]], PICTURE, {"mode": "constant"}, id="rows moved"),
    pytest.param("Reshape", [PICTURE, np.array([4, 36])], (4, 36), {}, id="channels made rows"),
    pytest.param("Resize", [PICTURE, None, None, np.array(PICTURE)], PICTURE, {}, id="resized to sizes"),
    pytest.param("Transpose", [(1, 1, 5)], (1, 1, 5), {"perm": [1, 0, 2]}, id="rows turned"),
    pytest.param("Slice", [PICTURE, [0], [1], [0], [1]], PICTURE, {}, id="some rows"),
    pytest.param("Gather", [PICTURE, [0, 1]], (1, 2, 6, 6), {"axis": 1}, id="an operator that is not listed"),
]


@pytest.mark.parametrize(("op", "inputs", "shape", "attrs"), KEEP)
def test_operators_that_keep_rows_apart(
    op: str, inputs: list[Any], shape: tuple[int, ...], attrs: dict[str, Any]
) -> None:
    graph = graph_of(op, inputs, shape, **attrs)
    assert set_rows(graph, 3) is None
    (node,) = graph.nodes
    assert graph.shapes[node.output] == (3, *shape[1:])
    assert all(graph.shapes[name][0] == 3 for name in graph.inputs)
    if op == "Reshape":
        assert graph.constants[node.inputs[1]].tolist() == [3, 144]


@pytest.mark.parametrize(("op", "inputs", "shape", "attrs"), MIX)
def test_operators_that_may_mix_rows(
    op: str, inputs: list[Any], shape: tuple[int, ...], attrs: dict[str, Any]
) -> None:
    graph = graph_of(op, inputs, shape, **attrs)
    before = dict(graph.shapes)
    found = set_rows(graph, 3)
    assert isinstance(found, Node)
    assert found is graph.nodes[0]
    assert graph.shapes == before
