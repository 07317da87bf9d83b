"""Tensors of pictures and the inputs of models: what fits how, and what a mismatch says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from graphkit import CalculatorGraph
from graphkit.errors import CalculatorError, InferenceError
from graphkit.formats import ImageFrame, Model, Tensor
from graphkit.framework import INFERENCE, InferenceSettings
from graphkit.inference import TensorInfo, unload_all
from graphkit_calculators.tensor._tensor_fit import reads_planes

F32, U8 = np.dtype(np.float32), np.dtype(np.uint8)
MADE = 'node "ImageToTensorCalculator" made of an SRGB picture'


def picture(height: int, width: int, channels: int = 3, *, dtype: Any = np.float32, origin: str = MADE) -> Tensor:
    """A tensor as ImageToTensorCalculator makes it."""
    if dtype is np.float32:
        return Tensor(np.zeros((1, channels, height, width), dtype), "NCHW", origin=origin)
    return Tensor(np.zeros((1, height, width, channels), dtype), origin=origin)


@pytest.mark.parametrize(
    ("shape", "tensor", "planes"),
    [
        pytest.param((1, 3, 48, 64), picture(48, 64), True, id="planes"),
        pytest.param((None, 3, None, None), picture(48, 64), True, id="planes, open sizes"),
        pytest.param((None, 3, 48, 64), picture(48, 64, dtype=np.uint8), True, id="planes of bytes"),
        pytest.param((1, 48, 64, 3), picture(48, 64), False, id="pixels"),
        pytest.param((None, None, None, 3), picture(48, 64), False, id="pixels, open sizes"),
        pytest.param((None, 1, None, None), picture(48, 64, 1), True, id="gray planes"),
        pytest.param((None, None, None, None), picture(48, 64), True, id="all open: as it lies"),
        pytest.param((None, None, None, None), Tensor(np.zeros((1, 4, 4, 3), np.float32)), False, id="pixels lie"),
        pytest.param((1, 3, 3, 3), picture(3, 3), True, id="sizes alike"),
        pytest.param((None, 8), Tensor(np.zeros((1, 8), np.float32)), False, id="no picture"),
    ],
)
def test_the_sizes_tell_how_a_picture_is_read(shape: Any, tensor: Tensor, planes: bool) -> None:
    dtype = tensor.dtype
    assert reads_planes(TensorInfo("x", shape, dtype), tensor, "m.onnx") is planes


def test_an_imported_model_takes_pixels_whatever_their_order() -> None:
    info = TensorInfo("x", (1, 3, 3, 3), F32, channels_first=True)
    assert not reads_planes(info, picture(3, 3), "m.tflite")


@pytest.mark.parametrize(
    ("info", "tensor", "message"),
    [
        pytest.param(
            TensorInfo("images", (None, 3, 640, 640), F32),
            picture(224, 224),
            "m.onnx takes 'images' (?, 3, 640, 640) float32, but got (1, 224, 224, 3) float32, which "
            f"{MADE}. Set output_tensor_width: 640 and output_tensor_height: 640 of that node.",
            id="size, planes",
        ),
        pytest.param(
            TensorInfo("x", (1, 3, 48, 64), F32),
            picture(48, 64, dtype=np.uint8),
            "m.onnx takes 'x' (1, 3, 48, 64) float32, but got (1, 48, 64, 3) uint8, which "
            f"{MADE}. Set output_tensor_float_range {{ min: 0 max: 1 }} of that node, or what the model was "
            "trained with; { min: 0 max: 255 } makes the same numbers.",
            id="bytes for floats",
        ),
        pytest.param(
            TensorInfo("x", (1, 192, 256, 3), F32),
            picture(192, 192, origin=""),
            "m.onnx takes 'x' (1, 192, 256, 3) float32, but got (1, 192, 192, 3) float32. "
            "Set output_tensor_width: 256 of the node that makes it.",
            id="width, pixels",
        ),
        pytest.param(
            TensorInfo("x", (1, 3, 48, 64), F32),
            picture(48, 64, 1, origin='node "i" made of a GRAY8 picture'),
            "m.onnx takes 'x' (1, 3, 48, 64) float32, but got (1, 48, 64, 1) float32, which node \"i\" made of a "
            "GRAY8 picture. Give it pictures in colour (SRGB, SRGBA): ColorConvertCalculator makes three equal "
            "channels of a gray one, GRAY_IN to RGB_OUT.",
            id="gray for colour",
        ),
        pytest.param(
            TensorInfo("x", (1, 48, 64, 1), F32, channels_first=True),
            picture(48, 64),
            f"m.onnx takes 'x' (1, 48, 64, 1) float32, but got (1, 48, 64, 3) float32, which {MADE}. "
            "Give it gray pictures (GRAY8): ColorConvertCalculator makes them, RGB_IN to GRAY_OUT.",
            id="colour for gray",
        ),
        pytest.param(
            TensorInfo("x", (1, 12, 48, 64), F32),
            picture(48, 64, origin=""),
            "m.onnx takes 'x' (1, 12, 48, 64) float32, but got (1, 48, 64, 3) float32. "
            "Tensors of pictures have 3 channels, or 1 for gray ones.",
            id="other channels",
        ),
        pytest.param(
            TensorInfo("x", (8, 3, 48, 64), F32),
            picture(48, 64, origin=""),
            "m.onnx takes 'x' (8, 3, 48, 64) float32, but got (1, 48, 64, 3) float32. "
            "One picture is one tensor; export the model for a batch of 1.",
            id="batch",
        ),
        pytest.param(
            TensorInfo("x", (1, 48, 64, 3), U8),
            picture(48, 64),
            f"m.onnx takes 'x' (1, 48, 64, 3) uint8, but got (1, 48, 64, 3) float32, which {MADE}. "
            "Set output_tensor_uint_range { min: 0 max: 255 } of that node.",
            id="bytes",
        ),
        pytest.param(
            TensorInfo("x", (1, 48, 64, 3), np.dtype(np.int8)),
            picture(48, 64),
            f"m.onnx takes 'x' (1, 48, 64, 3) int8, but got (1, 48, 64, 3) float32, which {MADE}. "
            "Set output_tensor_int_range { min: -128 max: 127 } of that node.",
            id="signed bytes",
        ),
        pytest.param(
            TensorInfo("x", (1,), F32),
            Tensor(np.zeros(1, np.int32)),
            "m.onnx takes 'x' (1,) float32, but got (1,) int32. Give it a tensor of float32.",
            id="whole numbers for floats",
        ),
        pytest.param(
            TensorInfo("count", (1,), np.dtype(np.int64)),
            Tensor(np.zeros(1, np.float32)),
            "m.onnx takes 'count' (1,) int64, but got (1,) float32. Give it a tensor of int64.",
            id="whole numbers",
        ),
        pytest.param(
            TensorInfo("x", (1, 8), F32),
            Tensor(np.zeros((1, 9), np.float32)),
            "m.onnx takes 'x' (1, 8) float32, but got (1, 9) float32. Give it a tensor of that shape; "
            "input_output_config says which tensor is which input.",
            id="no picture",
        ),
    ],
)
def test_a_mismatch_says_what_to_set(info: TensorInfo, tensor: Tensor, message: str) -> None:
    with pytest.raises(InferenceError) as caught:
        reads_planes(info, tensor, "m.onnx")
    assert str(caught.value) == message


# -- whole graphs -------------------------------------------------------------------------------------------------


def model(shape: list[Any], kind: int = TensorProto.FLOAT, axis: int = 1) -> bytes:
    """Input x; outputs twice, which is x doubled, and mean, over all but batch and *axis*."""
    axes = [i for i in (1, 2, 3) if i != axis]
    nodes = [
        helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["f", "f"], ["twice"]),
        helper.make_node("ReduceMean", ["f"], ["mean"], axes=axes, keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", kind, shape)],
        [
            helper.make_tensor_value_info("twice", TensorProto.FLOAT, shape),
            helper.make_tensor_value_info("mean", TensorProto.FLOAT, [shape[0], shape[axis]]),
        ],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(made.SerializeToString())


def run(data: bytes, frame: ImageFrame, values: str, wiring: str = "") -> list[Tensor]:
    graph = CalculatorGraph(
        f"""
        input_stream: "image" input_side_packet: "model"
        node {{
          calculator: "ImageToTensorCalculator" name: "cut" input_stream: "IMAGE:image" output_stream: "TENSORS:in"
          options {{ [mediapipe.ImageToTensorCalculatorOptions.ext] {{
            output_tensor_width: 4 output_tensor_height: 2 {values}
          }} }}
        }}
        node {{
          calculator: "InferenceCalculator" input_stream: "TENSORS:in" output_stream: "TENSORS:out"
          input_side_packet: "MODEL:model"
          options {{ [mediapipe.InferenceCalculatorOptions.ext] {{ {wiring} }} }}
        }}
        """
    )
    graph.set_service(INFERENCE, InferenceSettings(provider="cpu"))
    found: list[Any] = []
    graph.observe_output_stream("out", found.append)
    graph.start_run({"model": Model(data)})
    graph.add_packet_to_input_stream("image", frame, 0)
    graph.close_all_input_streams()
    graph.wait_until_done()
    unload_all()
    return list(found[0].payload)


PIXELS = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
RANGE = "output_tensor_float_range { min: 0 max: 255 }"


@pytest.mark.parametrize(
    ("shape", "axis"),
    [
        pytest.param([1, 3, 2, 4], 1, id="planes"),
        pytest.param(["batch", 3, "height", "width"], 1, id="planes, open sizes"),
        pytest.param([1, 2, 4, 3], 3, id="pixels"),
        pytest.param(["n", "h", "w", 3], 3, id="pixels, open sizes"),
    ],
)
@pytest.mark.parametrize(
    ("kind", "values"),
    [
        pytest.param(TensorProto.FLOAT, RANGE, id="float"),
        pytest.param(TensorProto.FLOAT16, RANGE, id="half"),
        pytest.param(TensorProto.UINT8, "output_tensor_uint_range { min: 0 max: 255 }", id="bytes"),
    ],
)
def test_a_model_gets_the_picture_and_gives_pixels(shape: list[Any], axis: int, kind: int, values: str) -> None:
    twice, mean = run(model(shape, kind, axis), ImageFrame(PIXELS.copy()), values)
    assert twice.shape == (1, 2, 4, 3)
    np.testing.assert_array_equal(twice.nhwc()[0], PIXELS * 2.0)
    np.testing.assert_allclose(mean.data[0], PIXELS.mean(axis=(0, 1)))


def test_bytes_do_not_run_in_a_model_for_floats() -> None:
    with pytest.raises(CalculatorError, match=r"Set output_tensor_float_range .* of that node") as caught:
        run(model([1, 3, 2, 4]), ImageFrame(PIXELS.copy()), "output_tensor_uint_range { min: 0 max: 255 }")
    assert "takes 'x' (1, 3, 2, 4) float32, but got (1, 2, 4, 3) uint8, which node \"cut\" made" in str(
        caught.value
    )


def test_outputs_are_chosen_by_name() -> None:
    wiring = 'input_output_config { output_tensor_names_map { tensor_names: ["mean"] } }'
    (mean,) = run(model([1, 3, 2, 4]), ImageFrame(PIXELS.copy()), RANGE, wiring)
    np.testing.assert_allclose(mean.data[0], PIXELS.mean(axis=(0, 1)))


def test_a_gray_picture_in_a_model_for_colour_says_what_to_do() -> None:
    with pytest.raises(CalculatorError) as caught:
        run(model([1, 3, 2, 4]), ImageFrame(np.zeros((2, 4), np.uint8)), RANGE)
    assert str(caught.value.cause).startswith(
        "<bytes> takes 'x' (1, 3, 2, 4) float32, but got (1, 2, 4, 1) float32, which node \"cut\" made of a GRAY8 "
        "picture. Give it pictures in colour (SRGB, SRGBA): ColorConvertCalculator makes three equal channels of"
    )


def test_a_picture_with_alpha_fits_a_model_for_colour() -> None:
    rgba = np.dstack([PIXELS, np.full((2, 4), 9, np.uint8)])
    twice, _ = run(model([1, 3, 2, 4]), ImageFrame(rgba), RANGE)
    np.testing.assert_array_equal(twice.nhwc()[0], PIXELS * 2.0)


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        pytest.param(np.zeros((2, 4, 3), np.uint16), r"SRGB48; .* \(pixels >> 8\)", id="16 bits"),
        pytest.param(np.zeros((2, 4), np.float32), r"VEC32F1; .* \(pixels \* 255\)", id="float"),
    ],
)
def test_pictures_of_other_samples_say_what_to_do(pixels: np.ndarray, words: str) -> None:
    with pytest.raises(CalculatorError, match=rf'node "cut .* IMAGE is of format {words}'):
        run(model([1, 3, 2, 4]), ImageFrame(pixels), RANGE)
