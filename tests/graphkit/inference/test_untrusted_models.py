"""Models that are damaged or made to do harm: errors of the tree, and no memory that their shapes do not say."""

from __future__ import annotations

import importlib.util
import re
import sys
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from graphkit.errors import InferenceError, ModelFormatError, UnsupportedOpError
from graphkit.inference import load
from graphkit.inference._importer import import_tflite

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parents[2] / "data" / "inference"
SPEC = importlib.util.spec_from_file_location("tflite_builder", DATA / "builder.py")
assert SPEC is not None
assert SPEC.loader is not None
builder = importlib.util.module_from_spec(SPEC)
sys.modules["tflite_builder"] = builder  # its dataclasses look their module up
SPEC.loader.exec_module(builder)

CONV = {"StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1, "Padding": 1}
HUGE = 9000


def pad(m: Any) -> int:
    amounts = m.const([[0, 0], [0, HUGE], [0, HUGE], [0, 0]], np.int32)
    return m.op("PAD", [m.input(1, 4, 4, 3), amounts], (1, 4, 4, 3), "PadOptions")


def negative_pad(m: Any) -> int:
    amounts = m.const([[0, 0], [-9, 0], [0, 0], [0, 0]], np.int32)
    return m.op("PAD", [m.input(1, 4, 4, 3), amounts], (1, 4, 4, 3), "PadOptions")


def outer_sum(m: Any) -> int:
    return m.op("ADD", [m.input(1, HUGE, 1, 1), m.input(1, 1, HUGE, 1)], (1, HUGE, 1, 1), "AddOptions")


def dilated_conv(m: Any) -> int:
    weights = [m.const(np.zeros((2, 3, 3, 3))), m.const(np.zeros(2))]
    return m.op("CONV_2D", [m.input(1, 8, 8, 3), *weights], (1, 8, 8, 2), "Conv2DOptions", **CONV)


def conv_of_other_channels(m: Any) -> int:
    weights = [m.const(np.zeros((2, 1, 1, 4))), m.const(np.zeros(2))]
    return m.op("CONV_2D", [m.input(1, 8, 8, 3), *weights], (1, 8, 8, 2), "Conv2DOptions", **CONV)


def conv_that_stands(m: Any) -> int:
    weights = [m.const(np.zeros((2, 1, 1, 3))), m.const(np.zeros(2))]
    return m.op("CONV_2D", [m.input(1, 8, 8, 3), *weights], (1, 8, 8, 2), "Conv2DOptions", **CONV | {"StrideH": 0})


def window_beyond_the_image(m: Any) -> int:
    options = {"StrideH": 1, "StrideW": 1, "FilterHeight": 9, "FilterWidth": 9, "Padding": 1}
    return m.op("MAX_POOL_2D", [m.input(1, 8, 8, 3)], (1, 1, 1, 3), "Pool2DOptions", **options)


def outer_product(m: Any) -> int:
    inputs = [m.input(HUGE, 1), m.const(np.zeros((HUGE, 1)))]
    return m.op("FULLY_CONNECTED", inputs, (HUGE, 1), "FullyConnectedOptions")


def reshape(m: Any) -> int:
    return m.op("RESHAPE", [m.input(1, 2, 2, 3)], (1, HUGE), "ReshapeOptions")


def resized(m: Any) -> int:
    inputs = [m.input(1, 2, 2, 3), m.const([4, 4], np.int32)]
    return m.op("RESIZE_BILINEAR", inputs, (2, 4, 4, 3), "ResizeBilinearOptions")


def mean(m: Any) -> int:
    inputs = [m.input(1, 4, 6, 3), m.const([2], np.int32)]
    return m.op("MEAN", inputs, (1, 1, 6, 3), "ReducerOptions", KeepDims=True)


def weights_of_another_shape(m: Any) -> int:
    halves = m.op("DEQUANTIZE", [m.const(np.zeros((2, 2)), np.float16)], (HUGE, HUGE))
    return m.op("ADD", [m.input(HUGE, HUGE), halves], (HUGE, HUGE), "AddOptions")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(pad, "PAD makes tensor 'pad_0' of shape (1, 9004, 9004, 3), for which", id="pad"),
        pytest.param(negative_pad, "of shape (1, -5, 4, 3), for which the model says", id="negative pad"),
        pytest.param(outer_sum, "(1, 9000, 9000, 1), for which the model says (1, 9000, 1, 1)", id="broadcast"),
        pytest.param(dilated_conv, "(1, 6, 6, 2), for which the model says (1, 8, 8, 2)", id="conv"),
        pytest.param(
            conv_of_other_channels,
            "operation CONV_2D (it makes tensor 'conv_2d_0') does not fit what it reads",
            id="channels",
        ),
        pytest.param(conv_that_stands, "a window of (1, 1) every (0, 1) pixels of (8, 8)", id="no stride"),
        pytest.param(window_beyond_the_image, "a window of (9, 9) every (1, 1) pixels of (8, 8)", id="window"),
        pytest.param(outer_product, "(9000, 9000) cannot become (9000, 1)", id="fully connected"),
        pytest.param(reshape, "(1, 2, 2, 3) cannot become (1, 9000)", id="reshape"),
        pytest.param(resized, "(1, 4, 4, 3), for which the model says (2, 4, 4, 3)", id="resize"),
        pytest.param(mean, "(1, 4, 1, 3), for which the model says (1, 1, 6, 3)", id="mean"),
        pytest.param(weights_of_another_shape, "DEQUANTIZE makes tensor 'dequantize_0' of shape (2,", id="data"),
    ],
)
def test_an_operation_is_held_to_the_shape_that_the_model_says(make: Callable[[Any], int], words: str) -> None:
    m = builder.ModelBuilder()
    with pytest.raises(ModelFormatError, match=re.escape(words)):
        import_tflite(m.build(make(m)), "m.tflite")


