"""ImageToTensorCalculator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import Image, ImageFrame, LetterboxPadding, NormalizedRect
from graphkit.testing import CalculatorRunner

UNIT = "output_tensor_float_range { min: 0 max: 1 }"


def runner(options: str, *, rect: bool = False) -> CalculatorRunner:
    extra = 'input_stream: "NORM_RECT:rect"' if rect else ""
    return CalculatorRunner(
        f"""
        calculator: "ImageToTensorCalculator"
        input_stream: "IMAGE:image" {extra}
        output_stream: "TENSORS:tensors"
        output_stream: "LETTERBOX_PADDING:padding"
        output_stream: "MATRIX:matrix"
        options {{ [mediapipe.ImageToTensorCalculatorOptions.ext] {{ {options} }} }}
        """
    )


def grey(value: int, shape: tuple[int, ...] = (8, 8, 3)) -> ImageFrame:
    return ImageFrame(np.full(shape, value, np.uint8))


def test_a_float_tensor_is_logically_nhwc_and_stored_as_planes() -> None:
    run = runner(f"output_tensor_width: 6 output_tensor_height: 4 {UNIT}")
    run.add("IMAGE", grey(51), 7)
    run.run()
    (packet,) = run.outputs["TENSORS"]
    (tensor,) = packet.payload
    assert packet.timestamp == 7
    assert (tensor.shape, tensor.layout, tensor.dtype) == ((1, 4, 6, 3), "NCHW", np.float32)
    np.testing.assert_allclose(tensor.nhwc(), 0.2, atol=1e-7)


def test_an_image_does_as_well_as_a_frame() -> None:
    run = runner(UNIT)
    run.add("IMAGE", Image(grey(255)), 0)
    run.run()
    assert run.outputs["TENSORS"][0].payload[0].shape == (1, 8, 8, 3)


@pytest.mark.parametrize(
    ("options", "dtype", "value"),
    [
        pytest.param("output_tensor_float_range { min: -1 max: 1 }", np.float32, -0.2, id="float"),
        pytest.param("output_tensor_uint_range { min: 0 max: 255 }", np.uint8, 102, id="uint8"),
        pytest.param("output_tensor_int_range { min: -128 max: 127 }", np.int8, -26, id="int8"),
    ],
)
def test_ranges(options: str, dtype: Any, value: float) -> None:
    run = runner(options)
    run.add("IMAGE", grey(102), 0)
    run.run()
    (tensor,) = run.outputs["TENSORS"][0].payload
    assert tensor.dtype == dtype
    np.testing.assert_allclose(tensor.nhwc(), value, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "channels"),
    [pytest.param((8, 8), 1, id="grey"), pytest.param((8, 8, 4), 3, id="rgba")],
)
def test_channels(shape: tuple[int, ...], channels: int) -> None:
    run = runner(UNIT)
    run.add("IMAGE", grey(1, shape), 0)
    run.run()
    assert run.outputs["TENSORS"][0].payload[0].shape == (1, 8, 8, channels)


@pytest.mark.parametrize(
    ("border", "expected"),
    [
        pytest.param("", 1.0, id="unspecified repeats the edge"),
        pytest.param("border_mode: BORDER_REPLICATE", 1.0, id="repeat"),
        pytest.param("border_mode: BORDER_ZERO", 0.0, id="zero"),
    ],
)
def test_letterbox(border: str, expected: float) -> None:
    run = runner(f"output_tensor_width: 8 output_tensor_height: 8 keep_aspect_ratio: true {border} {UNIT}")
    run.add("IMAGE", grey(255, (8, 16, 3)), 0)
    run.run()
    assert run.outputs["LETTERBOX_PADDING"][0].payload == LetterboxPadding(0, 0.25, 0, 0.25)
    assert run.outputs["TENSORS"][0].payload[0].nhwc()[0, 0, 0, 0] == expected


def test_images_may_change_their_size() -> None:
    run = runner(f"output_tensor_width: 4 output_tensor_height: 4 {UNIT}")
    run.add("IMAGE", grey(51, (8, 8, 3)), 0)
    run.add("IMAGE", grey(102, (30, 20, 3)), 1)
    run.run()
    means = [packet.payload[0].nhwc().mean() for packet in run.outputs["TENSORS"]]
    assert means == pytest.approx([0.2, 0.4])


def test_matrix_maps_the_tensor_into_the_image() -> None:
    run = runner(UNIT, rect=True)
    run.add("IMAGE", grey(0), 0)
    run.add("NORM_RECT", NormalizedRect(0.5, 0.25, 0.5, 0.5), 0)
    run.run()
    matrix = run.outputs["MATRIX"][0].payload
    assert matrix @ np.array((0, 0, 0, 1), np.float32) == pytest.approx([0.25, 0, 0, 1])


@pytest.mark.parametrize("stream", [pytest.param("NORM_RECT", id="no image"), pytest.param("IMAGE", id="no rect")])
def test_nothing_without_image_or_rect(stream: str) -> None:
    run = runner(UNIT, rect=True)
    run.add(stream, grey(0) if stream == "IMAGE" else NormalizedRect(0.5, 0.5, 1, 1), 5)
    run.set_bound("NORM_RECT" if stream == "IMAGE" else "IMAGE", 6)
    run.run()
    assert run.outputs["TENSORS"] == []
    assert run.output_bounds["TENSORS"] == 6


def test_a_rect_of_no_size_gives_a_bound_only() -> None:
    run = runner(UNIT, rect=True)
    run.add("IMAGE", grey(0), 5)
    run.add("NORM_RECT", NormalizedRect(0, 0, 0, 0), 5)
    run.run()
    assert run.outputs["TENSORS"] == []
    assert run.outputs["LETTERBOX_PADDING"] == []
    assert run.output_bounds["TENSORS"] == 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param("", "the values of the tensor are not given", id="no range"),
        pytest.param("output_tensor_width: 0 " + UNIT, "output_tensor_width is 0", id="no width"),
        pytest.param("output_tensor_float_range { min: 1 max: 1 }", "min must be below max", id="empty range"),
        pytest.param(
            "output_tensor_uint_range { min: 0 max: 256 }", "both within 0 to 255", id="range beyond the type"
        ),
    ],
)
def test_bad_options(options: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        runner(options).run()


def test_a_format_that_cannot_be_read() -> None:
    run = runner(UNIT)
    run.add("IMAGE", ImageFrame(np.zeros((4, 4), np.float32)), 0)
    with pytest.raises(
        CalculatorError, match="IMAGE is of format VEC32F1; tensors are made of SRGB, SRGBA, GRAY8"
    ):
        run.run()
