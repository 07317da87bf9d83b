"""The rewrites: that they happen, where they must not, and that graphs without them compute the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from graphkit.inference import load
from graphkit.inference._importer import import_tflite
from graphkit.inference._importer.graph import Graph
from graphkit.inference._importer.passes.fold_pad import fold_pad
from graphkit.inference._importer.passes.merge_branches import merge_branches
from graphkit.inference._importer.passes.prelu import rewrite_prelu
from graphkit.inference._importer.writer import write_onnx

ROOT = Path(__file__).parents[3]
OPS = ROOT / "tests" / "data" / "inference" / "ops"
MODULES = ROOT / "graphs" / "modules"


def operators(path: Path, *, blocked: bool = True) -> Counter[str]:
    model = onnx.load_model_from_string(import_tflite(path.read_bytes(), str(path), blocked=blocked))
    return Counter(node.op_type for node in model.graph.node)


@pytest.mark.parametrize("name", sorted(path.stem for path in OPS.glob("*.npz")))
def test_plain_graph_matches_litert(name: str) -> None:
    """What CUDA and processors without blocked kernels run."""
    stored = np.load(OPS / f"{name}.npz")
    session = load(import_tflite((OPS / f"{name}.tflite").read_bytes(), blocked=False), provider="cpu")
    found = session.run([stored[key] for key in sorted(stored) if key.startswith("in_")])
    for output, reference in zip(found, [stored[key] for key in stored if key.startswith("out_")], strict=True):
        np.testing.assert_allclose(output, reference, rtol=2e-5, atol=2e-6 * np.abs(reference).max())


def test_palm_detection_stays_in_blocked_operators() -> None:
    path = MODULES / "palm_detection" / "palm_detection_lite.tflite"
    plain, blocked = operators(path, blocked=False), operators(path)
    assert plain["PRelu"] == 26
    assert plain["Pad"] == 3
    assert set(blocked) == {"Conv", "Relu", "Add", "MaxPool", "Resize", "Transpose", "Reshape", "Concat"}
    assert blocked["Relu"] == 26


def test_only_two_additions_of_palm_detection_need_a_sign_taken_off() -> None:
    """Two factors a PRELU, one a pooled shortcut, one where two PRELUs are added: no more convolutions."""
    path = MODULES / "palm_detection" / "palm_detection_full.tflite"
    plain, blocked = operators(path, blocked=False), operators(path)
    channel_pads = 3
    assert blocked["Conv"] <= plain["Conv"] + 2 * plain["PRelu"] + channel_pads + plain["MaxPool"] + 2 * 2


def test_addition_and_clip_get_a_convolution_between() -> None:
    path = OPS / "add_relu6_residual.tflite"
    assert operators(path)["Conv"] == operators(path, blocked=False)["Conv"] + 1


def test_narrow_images_are_widened() -> None:
    model = onnx.load_model_from_string(import_tflite((OPS / "narrow_channels.tflite").read_bytes()))
    shapes = {weight.name: list(weight.dims) for weight in model.graph.initializer}
    rows = [shapes[node.input[1]][0] for node in model.graph.node if node.op_type == "Conv"]
    # The pooled image of 12 channels is read by a Reshape and stays; its producers stay with it.
    assert 16 in rows
    assert 12 in rows


def test_pad_stays_where_others_read_it() -> None:
    graph = Graph(inputs=["x"], shapes={"x": (1, 2, 4, 4)})
    amounts = graph.constant(np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64))
    padded = graph.emit("Pad", ["x", amounts], (1, 2, 6, 6), mode="constant")
    weights = graph.constant(np.ones((2, 2, 3, 3), np.float32))
    conv = graph.emit("Conv", [padded, weights], (1, 2, 4, 4), pads=[0, 0, 0, 0], group=1)
    graph.outputs = [conv, graph.emit("Relu", [padded], (1, 2, 6, 6))]
    fold_pad(graph)
    assert [node.op for node in graph.nodes] == ["Pad", "Conv", "Relu"]


def test_prelu_of_a_slope_a_pixel_stays() -> None:
    graph = Graph(inputs=["x"], shapes={"x": (1, 2, 4, 4)})
    slopes = graph.constant(np.ones((1, 2, 4, 4), np.float32))
    graph.outputs = [graph.emit("PRelu", ["x", slopes], (1, 2, 4, 4))]
    rewrite_prelu(graph)
    assert [node.op for node in graph.nodes] == ["PRelu"]


class Branches:
    """A graph of branches that begin at the pictures of a batch, with weights of their own."""

    def __init__(self, count: int, channels: int = 16) -> None:
        self.graph, self.channels, self._rng = Graph(), channels, np.random.default_rng(7)
        self.graph.inputs = ["batch"]
        self.graph.shapes["batch"] = (count, channels, 6, 6)
        self.heads = [self._slice(number) for number in range(count)]

    def _slice(self, number: int) -> str:
        ends = [self.graph.constant(np.array([end], np.int64)) for end in (number, number + 1, 0)]
        return self.graph.emit("Slice", ["batch", *ends], (1, self.channels, 6, 6))

    def _weights(self, *shape: int) -> str:
        return self.graph.constant(self._rng.standard_normal(shape).astype(np.float32))

    def conv(self, value: str, rows: int, *, depthwise: bool = False) -> str:
        columns = self.graph.shapes[value][1]
        attrs = {"kernel_shape": [3, 3], "strides": [1, 1], "dilations": [1, 1], "pads": [1, 1, 1, 1]}
        weights = self._weights(rows, 1 if depthwise else columns, 3, 3)
        group = columns if depthwise else 1
        inputs = [value, weights, self._weights(rows)]
        return self.graph.emit("Conv", inputs, (1, rows, 6, 6), **attrs, group=group)

    def block(self, value: str) -> str:
        """Return a residual block of a value."""
        made = self.conv(self.conv(value, self.channels, depthwise=True), self.channels)
        total = self.graph.emit("Add", [made, value], self.graph.shapes[value])
        slopes = self._weights(1, self.channels, 1, 1)
        return self.graph.emit("PRelu", [total, slopes], self.graph.shapes[value])

    def results(self, batch: np.ndarray) -> list[np.ndarray]:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        content = write_onnx(self.graph, {})
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        return session.run(None, {"batch": batch})

    def count(self, op: str) -> int:
        return sum(node.op == op for node in self.graph.nodes)


def merged(branches: Branches) -> None:
    """Merge branches, and check that they compute the same."""
    batch = np.random.default_rng(8).standard_normal(branches.graph.shapes["batch"]).astype(np.float32)
    before = branches.results(batch)
    merge_branches(branches.graph)
    for found, wanted in zip(branches.results(batch), before, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


def test_branches_that_are_built_alike_become_groups() -> None:
    """Two of three have a second end, which is merged, too; the ends themselves have channels that do not fit."""
    branches = Branches(3)
    bodies = [branches.block(branches.block(head)) for head in branches.heads]
    ends = [branches.block(body) for body in [*bodies, *bodies[1:]]]
    branches.graph.outputs = [branches.conv(end, 5) for end in ends]
    assert branches.count("Conv") == 3 * 4 + 5 * 3
    merged(branches)
    assert branches.count("Conv") == 4 + 2 * 2 + 5
    assert branches.count("PRelu") == 2 + 2


def test_branches_that_are_woven_into_each_other_are_merged_in_order() -> None:
    branches = Branches(2)
    left, right = branches.heads
    right = branches.block(right)
    left = branches.block(branches.block(left))
    branches.graph.outputs = [left, branches.block(right)]
    merged(branches)
    assert branches.count("PRelu") == 1 + 2  # graph outputs are left as they are


@pytest.mark.parametrize("channels", [pytest.param(12, id="does not fit"), pytest.param(16, id="read across")])
def test_branches_that_stay_as_they_are(channels: int) -> None:
    branches = Branches(2, channels)
    left, right = branches.heads
    if channels == 12:
        left, right = branches.conv(left, 12), branches.conv(right, 12)
    else:
        both = branches.graph.emit("Add", [left, right], branches.graph.shapes[left])
        left, right = branches.conv(both, 16), branches.conv(right, 32)
    branches.graph.outputs = [left, right]
    before = [node.op for node in branches.graph.nodes]
    merged(branches)
    assert [node.op for node in branches.graph.nodes] == before


def test_the_heads_of_the_attention_model_are_merged() -> None:
    operators_of = operators(MODULES / "face_landmark" / "face_landmark_with_attention.tflite")
    assert operators_of["Conv"] < 200
    assert "GridSample" not in operators_of
