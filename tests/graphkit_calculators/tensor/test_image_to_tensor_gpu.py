"""ImageToTensorCalculator on GpuBuffers: the tensor of the CPU, and nothing else read back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit import CalculatorGraph
from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import Image, ImageFrame, NormalizedRect, Tensor
from graphkit.gpu import GPU_SERVICE
from graphkit.testing import CalculatorRunner
from graphkit_calculators.tensor import _gpu_warp
from graphkit_calculators.tensor._gpu_warp import GpuWarp
from graphkit_calculators.tensor._image_warp import warp_roi
from graphkit_calculators.tensor._roi import Roi

if TYPE_CHECKING:
    from graphkit.gpu import GpuResources


RNG = np.random.default_rng(11)
RGB = RNG.integers(0, 256, (90, 131, 3), dtype=np.uint8)
UNIT = "output_tensor_float_range { min: 0 max: 1 }"
SIZE = "output_tensor_width: 56 output_tensor_height: 48 keep_aspect_ratio: true"
INSIDE = NormalizedRect(0.5, 0.5, 0.3, 0.4, 0.7)
ACROSS_THE_EDGE = NormalizedRect(0.1, 0.9, 0.5, 0.6, -2.1)


def frame(pixels: np.ndarray = RGB) -> ImageFrame:
    return ImageFrame(pixels.copy())


def node(tag: str, options: str, *, rect: bool) -> str:
    return f"""
        calculator: "ImageToTensorCalculator"
        input_stream: "{tag}:image" {'input_stream: "NORM_RECT:rect"' if rect else ""}
        output_stream: "TENSORS:tensors" output_stream: "LETTERBOX_PADDING:padding" output_stream: "MATRIX:matrix"
        options {{ [mediapipe.ImageToTensorCalculatorOptions.ext] {{ {options} }} }}
    """


def run(gpu: GpuResources, tag: str, image: Any, options: str, rect: NormalizedRect | None) -> tuple[Tensor, ...]:
    runner = CalculatorRunner(node(tag, options, rect=rect is not None))
    if tag == "IMAGE_GPU":
        runner.set_service(GPU_SERVICE, gpu)
    runner.add(tag, image, 3)
    if rect is not None:
        runner.add("NORM_RECT", rect, 3)
    runner.run()
    ((tensor,), padding, matrix) = (
        runner.outputs[output][0].payload for output in ("TENSORS", "LETTERBOX_PADDING", "MATRIX")
    )
    return tensor, padding, matrix


@pytest.mark.parametrize("border", ["BORDER_ZERO", "BORDER_REPLICATE"])
@pytest.mark.parametrize(
    "rect",
    [
        pytest.param(None, id="all"),
        pytest.param(INSIDE, id="inside"),
        pytest.param(ACROSS_THE_EDGE, id="across the edge"),
        pytest.param(NormalizedRect(0.7, 0.4, 0.05, 0.08, 0.1), id="enlarged"),
    ],
)
@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(RGB, id="rgb"),
        pytest.param(RGB[:, :, 0], id="gray"),
        pytest.param(np.dstack([RGB, RGB[:, :, :1]]), id="rgba"),
    ],
)
def test_the_tensor_is_that_of_the_cpu(
    gpu: GpuResources, pixels: np.ndarray, rect: NormalizedRect | None, border: str
) -> None:
    options = f"{SIZE} border_mode: {border} output_tensor_float_range {{ min: -1 max: 1 }} gpu_origin: TOP_LEFT"
    expected, *expected_others = run(gpu, "IMAGE", frame(pixels), options, rect)
    tensor, *others = run(gpu, "IMAGE_GPU", gpu.upload(frame(pixels)), options, rect)
    assert (tensor.shape, tensor.layout, tensor.dtype) == (expected.shape, expected.layout, np.float32)
    np.testing.assert_array_equal(tensor.nhwc(), expected.nhwc())
    assert expected.nhwc().std() > 0.1
    assert others[0] == expected_others[0]
    np.testing.assert_array_equal(others[1], expected_others[1])


def test_halves_fall_as_they_do_in_opencv(gpu: GpuResources) -> None:
    """Every other sample of these regions lies half way between two steps, but for what doubles make of it."""
    context = gpu.context()
    if context.run(lambda: context.gl.version_code) < 400:
        pytest.skip("this OpenGL has no double precision")
    warp = GpuWarp(context, replicate=True)
    buffer = gpu.upload(frame())
    for turn in np.linspace(-3, 3, 40):
        roi = Roi(61.0 + turn / 7, 44.0, 35.0 + 1 / 64, 35.0, float(turn))
        there, here = warp(buffer, roi, (224, 224)), warp_roi(RGB, roi, (224, 224), replicate=True)
        np.testing.assert_array_equal(there[:, :, :3], here)
    warp.release()


def test_without_double_precision_few_samples_move_and_little(
    gpu: GpuResources, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _gpu_warp._source
    old: Any = SimpleNamespace(gl=SimpleNamespace(version_code=330))
    monkeypatch.setattr(_gpu_warp, "_source", lambda context: source(old))
    roi, pixels = Roi(61.5, 44.25, 37.0, 35.0, 0.3), np.linspace(0, 255, 131, dtype=np.uint8)
    ramp = np.repeat(np.tile(pixels, (90, 1))[:, :, None], 3, axis=2)
    warp = GpuWarp(gpu.context(), replicate=True)
    there = warp(gpu.upload(frame(ramp)), roi, (64, 64))[:, :, :3].astype(int)
    apart = np.abs(there - warp_roi(ramp, roi, (64, 64), replicate=True))
    assert apart.max() <= 1
    assert (apart > 0).mean() < 0.01
    warp.release()


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        pytest.param("output_tensor_uint_range { min: 0 max: 255 }", np.uint8, id="uint8"),
        pytest.param("output_tensor_int_range { min: -128 max: 127 }", np.int8, id="int8"),
    ],
)
def test_types_of_8_bits(gpu: GpuResources, values: str, dtype: Any) -> None:
    expected = run(gpu, "IMAGE", frame(), f"{SIZE} {values}", INSIDE)[0]
    tensor = run(gpu, "IMAGE_GPU", gpu.upload(frame()), f"{SIZE} {values}", INSIDE)[0]
    assert tensor.dtype == dtype
    np.testing.assert_array_equal(tensor.nhwc(), expected.nhwc())


def test_an_image_on_the_gpu_is_cut_out_there(gpu: GpuResources) -> None:
    expected = run(gpu, "IMAGE", frame(), f"{SIZE} {UNIT}", INSIDE)[0]
    tensor = run(gpu, "IMAGE", Image(gpu.upload(frame())), f"{SIZE} {UNIT}", INSIDE)[0]
    np.testing.assert_array_equal(tensor.nhwc(), expected.nhwc())
    assert gpu.transfers.uploads == {(131, 90): 1}
    assert gpu.transfers.readbacks == {(56, 48): 1}


def test_only_the_tensor_is_read_back(gpu: GpuResources) -> None:
    run(gpu, "IMAGE_GPU", gpu.upload(frame()), f"{SIZE} {UNIT}", INSIDE)
    assert gpu.transfers.uploads == {(131, 90): 1}
    assert gpu.transfers.readbacks == {(56, 48): 1}
    assert gpu.transfers.readback_bytes == 56 * 48 * 4
    assert gpu.pool.in_use == 0


def test_a_rect_of_no_size_draws_nothing(gpu: GpuResources) -> None:
    runner = CalculatorRunner(node("IMAGE_GPU", f"{SIZE} {UNIT}", rect=True))
    runner.set_service(GPU_SERVICE, gpu)
    runner.add("IMAGE_GPU", gpu.upload(frame()), 5)
    runner.add("NORM_RECT", NormalizedRect(0, 0, 0, 0), 5)
    assert runner.run().outputs["TENSORS"] == []
    assert not gpu.transfers.readbacks


@pytest.mark.parametrize(
    ("tag", "asks"), [pytest.param("IMAGE", False, id="memory"), pytest.param("IMAGE_GPU", True, id="gpu")]
)
def test_only_a_node_with_the_gpu_input_asks_for_the_gpu(tag: str, asks: bool) -> None:
    text = f'input_stream: "image" node {{ {node(tag, UNIT, rect=False)} }}'
    assert (GPU_SERVICE in CalculatorGraph(text).plan.services) is asks


def test_one_image_is_needed() -> None:
    both = node("IMAGE", UNIT, rect=False).replace(
        'input_stream: "IMAGE:image"', 'input_stream: "IMAGE:image" input_stream: "IMAGE_GPU:other"'
    )
    with pytest.raises(GraphValidationError, match="exactly one of IMAGE and IMAGE_GPU must be connected"):
        CalculatorRunner(both).run()


def test_floats_are_refused(gpu: GpuResources) -> None:
    with pytest.raises(CalculatorError, match="IMAGE_GPU is of format R32F; tensors are made of RGBA8 and R8"):
        run(gpu, "IMAGE_GPU", gpu.upload(frame(RGB[:, :, 0].astype(np.float32))), UNIT, None)
