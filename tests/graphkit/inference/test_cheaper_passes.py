"""Rewrites that leave work out: that they happen, where they must not, and that the graph computes the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from graphkit.inference._importer import import_tflite
from graphkit.inference._importer.graph import Graph
from graphkit.inference._importer.passes.add_clip import clip_through_conv
from graphkit.inference._importer.passes.before_resize import convolve_before_resize
from graphkit.inference._importer.passes.grow_channels import grow_channels
from graphkit.inference._importer.passes.split_shortcut import split_shortcut
from graphkit.inference._importer.writer import write_onnx

MODULES = Path(__file__).parents[3] / "graphs" / "modules"


class Picture:
    """A graph of one image, with random weights."""

    def __init__(self, channels: int, size: int = 6) -> None:
        self.graph, self._rng = Graph(), np.random.default_rng(7)
        self.graph.inputs = ["image"]
        self.graph.shapes["image"] = (1, channels, size, size)

    def conv(self, value: str, rows: int, kernel: int = 1) -> str:
        batch, columns, *size = self.graph.shapes[value]
        weights, bias = (
            self.graph.constant(self._rng.standard_normal(shape).astype(np.float32))
            for shape in ((rows, columns, kernel, kernel), (rows,))
        )
        attrs: dict[str, Any] = {"kernel_shape": [kernel] * 2, "strides": [1, 1], "dilations": [1, 1], "group": 1}
        attrs["pads"] = [kernel // 2] * 4
        return self.graph.emit("Conv", [value, weights, bias], (batch, rows, *size), **attrs)

    def resize(self, value: str, size: int, *, told: str = "scales", mode: str = "linear") -> str:
        shape = (*self.graph.shapes[value][:2], size, size)
        factor = size / self.graph.shapes[value][2]
        scales = self.graph.constant(np.array([1, 1, factor, factor], np.float32))
        ends = ["", scales] if told == "scales" else ["", "", self.graph.constant(np.array(shape, np.int64))]
        attrs = {"mode": mode, "coordinate_transformation_mode": "half_pixel"}
        return self.graph.emit("Resize", [value, *ends], shape, **attrs)

    def widen(self, value: str, channels: int) -> str:
        batch, had, *size = self.graph.shapes[value]
        amounts = self.graph.constant(np.array([0, 0, 0, 0, 0, channels - had, 0, 0], np.int64))
        return self.graph.emit("Pad", [value, amounts], (batch, channels, *size), mode="constant")

    def add(self, left: str, right: str) -> str:
        return self.graph.emit("Add", [left, right], self.graph.shapes[left])

    def results(self) -> list[np.ndarray]:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(
            write_onnx(self.graph, {}), options, providers=["CPUExecutionProvider"]
        )
        image = np.random.default_rng(8).standard_normal(self.graph.shapes["image"]).astype(np.float32)
        found: list[np.ndarray] = session.run(None, {"image": image})
        return found

    def ops(self) -> list[str]:
        return [node.op for node in self.graph.nodes]


def same_after(picture: Picture, *rewrites: Any) -> None:
    """Rewrite a graph, and check that it computes the same."""
    before = picture.results()
    for rewrite in rewrites:
        rewrite(picture.graph)
    for found, wanted in zip(picture.results(), before, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("told", ["scales", "sizes"])
def test_a_convolution_comes_before_the_resize_that_it_reads(told: str) -> None:
    picture = Picture(8)
    picture.graph.outputs = [picture.conv(picture.resize("image", 12, told=told), 5)]
    same_after(picture, convolve_before_resize)
    assert picture.ops() == ["Conv", "Resize"]
    assert picture.graph.shapes[picture.graph.nodes[0].output] == (1, 5, 6, 6)


def resized_for_two(picture: Picture) -> list[str]:
    large = picture.resize("image", 12)
    return [picture.conv(large, 4), picture.conv(large, 4)]


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda p: [p.conv(p.resize("image", 12), 16)], id="makes more channels"),
        pytest.param(lambda p: [p.conv(p.resize("image", 12), 4, 3)], id="reads neighbours"),
        pytest.param(lambda p: [p.conv(p.resize("image", 3), 4)], id="made smaller"),
        pytest.param(lambda p: [p.conv(p.resize("image", 12, mode="nearest"), 4)], id="not linear"),
        pytest.param(resized_for_two, id="two readers"),
    ],
)
def test_a_resize_that_stays_before(build: Any) -> None:
    picture = Picture(8)
    picture.graph.outputs = build(picture)
    before = picture.ops()
    same_after(picture, convolve_before_resize)
    assert picture.ops() == before


def test_a_clip_after_a_resize_gets_a_convolution() -> None:
    picture = Picture(16)
    large = picture.resize("image", 12)
    bounds = [picture.graph.constant(np.array(bound, np.float32)) for bound in (0, 1)]
    picture.graph.outputs = [picture.graph.emit("Clip", [large, *bounds], picture.graph.shapes[large])]
    same_after(picture, clip_through_conv)
    assert picture.ops() == ["Resize", "Conv", "Clip"]


@pytest.mark.parametrize("first", ["shortcut", "convolution"])
def test_a_widened_shortcut_is_added_to_half_a_convolution(first: str) -> None:
    picture = Picture(32, 24)
    operands = [picture.widen("image", 64), picture.conv("image", 64, 3)]
    left, right = operands if first == "shortcut" else operands[::-1]
    picture.graph.outputs = [picture.add(left, right)]
    same_after(picture, grow_channels, split_shortcut)
    assert picture.ops() == ["Conv", "Add", "Conv", "Concat"]
    assert [picture.graph.shapes[node.output][1] for node in picture.graph.nodes] == [32, 32, 32, 64]


def read_twice(picture: Picture) -> list[str]:
    made = picture.conv("image", 64)
    return [picture.add(picture.widen("image", 64), made), picture.conv(made, 16)]


@pytest.mark.parametrize(
    ("channels", "size", "build"),
    [
        pytest.param(32, 6, lambda p: [p.add(p.widen("image", 64), p.conv("image", 64))], id="small"),
        pytest.param(24, 48, lambda p: [p.add(p.widen("image", 64), p.conv("image", 64))], id="odd channels"),
        pytest.param(32, 24, read_twice, id="convolution read twice"),
        pytest.param(64, 24, lambda p: [p.add(p.conv("image", 64), p.conv("image", 64))], id="no shortcut"),
    ],
)
def test_a_sum_that_stays(channels: int, size: int, build: Any) -> None:
    picture = Picture(channels, size)
    picture.graph.outputs = build(picture)
    grow_channels(picture.graph)
    before = picture.ops()
    same_after(picture, split_shortcut)
    assert picture.ops() == before


@pytest.mark.parametrize(
    ("model", "exchanged", "split"),
    [
        pytest.param("palm_detection/palm_detection_full", 2, 3, id="palm"),
        pytest.param("pose_detection/pose_detection", 2, 0, id="pose"),
        pytest.param("selfie_segmentation/selfie_segmentation", 3, 0, id="selfie"),
        pytest.param("face_landmark/face_landmark", 0, 3, id="face"),
    ],
)
def test_real_models_do_less(model: str, exchanged: int, split: int) -> None:
    """A Resize that enlarges what a convolution made, and a Concat of halves."""
    path = MODULES / f"{model}.tflite"
    counts = []
    for blocked in (False, True):
        graph = onnx.load_model_from_string(import_tflite(path.read_bytes(), str(path), blocked=blocked)).graph
        producers = {node.output[0]: node.op_type for node in graph.node}
        enlarged = [producers[node.input[0]] for node in graph.node if node.op_type == "Resize"]
        counts.append((Counter(enlarged)["Conv"], Counter(producers.values())["Concat"]))
    assert [resizes for resizes, _ in counts] == [exchanged, exchanged]
    assert counts[1][1] - counts[0][1] == split
