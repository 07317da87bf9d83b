"""The rewrites: that they happen, where they must not, and that graphs without them compute the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest

from graphkit.inference import load
from graphkit.inference._importer import import_tflite
from graphkit.inference._importer.graph import Graph
from graphkit.inference._importer.passes.fold_pad import fold_pad
from graphkit.inference._importer.passes.prelu import rewrite_prelu

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
