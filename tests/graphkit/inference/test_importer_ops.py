"""Each operation on its own: tiny models, against what LiteRT computed (tests/data/inference/make_models.py)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from graphkit.errors import UnsupportedOpError
from graphkit.inference import load
from graphkit.inference._importer import import_tflite
from graphkit.inference._importer.graph import Graph
from graphkit.inference._importer.passes.sample_rows import SAMPLE, sample_rows
from graphkit.inference._importer.writer import write_onnx

OPS = Path(__file__).parents[2] / "data" / "inference" / "ops"
WITH_REFERENCE = sorted(path.stem for path in OPS.glob("*.npz"))


def close(found: np.ndarray, wanted: np.ndarray) -> None:
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=2e-6 * np.abs(wanted).max())


def run(name: str, *arrays: np.ndarray) -> list[np.ndarray]:
    return load(OPS / f"{name}.tflite", provider="cpu").run(arrays)


def test_there_are_references() -> None:
    assert len(WITH_REFERENCE) > 25


@pytest.mark.parametrize("name", WITH_REFERENCE)
def test_matches_litert(name: str) -> None:
    stored = np.load(OPS / f"{name}.npz")
    found = run(name, *(stored[key] for key in sorted(stored) if key.startswith("in_")))
    wanted = [stored[key] for key in stored if key.startswith("out_")]
    assert len(found) == len(wanted)
    for output, reference in zip(found, wanted, strict=True):
        close(output, reference)


def test_outputs_can_be_chosen_and_ordered() -> None:
    stored = np.load(OPS / "activations.npz")
    session = load(OPS / "activations.tflite", provider="cpu", outputs=[3, 0])
    found = session.run([stored["in_0"]])
    assert len(found) == len(session.outputs) == 2
    close(found[0], stored["out_3"])
    close(found[1], stored["out_0"])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param((0.2, 0.7), (0.9, 0.4), id="slanted"),
        pytest.param((0.9, 0.4), (0.2, 0.7), id="backwards"),
        pytest.param((0.5, 0.5), (0.5, 0.5), id="no line"),
    ],
)
def test_landmarks_to_transform_matrix(left: tuple[float, float], right: tuple[float, float]) -> None:
    """The crop's corners are those of the turned, scaled box around the subset (0, 1, 2, 4, 5)."""
    points = np.random.default_rng(3).random((1, 6, 3)).astype(np.float32)
    points[0, 0, :2], points[0, 3, :2] = left, right
    matrix = run("custom_landmarks_to_transform_matrix", points)[0][0].astype(float)
    angle = 0.25 - np.arctan2(right[1] - left[1], right[0] - left[0])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    subset = points[0, [0, 1, 2, 4, 5], :2] @ turn.T
    low, high = subset.min(0), subset.max(0)
    half = (high - low) / 2 * np.array([1.5, 1.25])
    for x, y in ((0, 0), (6, 0), (0, 4), (6, 4)):
        side = np.array([x / 3 - 1, y / 2 - 1])
        corner = turn.T @ ((low + high) / 2 + side * half)
        np.testing.assert_allclose(matrix[:2] @ [x, y, 0, 1], corner, atol=1e-5)
    np.testing.assert_array_equal(matrix[2:], [[0, 0, 1, 0], [0, 0, 0, 1]])


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([[1, 0, 0, 0], [0, 1, 0, 0]], id="identity"),
        pytest.param([[0.8, 0.3, 0, 0.2], [-0.2, 0.9, 0, 0.6]], id="turned"),
        pytest.param([[1, 0, 0, -1.25], [0, 1, 0, 2.5]], id="partly outside"),
        pytest.param([[1, 0, 0, 100], [0, 1, 0, 0]], id="all outside"),
    ],
)
def test_transform_tensor_bilinear(rows: list[list[float]]) -> None:
    image = np.random.default_rng(4).random((1, 5, 7, 2)).astype(np.float32)
    matrix = np.array([[*rows, [0, 0, 1, 0], [0, 0, 0, 1]]], np.float32)
    found = run("custom_transform_tensor_bilinear", image, matrix)[0]
    wanted = np.zeros((1, 4, 6, 2), np.float32)
    for y, x in np.ndindex(4, 6):
        at_x, at_y = matrix[0, :2] @ [x + 0.5, y + 0.5, 0, 1] - 0.5
        if 0 <= at_x <= 6 and 0 <= at_y <= 4:
            wanted[0, y, x] = bilinear(image[0], at_x, at_y)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_regions_of_one_image_are_sampled_together() -> None:
    """Also of images that are one pixel wide or high, and by maps that are no numbers."""
    graph, rng = Graph(), np.random.default_rng(6)
    sizes = {"wide": (1, 3, 4, 9), "row": (1, 2, 1, 6), "column": (1, 2, 5, 1)}
    samplings = [("wide", (2, 3)), ("wide", (2, 3)), ("wide", (3, 3)), ("row", (2, 3)), ("column", (2, 3))]
    names = [*sizes, *(f"map_{n}" for n in range(len(samplings)))]
    graph.inputs = names
    graph.shapes.update(sizes, **dict.fromkeys(names[len(sizes) :], (3, 2)))
    for number, (image, (height, width)) in enumerate(samplings):
        out = (1, sizes[image][1], height, width)
        graph.outputs.append(graph.emit(SAMPLE, [image, f"map_{number}"], out))
    sample_rows(graph)
    assert sum(node.op == "Gather" for node in graph.nodes) == 4
    images = {name: rng.random(shape, np.float32) for name, shape in sizes.items()}
    maps = {f"map_{n}": rng.random((3, 2), np.float32) for n in range(len(samplings))}
    maps["map_3"][:, 1] = 0, 0, 0.5  # stays in the row
    maps["map_4"][:, 0] = 0, 0, 0.5
    maps["map_2"][0, 0] = np.nan
    session = onnxruntime.InferenceSession(write_onnx(graph, {}), providers=["CPUExecutionProvider"])
    for (image, (height, width)), found, affine in zip(
        samplings, session.run(None, images | maps), maps.values(), strict=True
    ):
        wanted = np.zeros((height, width, sizes[image][1]), np.float32)
        for y, x in np.ndindex(height, width):
            at_x, at_y = np.array([x + 0.5, y + 0.5, 1]) @ affine - 0.5
            if 0 <= at_x <= sizes[image][3] - 1 and 0 <= at_y <= sizes[image][2] - 1:
                wanted[y, x] = bilinear(images[image][0].transpose(1, 2, 0), at_x, at_y)
        np.testing.assert_allclose(found[0].transpose(1, 2, 0), wanted, atol=1e-5)


