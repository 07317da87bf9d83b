"""WarpAffine-, SegmentationSmoothing- and RecolorCalculator on the GPU, against themselves in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import Image, ImageFrame, ImageSize
from graphkit.gpu import GPU_SERVICE, GpuBuffer, GpuBufferFormat
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from graphkit.gpu import GpuResources

RNG = np.random.default_rng(8)
RGBA = RNG.integers(0, 256, (37, 50, 4), dtype=np.uint8)
MASK = RNG.random((37, 50), dtype=np.float32)
OLD = RNG.random((37, 50), dtype=np.float32)
SIZE = ImageSize(83, 61)
TURNED = np.array([[0.9, 0.3, 0, -0.2], [-0.35, 1.1, 0, 0.15], [0, 0, 1, 0], [0, 0, 0, 1]], np.float32)


def runner(gpu: GpuResources | None, calculator: str, streams: str, options: str = "") -> CalculatorRunner:
    made = CalculatorRunner(
        f'calculator: "{calculator}" {streams} options {{ [mediapipe.{calculator}Options.ext] {{ {options} }} }}'
    )
    if gpu is not None:
        made.set_service(GPU_SERVICE, gpu)
    return made


# -- WarpAffineCalculator ---------------------------------------------------------------------------------

WARP = """
    input_stream: "IMAGE:in" input_stream: "MATRIX:matrix" input_stream: "OUTPUT_SIZE:size"
    output_stream: "IMAGE:out"
