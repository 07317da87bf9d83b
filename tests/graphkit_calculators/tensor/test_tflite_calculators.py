"""The older names: TfLiteConverter-, TfLiteInference-, TfLiteTensorsToDetections-, -Landmarks-, -Segmentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fake_cuda import FakeCuda, lend
from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import Anchors, ImageFormat, ImageFrame, Tensor
from graphkit.gpu import GPU_SERVICE, GpuTensor
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from graphkit.gpu import GpuResources

RNG = np.random.default_rng(3)
RGBA = RNG.integers(0, 256, (4, 6, 4), dtype=np.uint8)
IRIS = "mediapipe/modules/iris_landmark/iris_landmark.tflite"


def node(name: str, streams: str, options: str = "") -> CalculatorRunner:
    return CalculatorRunner(
        f'calculator: "{name}" {streams} options {{ [mediapipe.{name}Options.ext] {{ {options} }} }}'
    )


def converter(options: str = "", tag: str = "IMAGE", out: str = "TENSORS") -> CalculatorRunner:
    return node("TfLiteConverterCalculator", f'input_stream: "{tag}:in" output_stream: "{out}:out"', options)


def converted(picture: Any, options: str = "", tag: str = "IMAGE") -> Tensor:
    run = converter(options, tag)
    run.add(tag, picture, 4)
    (packet,) = run.run().outputs["TENSORS"]
    assert packet.timestamp == 4
    (tensor,) = packet.payload
    assert isinstance(tensor, Tensor)
    return tensor


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("", RGBA[None, ..., :3] / 127.5 - 1, id="-1 to 1"),
        pytest.param("zero_center: false", RGBA[None, ..., :3] / 255, id="0 to 1"),
        pytest.param("zero_center: false max_num_channels: 4", RGBA[None] / 255, id="with alpha"),
        pytest.param("zero_center: false flip_vertically: true", RGBA[None, ::-1, :, :3] / 255, id="upside down"),
        pytest.param(
            "output_tensor_float_range { min: 0.0 max: 255.0 }", RGBA[None, ..., :3] * 1.0, id="another range"
        ),
        pytest.param(
            "use_custom_normalization: true custom_div: 127.5 custom_sub: 1.0",
            RGBA[None, ..., :3] / 127.5 - 1,
            id="divided, then less",
        ),
    ],
)
def test_values_of_a_picture(options: str, expected: Any) -> None:
    tensor = converted(ImageFrame(RGBA, ImageFormat.SRGBA), options)
    assert tensor.dtype == np.float32
    np.testing.assert_allclose(tensor.nhwc(), expected, atol=1e-5)


def test_bytes_stay_bytes() -> None:
    tensor = converted(ImageFrame(RGBA, ImageFormat.SRGBA), "use_quantized_tensors: true")
    np.testing.assert_array_equal(tensor.nhwc(), RGBA[None, ..., :3])


@pytest.mark.parametrize(
    ("options", "order"),
    [pytest.param("", "F", id="by columns"), pytest.param("row_major_matrix: true", "C", id="by rows")],
)
def test_a_matrix(options: str, order: Any) -> None:
    matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
    tensor = converted(matrix, options, tag="MATRIX")
    assert tensor.shape == (1, 2, 3, 1)
    np.testing.assert_array_equal(tensor.nhwc().reshape(-1), matrix.ravel(order=order))


@pytest.mark.parametrize(
    ("options", "stays"),
    [
        pytest.param("", True, id="-1 to 1"),
        pytest.param("zero_center: false", True, id="0 to 1"),
        pytest.param("flip_vertically: true", False, id="upside down"),
        pytest.param("use_quantized_tensors: true", False, id="8 bits"),
        pytest.param("max_num_channels: 4", False, id="with alpha"),
    ],
)
def test_a_picture_that_a_model_on_cuda_reads(gpu: GpuResources, options: str, stays: bool) -> None:
    """It stays where it is, and whoever wants its values gets those of memory."""
    if gpu.context().run(lambda: gpu.context().gl.version_code) < 430:
        pytest.skip("this OpenGL has no compute shaders")
    tensors = []
    for is_lent in (False, True):
        if is_lent:
            lend(gpu, FakeCuda())
        run = converter(options, "IMAGE_GPU", "TENSORS_GPU")
        run.set_service(GPU_SERVICE, gpu)
        run.add("IMAGE_GPU", gpu.upload(ImageFrame(RGBA, ImageFormat.SRGBA)), 4)
        tensors += run.run().outputs["TENSORS_GPU"][0].payload
    plain, lent = tensors
    assert isinstance(lent, GpuTensor) is stays
    assert lent.shape == plain.shape
    np.testing.assert_array_equal(lent.nhwc(), plain.nhwc())


def test_a_picture_on_the_gpu(gpu: GpuResources) -> None:
    run = converter("zero_center: false", "IMAGE_GPU", "TENSORS_GPU")
    run.set_service(GPU_SERVICE, gpu)
    run.add("IMAGE_GPU", gpu.upload(ImageFrame(RGBA, ImageFormat.SRGBA)), 4)
    (packet,) = run.run().outputs["TENSORS_GPU"]
    np.testing.assert_allclose(packet.payload[0].nhwc(), RGBA[None, ..., :3] / 255, atol=1e-6)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        pytest.param(
            lambda: node("TfLiteConverterCalculator", 'output_stream: "TENSORS:out"'),
            "comes in on exactly one of IMAGE, IMAGE_GPU, MATRIX",
            id="no picture",
        ),
        pytest.param(lambda: converter("max_num_channels: 2"), "is 2; it is 1, 3 or 4", id="channels"),
    ],
)
def test_faults_of_the_converter(made: Any, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        made().run()


@pytest.mark.parametrize(
    ("picture", "options", "message"),
    [
        pytest.param(np.zeros((2, 2), np.uint16), "", "cannot become a tensor", id="16 bits"),
        pytest.param(
            np.zeros((2, 2), np.float32), "use_quantized_tensors: true", "takes 8 bits", id="quantized floats"
        ),
        pytest.param(
            np.zeros((2, 2), np.uint8),
            "output_tensor_float_range { min: 1 max: 1 }",
            "white must become more",
            id="range",
        ),
    ],
)
def test_pictures_that_are_none(picture: Any, options: str, message: str) -> None:
    with pytest.raises(CalculatorError, match=message):
        converted(ImageFrame(picture), options)


def inference(options: str, streams: str = 'input_stream: "TENSORS:in" output_stream: "TENSORS:out"') -> Any:
    return node("TfLiteInferenceCalculator", streams, options)


@pytest.mark.parametrize("delegate", ["", "delegate { xnnpack { num_threads: 1 } }", "delegate { gpu {} }"])
def test_inference_as_under_its_new_name(delegate: str) -> None:
    given = [Tensor(RNG.random((1, 64, 64, 3), dtype=np.float32))]
    results = []
    for run in (
        inference(f'model_path: "{IRIS}" {delegate}'),
        node(
            "InferenceCalculator",
            'input_stream: "TENSORS:in" output_stream: "TENSORS:out"',
            f'model_path: "{IRIS}" {delegate}',
        ),
    ):
        run.add("TENSORS", given, 1)
        (packet,) = run.run().outputs["TENSORS"]
        results.append(packet.payload)
    assert [tensor.shape[-1] for tensor in results[0]] == [213, 15]
    assert results[0] == results[1]


def test_inference_between_the_gpus_names() -> None:
    run = inference(f'model_path: "{IRIS}"', 'input_stream: "TENSORS_GPU:in" output_stream: "TENSORS_GPU:out"')
    run.add("TENSORS_GPU", [Tensor(np.zeros((1, 64, 64, 3), np.float32))], 1)
    (packet,) = run.run().outputs["TENSORS_GPU"]
    assert len(packet.payload) == 2


@pytest.mark.parametrize(
    ("options", "streams", "message"),
    [
        pytest.param("", 'input_stream: "TENSORS:i" output_stream: "TENSORS:o"', "use one of both", id="no model"),
        pytest.param(
            f'model_path: "{IRIS}"',
            'input_stream: "TENSORS:i" input_stream: "TENSORS_GPU:g" output_stream: "TENSORS:o"',
            "come in on TENSORS or on TENSORS_GPU",
            id="two ways in",
        ),
        pytest.param(
            f'model_path: "{IRIS}"', 'input_stream: "TENSORS:i"', "come out on TENSORS or on", id="no way out"
        ),
    ],
)
def test_faults_of_inference(options: str, streams: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        inference(options, streams).run()


SSD = (
    "num_classes: 2 num_boxes: 3 num_coords: 4 x_scale: 10 y_scale: 10 w_scale: 5 h_scale: 5 min_score_thresh: 0.4"
)


@pytest.mark.parametrize("tag", ["TENSORS", "TENSORS_GPU"])
def test_detections_as_under_their_new_name(tag: str) -> None:
    boxes, scores = RNG.random((1, 3, 4), dtype=np.float32), RNG.random((1, 3, 2), dtype=np.float32)
    results = []
    for name, stream in (
        ("TfLiteTensorsToDetectionsCalculator", tag),
        ("TensorsToDetectionsCalculator", "TENSORS"),
    ):
        streams = f'input_stream: "{stream}:t" input_side_packet: "ANCHORS:a" output_stream: "DETECTIONS:d"'
        run = node(name, streams, f"{SSD} ignore_classes: 0")
        run.side_packets["ANCHORS"] = Anchors(np.full((3, 4), 0.5, np.float32))
        run.add(stream, [Tensor(boxes), Tensor(scores)], 1)
        (packet,) = run.run().outputs["DETECTIONS"]
        results.append(packet.payload)
    assert results[0] == results[1]
    assert 0 < len(results[0]) <= 3
    assert all(detection.label_id == (1,) for detection in results[0])


def test_detections_come_one_way() -> None:
    streams = 'input_stream: "TENSORS:t" input_stream: "TENSORS_GPU:g" output_stream: "DETECTIONS:d"'
    with pytest.raises(GraphValidationError, match="on TENSORS or on TENSORS_GPU"):
        node("TfLiteTensorsToDetectionsCalculator", streams, SSD).run()


def test_landmarks_as_under_their_new_name() -> None:
    tensor = Tensor(RNG.random((1, 15), dtype=np.float32))
    results = []
    for name in ("TfLiteTensorsToLandmarksCalculator", "TensorsToLandmarksCalculator"):
        streams = 'input_stream: "TENSORS:t" input_stream: "FLIP_HORIZONTALLY:f" output_stream: "NORM_LANDMARKS:l"'
        run = node(name, streams, "num_landmarks: 5 input_image_width: 64 input_image_height: 64 normalize_z: 2")
        run.add("TENSORS", [tensor], 1)
        run.add("FLIP_HORIZONTALLY", True, 1)
        (packet,) = run.run().outputs["NORM_LANDMARKS"]
        results.append(packet.payload)
    assert results[0] == results[1]
    np.testing.assert_allclose(results[0].x, 1 - tensor.data.reshape(5, 3)[:, 0] / 64, atol=1e-6)


# -- TfLiteTensorsToSegmentationCalculator ----------------------------------------------------------------

SHAPE = "tensor_width: 3 tensor_height: 2 tensor_channels: 2"
SCORES = np.zeros((1, 2, 3, 2), np.float32)
SCORES[0, 0, 0] = (0.0, 3.0)
SCORES[0, 0, 1] = (3.0, 0.0)


def segmentation(options: str = "", streams: str = "", side: str = "") -> CalculatorRunner:
    ports = f'input_stream: "TENSORS{side}:t" {streams} output_stream: "MASK{side}:m"'
    return node("TfLiteTensorsToSegmentationCalculator", ports, f"{SHAPE} {options}")


def mask_of(run: CalculatorRunner, side: str = "", **more: Any) -> Any:
    run.add(f"TENSORS{side}", [Tensor(SCORES.copy())], 1)
    for tag, payload in more.items():
        run.add(tag, payload, 1)
    (packet,) = run.run().outputs[f"MASK{side}"]
    return packet.payload


def test_a_mask_in_red_and_alpha() -> None:
    mask = mask_of(segmentation())
    assert mask.format is ImageFormat.SRGBA
    np.testing.assert_array_equal(mask.data[..., 0], [[242, 12, 127], [127, 127, 127]])
    np.testing.assert_array_equal(mask.data[..., 3], mask.data[..., 0])
    assert not mask.data[..., 1:3].any()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("output_layer_index: 0", [[12, 242, 127], [127, 127, 127]], id="the other class"),
        pytest.param("flip_vertically: true", [[127, 127, 127], [242, 12, 127]], id="upside down"),
    ],
)
def test_options_of_a_mask(options: str, expected: Any) -> None:
    np.testing.assert_array_equal(mask_of(segmentation(options)).data[..., 0], expected)


def test_where_the_model_is_unsure_the_mask_before_counts() -> None:
    white = ImageFrame(np.full((2, 3), 255, np.uint8))
    mixed = mask_of(segmentation(streams='input_stream: "PREV_MASK:p"'), PREV_MASK=white).data[..., 0]
    assert mixed[1, 1] > 250
    assert 12 < mixed[0, 1] < 100
    half = segmentation("combine_with_previous_ratio: 0.0", 'input_stream: "PREV_MASK:p"')
    np.testing.assert_array_equal(mask_of(half, PREV_MASK=white).data[..., 0], [[242, 12, 127], [127, 127, 127]])


def test_as_large_as_a_picture() -> None:
    run = segmentation(streams='input_stream: "REFERENCE_IMAGE:r"')
    mask = mask_of(run, REFERENCE_IMAGE=ImageFrame(np.zeros((20, 30, 3), np.uint8)))
    assert (mask.width, mask.height) == (30, 20)


def test_a_mask_on_the_gpu(gpu: GpuResources) -> None:
    white = ImageFrame(np.full((2, 3, 4), 255, np.uint8), ImageFormat.SRGBA)
    run = segmentation(streams='input_stream: "PREV_MASK_GPU:p"', side="_GPU")
    run.set_service(GPU_SERVICE, gpu)
    drawn = mask_of(run, "_GPU", PREV_MASK_GPU=gpu.upload(white)).array()
    plain = mask_of(segmentation(streams='input_stream: "PREV_MASK:p"'), PREV_MASK=white)
    np.testing.assert_array_equal(drawn, plain.data)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        pytest.param(
            lambda: node(
                "TfLiteTensorsToSegmentationCalculator", 'input_stream: "TENSORS:t" output_stream: "MASK:m"'
            ),
            "set tensor_width, tensor_height",
            id="no shape",
        ),
        pytest.param(lambda: segmentation("output_layer_index: 2"), "is 2; it must be 0 or 1", id="layer"),
        pytest.param(
            lambda: segmentation(streams='input_stream: "PREV_MASK_GPU:p"'),
            "another side than the tensors",
            id="sides",
        ),
    ],
)
def test_faults_of_a_mask(made: Any, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        made().run()


def test_another_tensor_than_the_options_describe() -> None:
    run = segmentation()
    run.add("TENSORS", [Tensor(np.zeros((1, 2, 2, 2), np.float32))], 1)
    with pytest.raises(CalculatorError, match=r"is not the float32 tensor of shape \(2, 3, 2\)"):
        run.run()
