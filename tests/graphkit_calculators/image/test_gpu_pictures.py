"""ImageTransformationCalculator and ImageCroppingCalculator on GpuBuffers, against themselves in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from graphkit.errors import GraphValidationError
from graphkit.formats import ImageFrame, ImageSize, NormalizedRect, Rect
from graphkit.gpu import GPU_SERVICE, GpuBuffer, GpuBufferFormat
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from graphkit.gpu import GpuResources

NOISE = np.random.default_rng(1).integers(0, 256, (48, 66, 4), dtype=np.uint8)
GRAY = np.ascontiguousarray(NOISE[:, :, 0])


def run(
    gpu: GpuResources | None, name: str, pixels: np.ndarray, options: str, **inputs: Any
) -> tuple[np.ndarray, CalculatorRunner]:
    """Run one calculator on *pixels*: on the GPU, or in memory where *gpu* is None."""
    tag = "IMAGE" if gpu is None else "IMAGE_GPU"
    streams = " ".join(f'input_stream: "{key}:{key.lower()}"' for key in inputs)
    padding = 'output_stream: "LETTERBOX_PADDING:padding"' if name == "ImageTransformationCalculator" else ""
    runner = CalculatorRunner(
        f"""
        calculator: "{name}" input_stream: "{tag}:in" {streams} output_stream: "{tag}:out" {padding}
        options {{ [mediapipe.{name}Options.ext] {{ {options} }} }}
        """
    )
    frame = ImageFrame(pixels.copy())
    if gpu is not None:
        runner.set_service(GPU_SERVICE, gpu)
    runner.add(tag, frame if gpu is None else gpu.upload(frame), 3)
    for key, value in inputs.items():
        runner.add(key, value, 3)
    (packet,) = runner.run().outputs[tag]
    assert packet.timestamp == 3
    if gpu is None:
        return packet.payload.data, runner
    assert packet.payload.format is (GpuBufferFormat.R8 if pixels.ndim == 2 else GpuBufferFormat.RGBA8)
    return packet.get(GpuBuffer).array(), runner


def both(gpu: GpuResources, name: str, pixels: np.ndarray, options: str, **inputs: Any) -> np.ndarray:
    """Return the absolute difference of GPU and memory; sizes and paddings must be equal."""
    drawn, on_gpu = run(gpu, name, pixels, options, **inputs)
    expected, in_memory = run(None, name, pixels, options, **inputs)
    assert drawn.shape == expected.shape
    for tag in ("LETTERBOX_PADDING",):
        found, wanted = (
            [p.payload for p in r.outputs[tag]] if tag in r.outputs else [] for r in (on_gpu, in_memory)
        )
        assert found == wanted
    return np.abs(drawn.astype(int) - expected)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param("", id="as it is"),
        pytest.param("flip_horizontally: true", id="mirrored"),
        pytest.param("flip_vertically: true", id="upside down"),
        pytest.param("rotation_mode: ROTATION_90", id="turned by 90"),
        pytest.param("rotation_mode: ROTATION_270 flip_horizontally: true", id="turned by 270 and mirrored"),
        pytest.param("output_width: 33 output_height: 24", id="half the size"),
        pytest.param("output_width: 20 output_height: 31", id="averages areas"),
        pytest.param("output_width: 20 output_height: 80", id="smaller and larger"),
        pytest.param("output_width: 150 output_height: 100", id="larger"),
        pytest.param("output_width: 100 output_height: 100 scale_mode: FIT", id="fit, larger"),
        pytest.param(
            "output_width: 31 output_height: 40 scale_mode: FIT padding_color { red: 200 green: 100 blue: 7 }",
            id="fit, smaller, colored",
        ),
        pytest.param(
            "output_width: 31 output_height: 40 scale_mode: FIT constant_padding: false",
            id="fit, repeated edge",
        ),
        pytest.param(
            "output_width: 91 output_height: 55 scale_mode: FIT flip_horizontally: true", id="fit, mirrored"
        ),
        pytest.param("output_width: 40 output_height: 30 scale_mode: FILL_AND_CROP", id="fill and crop"),
        pytest.param("output_width: 31 output_height: 29 interpolation_mode: NEAREST", id="nearest, smaller"),
        pytest.param("output_width: 99 output_height: 96 interpolation_mode: NEAREST", id="nearest, larger"),
    ],
)
@pytest.mark.parametrize("pixels", [pytest.param(NOISE, id="rgba"), pytest.param(GRAY, id="gray")])
def test_transformed_as_in_memory(gpu: GpuResources, pixels: np.ndarray, options: str) -> None:
    assert both(gpu, "ImageTransformationCalculator", pixels, options).max() == 0


def test_half_a_turn_loses_no_row(gpu: GpuResources) -> None:
    drawn, _ = run(gpu, "ImageTransformationCalculator", NOISE, "rotation_mode: ROTATION_180")
    np.testing.assert_array_equal(drawn, np.rot90(NOISE, 2))


def test_a_turned_picture_keeps_its_own_aspect_ratio(gpu: GpuResources) -> None:
    options = "output_width: 96 output_height: 132 rotation_mode: ROTATION_90 scale_mode: FIT"
    drawn, runner = run(gpu, "ImageTransformationCalculator", NOISE, options)
    np.testing.assert_array_equal(drawn, cv2.resize(np.rot90(NOISE), (96, 132)))
    assert runner.outputs["LETTERBOX_PADDING"][0].payload == (0.0, 0.0, 0.0, 0.0)


def test_streams_decide_on_the_gpu_too(gpu: GpuResources) -> None:
    given = {"OUTPUT_DIMENSIONS": ImageSize(22, 16), "FLIP_HORIZONTALLY": True}
    assert both(gpu, "ImageTransformationCalculator", NOISE, "", **given).max() == 0


@pytest.mark.parametrize(
    ("options", "inputs"),
    [
        pytest.param("", {"RECT": Rect(30, 20, 24, 14)}, id="rect"),
        pytest.param("", {"RECT": Rect(30, 20, 24, 14, 0.4)}, id="turned rect"),
        pytest.param("", {"NORM_RECT": NormalizedRect(0.1, 0.9, 0.5, 0.6, -1.0)}, id="over the rim"),
        pytest.param(
            "border_mode: BORDER_REPLICATE", {"NORM_RECT": NormalizedRect(0.1, 0.9, 0.5, 0.6, -1.0)}, id="repeated"
        ),
        pytest.param("norm_width: 0.5 norm_height: 0.25 rotation: 2.0", {}, id="options"),
        pytest.param("width: 40 height: 30 output_max_width: 20", {}, id="scaled down"),
    ],
)
@pytest.mark.parametrize("pixels", [pytest.param(NOISE, id="rgba"), pytest.param(GRAY, id="gray")])
def test_cropped_as_in_memory(gpu: GpuResources, pixels: np.ndarray, options: str, inputs: dict[str, Any]) -> None:
    assert both(gpu, "ImageCroppingCalculator", pixels, options, **inputs).max() == 0


def test_one_pixel_is_the_middle_one(gpu: GpuResources) -> None:
    drawn, _ = run(gpu, "ImageCroppingCalculator", NOISE, "width: 1 height: 1")
    np.testing.assert_array_equal(drawn, NOISE[24:25, 33:34])


def test_cropping_uploads_once_and_reads_nothing_back(gpu: GpuResources) -> None:
    runner = CalculatorRunner(
        """
        calculator: "ImageCroppingCalculator" input_stream: "IMAGE_GPU:in" output_stream: "IMAGE_GPU:out"
        options { [mediapipe.ImageCroppingCalculatorOptions.ext] { width: 8 height: 6 } }
        """
    )
    runner.set_service(GPU_SERVICE, gpu)
    runner.add("IMAGE_GPU", gpu.upload(ImageFrame(NOISE)), 0)
    runner.run()
    assert gpu.transfers.uploads == {(66, 48): 1}
    assert not gpu.transfers.readbacks


@pytest.mark.parametrize("name", ["ImageTransformationCalculator", "ImageCroppingCalculator"])
@pytest.mark.parametrize(
    ("streams", "found"),
    [
        pytest.param('output_stream: "IMAGE:b"', "none in, IMAGE out", id="nothing in"),
        pytest.param('input_stream: "IMAGE:a" output_stream: "IMAGE_GPU:b"', "IMAGE in, IMAGE_GPU out", id="up"),
        pytest.param(
            'input_stream: "IMAGE:a" input_stream: "IMAGE_GPU:c" output_stream: "IMAGE:b"',
            "IMAGE and IMAGE_GPU in, IMAGE out",
            id="both",
        ),
    ],
)
def test_pictures_on_two_sides(name: str, streams: str, found: str) -> None:
    with pytest.raises(
        GraphValidationError, match=f"found {found}. To change sides insert an ImageFrameToGpuBufferCalculator"
    ):
        CalculatorRunner(f'calculator: "{name}" {streams}').run()