def wide_pad(m: Any) -> int:
    amounts = m.const([[0, 0], [0, 0], [0, 0], [0, 40000]], np.int32)
    return m.op("PAD", [m.input(1, 1, 1, 40000), amounts], (1, 1, 1, 80000), "PadOptions")


def narrow_conv(m: Any) -> int:
    shape = (1, 600, 600, 1)
    conv = m.op(
        "CONV_2D", [m.input(*shape), m.const(np.zeros(shape)), m.const(np.zeros(1))], (1, 1, 1, 1),
        "Conv2DOptions", **CONV,
    )  # fmt: skip
    return m.op("RELU", [conv], (1, 1, 1, 1))


@pytest.mark.parametrize(
    "make", [pytest.param(wide_pad, id="channels squared"), pytest.param(narrow_conv, id="channels padded")]
)
def test_a_rewrite_takes_no_memory_that_the_model_does_not_say(make: Callable[[Any], int]) -> None:
    m = builder.ModelBuilder()
    data = m.build(make(m))
    tracemalloc.start()
    try:
        import_tflite(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 64 << 20


def test_sparse_weights_of_almost_nothing_are_refused() -> None:
    m = builder.ModelBuilder()
    csr = builder.Csr([1.0], [0, 1], [], [("dense", 1), ("csr", [0, 1], [0])])
    weights = m.op("DENSIFY", [m.sparse((1, 5000), csr)], (1, 5000))
    output = m.op("ADD", [m.input(1, 5000), weights], (1, 5000), "AddOptions")
    with pytest.raises(ModelFormatError, match=r"1 values for a dense shape of \(1, 5000\)"):
        import_tflite(m.build(output))


def test_a_table_of_too_many_positions_is_refused() -> None:
    m = builder.ModelBuilder()
    inputs = [m.input(1, 8, 8, 1), m.input(1, 4, 4)]
    output = m.op("TransformTensorBilinear", inputs, (1, 2048, 2048, 1), version=2)
    with pytest.raises(UnsupportedOpError, match="2048 x 2048 positions; up to 1048576 are known"):
        import_tflite(m.build(output))


def test_a_long_name_does_not_make_a_long_message() -> None:
    m = builder.ModelBuilder()
    output = m.op("X" * 100_000, [m.input(1, 2)], (1, 2))
    m.tensors[output].name = "y" * 100_000
    with pytest.raises(UnsupportedOpError) as caught:
        import_tflite(m.build(output))
    assert len(str(caught.value)) < 2000


# -- .onnx files --------------------------------------------------------------------------------------------------


def onnx_model(metadata: str | None = None, kind: int = TensorProto.FLOAT) -> bytes:
    graph = helper.make_graph(
        [helper.make_node("Transpose", ["x"], ["y"], perm=[0, 2, 3, 1])],
        "g",
        [helper.make_tensor_value_info("x", kind, [1, 3, 2, 4])],
        [helper.make_tensor_value_info("y", kind, [1, 2, 4, 3])],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    if metadata is not None:
        helper.set_model_props(model, {"graphkit.interface": metadata})
    return bytes(model.SerializeToString())


GOOD = '{"inputs": [{"name": "a", "shape": [1, 2, 4, 3]}], "outputs": [{"name": "b", "shape": [1, 2, 4, 3]}]}'


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param("{", id="no JSON"),
        pytest.param("[" * 100_000, id="deep"),
        pytest.param("{}", id="nothing"),
        pytest.param("[]", id="list"),
        pytest.param("null", id="null"),
        pytest.param('{"inputs": [], "outputs": []}', id="no tensors"),
        pytest.param('{"inputs": [{"name": 1}], "outputs": []}', id="no shape"),
        pytest.param(GOOD.replace("2, 4, 3", "3, 2, 4"), id="another shape"),
        pytest.param(GOOD.replace("2, 4, 3", '"x", 4, 3'), id="no numbers"),
        pytest.param(GOOD.replace("[1, 2, 4, 3]", "[24]"), id="another rank"),
        pytest.param(GOOD.replace('"inputs": [', '"inputs": [7, '), id="one too many"),
    ],
)
def test_metadata_that_does_not_describe_the_model_is_refused(metadata: str) -> None:
    with pytest.raises(ModelFormatError, match=r"its metadata 'graphkit\.interface' does not describe the model"):
        load(onnx_model(metadata), provider="cpu")