def bilinear(image: np.ndarray, x: float, y: float) -> np.ndarray:
    left, top = int(x), int(y)
    right, bottom = min(left + 1, image.shape[1] - 1), min(top + 1, image.shape[0] - 1)
    across, down = x - left, y - top
    upper = image[top, left] * (1 - across) + image[top, right] * across
    lower = image[bottom, left] * (1 - across) + image[bottom, right] * across
    return upper * (1 - down) + lower * down


def test_transform_landmarks() -> None:
    rng = np.random.default_rng(5)
    matrix = rng.random((1, 4, 4)).astype(np.float32)
    flat, deep = rng.random((1, 5, 2)).astype(np.float32), rng.random((1, 3, 3)).astype(np.float32)
    found_flat, found_deep = run("custom_transform_landmarks", matrix, flat, deep)
    for points, found in ((flat, found_flat), (deep, found_deep)):
        wanted = points.copy()
        wanted[..., :2] = points[..., :2] @ matrix[0, :2, :2].T + matrix[0, :2, 3]
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "op", "words"),
    [
        pytest.param("refused_unknown", "COS", "Known operations: ADD, AVERAGE_POOL_2D", id="unknown"),
        pytest.param("refused_unknown_custom", "MaxUnpooling2D", "cannot be imported", id="unknown custom"),
        pytest.param("refused_version", "TransformLandmarks", "version 1; version 2 is known", id="version"),
        pytest.param("refused_symmetric_pad", "MIRROR_PAD", "SYMMETRIC", id="pad mode"),
        pytest.param("refused_computed_weights", "CONV_2D", "input 1 is computed", id="computed weights"),
        pytest.param("refused_activation", "CONV_2D", "activation SIGN_BIT", id="activation"),
        pytest.param("refused_new_axis", "STRIDED_SLICE", "new axis", id="new axis"),
    ],
)
def test_refusal_names_operation_model_and_tensor(name: str, op: str, words: str) -> None:
    path = OPS / f"{name}.tflite"
    with pytest.raises(UnsupportedOpError) as caught:
        import_tflite(path.read_bytes(), str(path))
    message = str(caught.value)
    assert caught.value.op == op
    assert words in message
    assert message.startswith(f"{path}: operation {op} (it makes tensor {caught.value.tensor!r})")
    assert caught.value.tensor == f"{op.lower()}_0"