"""


def warped(image: Any, options: str, calculator: str = "WarpAffineCalculator", gpu: Any = None) -> Any:
    run = CalculatorRunner(
        f"""
        calculator: "{calculator}" {WARP}
        options {{ [mediapipe.WarpAffineCalculatorOptions.ext] {{ {options} }} }}
        """
    )
    if gpu is not None:
        run.set_service(GPU_SERVICE, gpu)
    for tag, payload in (("IMAGE", image), ("MATRIX", TURNED.copy()), ("OUTPUT_SIZE", SIZE)):
        run.add(tag, payload, 5)
    (packet,) = run.run().outputs["IMAGE"]
    assert packet.timestamp == 5
    return packet.payload


@pytest.mark.parametrize("border", ["BORDER_ZERO", "BORDER_REPLICATE"])
@pytest.mark.parametrize(
    ("interpolation", "pixels", "tolerance"),
    [
        pytest.param("INTER_LINEAR", MASK, 1e-6, id="float"),
        pytest.param("INTER_LINEAR", RGBA, 0, id="rgba"),
        pytest.param("INTER_LINEAR", RGBA[..., 0], 0, id="gray"),
        pytest.param("INTER_CUBIC", MASK, 1e-5, id="cubic, float"),
        pytest.param("INTER_CUBIC", RGBA, 1, id="cubic, rgba"),
        pytest.param("INTER_NEAREST", MASK, 0, id="nearest, float"),
        pytest.param("INTER_NEAREST", RGBA, 0, id="nearest, rgba"),
    ],
)
def test_warps_as_in_memory(
    gpu: GpuResources, pixels: Any, interpolation: str, border: str, tolerance: float
) -> None:
    options = f"border_mode: {border} interpolation: {interpolation}"
    frame = ImageFrame(np.ascontiguousarray(pixels))
    exact = gpu.context().run(lambda: gpu.context().gl.version_code >= 400)
    expected = warped(Image(frame), options).cpu().data
    found = warped(Image(gpu.upload(frame)), options)
    assert found.uses_gpu
    moved = np.abs(found.cpu().data.astype(np.float64) - expected)
    assert moved.max() <= tolerance if exact else moved.mean() < 0.05 * float(pixels.max())


def test_a_warp_moves_nothing_between_memory_and_gpu(gpu: GpuResources) -> None:
    buffer = gpu.upload(ImageFrame(MASK.copy()))
    found = warped(Image(buffer), "")
    moved = gpu.transfers.copy()
    assert moved.uploads == {(50, 37): 1}
    assert moved.readbacks == {}
    assert found.source.format is GpuBufferFormat.R32F


def test_warps_gpu_buffers(gpu: GpuResources) -> None:
    frame = ImageFrame(RGBA.copy())
    found = warped(gpu.upload(frame), "", "WarpAffineCalculatorGpu", gpu)
    assert isinstance(found, GpuBuffer)
    expected = warped(frame, "", "WarpAffineCalculatorCpu").data
    assert np.abs(found.array().astype(int) - expected).mean() < 0.1


# -- SegmentationSmoothingCalculator ----------------------------------------------------------------------


def smoothed(new: Image, old: Image, ratio: float = 0.7) -> Image:
    streams = 'input_stream: "MASK:in" input_stream: "MASK_PREVIOUS:old" output_stream: "MASK_SMOOTHED:out"'
    run = runner(None, "SegmentationSmoothingCalculator", streams, f"combine_with_previous_ratio: {ratio}")
    run.add("MASK", new, 0)
    run.add("MASK_PREVIOUS", old, 0)
    found: Image = run.run().outputs["MASK_SMOOTHED"][0].payload
    return found


def mask(pixels: Any, gpu: GpuResources | None = None) -> Image:
    frame = ImageFrame(np.ascontiguousarray(pixels))
    return Image(frame if gpu is None else gpu.upload(frame))


@pytest.mark.parametrize("ratio", [0.0, 0.7, 1.0])
def test_smooths_as_in_memory(gpu: GpuResources, ratio: float) -> None:
    found = smoothed(mask(MASK, gpu), mask(OLD, gpu), ratio)
    assert found.uses_gpu
    assert gpu.transfers.readbacks == {}
    np.testing.assert_allclose(found.cpu().data, smoothed(mask(MASK), mask(OLD), ratio).cpu().data, atol=2e-6)


def test_a_previous_mask_in_memory(gpu: GpuResources) -> None:
    found = smoothed(mask(MASK, gpu), mask(OLD))
    np.testing.assert_allclose(found.cpu().data, smoothed(mask(MASK), mask(OLD)).cpu().data, atol=2e-6)


def test_a_previous_mask_on_the_gpu_alone_is_read_back(gpu: GpuResources) -> None:
    found = smoothed(mask(MASK), mask(OLD, gpu))
    assert not found.uses_gpu
    np.testing.assert_array_equal(found.cpu().data, smoothed(mask(MASK), mask(OLD)).cpu().data)


def test_masks_of_four_channels(gpu: GpuResources) -> None:
    other = RGBA[::-1]
    found = smoothed(mask(RGBA, gpu), mask(other, gpu)).cpu().data
    first, second = (np.float32(pixels[..., 0] / 255) for pixels in (RGBA, other))
    expected = smoothed(mask(first), mask(second)).cpu().data * 255
    assert np.abs(found[..., 0] - expected).max() <= 0.51
    np.testing.assert_array_equal(found[..., 3], found[..., 0])
    assert not found[..., 1:3].any()


def test_another_size_is_left_out_on_the_gpu_too(gpu: GpuResources) -> None:
    new = mask(MASK, gpu)
    assert smoothed(new, mask(OLD[1:], gpu)) is new


def test_two_channels_are_no_mask(gpu: GpuResources) -> None:
    pair = mask(RNG.random((4, 4, 2), dtype=np.float32), gpu)
    with pytest.raises(CalculatorError, match=r"GpuBuffer\(4x4, RG32F\) cannot be a mask; it needs one channel"):
        smoothed(pair, pair)


# -- RecolorCalculator ------------------------------------------------------------------------------------


def recolored(gpu: GpuResources | None, pixels: Any, weights: Any, options: str) -> CalculatorRunner:
    """Run it on the GPU, or in memory where *gpu* is None."""
    side = "" if gpu is None else "_GPU"
    streams = f"""
        input_stream: "IMAGE{side}:in" input_stream: "MASK{side}:mask" output_stream: "IMAGE{side}:out"
    """
    run = runner(gpu, "RecolorCalculator", streams, options)
    for tag, value in (("IMAGE", pixels), ("MASK", weights)):
        if value is not None:
            frame = ImageFrame(np.ascontiguousarray(value))
            run.add(tag + side, frame if gpu is None else gpu.upload(frame), 2)
    return run


def picture_of(run: CalculatorRunner) -> Any:
    """The colours of the one picture that comes out."""
    outputs = run.run().outputs
    (packet,) = outputs["IMAGE_GPU" if "IMAGE_GPU" in outputs else "IMAGE"]
    payload = packet.payload
    pixels = payload.array() if isinstance(payload, GpuBuffer) else payload.data
    return pixels[..., :3].astype(int)


@pytest.mark.parametrize("color", ["r: 0 g: 0 b: 255", "r: 200 g: 17 b: 17"], ids=["blue", "red"])
@pytest.mark.parametrize(
    ("weights", "options"),
    [
        pytest.param(MASK, "adjust_with_luminance: false", id="float"),
        pytest.param(MASK, "invert_mask: true adjust_with_luminance: false", id="inverted"),
        pytest.param(MASK, "", id="by luminance"),
        pytest.param(MASK, "mask_channel: ALPHA", id="alpha of one channel"),
        pytest.param(RGBA[..., 1], "adjust_with_luminance: false", id="gray"),
        pytest.param(RGBA[::-1], "", id="red"),
        pytest.param(RGBA[::-1], "mask_channel: ALPHA invert_mask: true", id="alpha"),
        pytest.param(cv2.GaussianBlur(MASK, (0, 0), 2)[::4, ::4], "adjust_with_luminance: false", id="smaller"),
    ],
)
def test_recolors_as_in_memory(gpu: GpuResources, weights: Any, options: str, color: str) -> None:
    options = f"color {{ {color} }} {options}"
    found = picture_of(recolored(gpu, RGBA, weights, options))
    expected = picture_of(recolored(None, RGBA[..., :3], weights, options))
    assert np.abs(found - expected).max() <= 1
    assert (found != RGBA[..., :3]).any()


def test_the_result_is_opaque_where_it_is_painted(gpu: GpuResources) -> None:
    run = recolored(gpu, RGBA, np.ones((4, 4), np.float32), "color { g: 9 } adjust_with_luminance: false")
    (packet,) = run.run().outputs["IMAGE_GPU"]
    assert (packet.payload.array() == (0, 9, 0, 255)).all()
    assert gpu.transfers.uploads == {(50, 37): 1, (4, 4): 1}


def test_without_a_mask_the_buffer_passes(gpu: GpuResources) -> None:
    run = recolored(gpu, RGBA, None, "color { b: 255 }")
    (packet,) = run.run().outputs["IMAGE_GPU"]
    np.testing.assert_array_equal(packet.payload.array(), RGBA)
    assert gpu.transfers.uploads == {}


@pytest.mark.parametrize(
    ("streams", "message"),
    [
        pytest.param(
            'input_stream: "IMAGE_GPU:a" input_stream: "MASK:b" output_stream: "IMAGE_GPU:c"',
            "IMAGE_GPU takes a mask on MASK_GPU; insert an ImageFrameToGpuBufferCalculator",
            id="mask in memory",
        ),
        pytest.param(
            'input_stream: "IMAGE:a" input_stream: "MASK_GPU:b" output_stream: "IMAGE:c"',
            "IMAGE takes a mask on MASK; insert a GpuBufferToImageFrameCalculator",
            id="mask on the GPU",
        ),
        pytest.param(
            'input_stream: "IMAGE_GPU:a" output_stream: "IMAGE:c"',
            "the picture is IMAGE or IMAGE_GPU, the same as input and as output",
            id="picture changes sides",
        ),
    ],
)
def test_one_side_for_all(streams: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        runner(None, "RecolorCalculator", streams, "color { b: 255 }").run()


@pytest.mark.parametrize(
    ("pixels", "weights", "message"),
    [
        pytest.param(RGBA[..., 0], MASK, r"GpuBuffer\(50x37, R8\) cannot be recolored; it needs RGBA8", id="gray"),
        pytest.param(RGBA, np.zeros((4, 4, 2), np.float32), "it needs one channel or four", id="two channels"),
    ],
)
def test_formats_that_cannot_be_recolored(gpu: GpuResources, pixels: Any, weights: Any, message: str) -> None:
    with pytest.raises(CalculatorError, match=message):
        recolored(gpu, pixels, weights, "color { b: 255 }").run()


def test_the_nearest_pixels_are_those_of_the_picture() -> None:
    found = warped(Image(ImageFrame(MASK.copy())), "border_mode: BORDER_REPLICATE interpolation: INTER_NEAREST")
    assert np.isin(found.cpu().data, MASK).all()