def test_metadata_that_describes_the_model_is_heeded() -> None:
    session = load(onnx_model(GOOD), provider="cpu")
    assert [(info.name, info.shape, info.channels_first) for info in session.inputs] == [("a", (1, 2, 4, 3), True)]
    image = np.arange(24, dtype=np.float32).reshape(1, 2, 4, 3)
    np.testing.assert_array_equal(session.run([image])[0], image)


def test_an_imported_model_is_read_again_with_some_of_its_outputs(tmp_path: Path) -> None:
    path = tmp_path / "imported.onnx"
    path.write_bytes(import_tflite((DATA / "ops" / "activations.tflite").read_bytes()))
    whole, part = load(path, provider="cpu"), load(path, provider="cpu", outputs=[3, 0])
    assert part.outputs == (whole.outputs[3], whole.outputs[0])


def test_a_type_that_is_not_known_names_the_model() -> None:
    with pytest.raises(InferenceError, match=r"<bytes>: tensor 'x' is of type tensor\(uint16\); known are tensor"):
        load(onnx_model(kind=TensorProto.UINT16), provider="cpu")


def test_damaged_onnx_files_end_in_errors_of_the_tree(capfd: pytest.CaptureFixture[str]) -> None:
    data = onnx_model(GOOD)
    rng = np.random.default_rng(1)
    refused = 0
    for _ in range(200):
        damaged = bytearray(data)
        for place in rng.integers(0, len(data), 3):
            damaged[place] = rng.integers(0, 256)
        try:
            load(bytes(damaged), provider="cpu", outputs=[0])
        except InferenceError:
            refused += 1
    assert 20 < refused < 200
    assert capfd.readouterr() == ("", ""), "what goes wrong is raised, and not printed"
    assert onnx.load_model_from_string(data)
