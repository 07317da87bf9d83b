"""OpenCvEncodedImageToImageFrameCalculator and OpenCvImageEncoderCalculator."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from graphkit.errors import CalculatorError
from graphkit.formats import ImageFormat, ImageFrame
from graphkit.testing import CalculatorRunner
from graphkit_calculators.image.opencv_image_encoder_calculator import OpenCvImageEncoderCalculatorResults

RED = np.broadcast_to(np.array([250, 10, 20], np.uint8), (16, 24, 3)).copy()


def decode(data: bytes, options: str = "") -> ImageFrame:
    run = CalculatorRunner(
        f"""
        calculator: "OpenCvEncodedImageToImageFrameCalculator" input_stream: "data" output_stream: "image"
        options {{ [mediapipe.OpenCvEncodedImageToImageFrameCalculatorOptions.ext] {{ {options} }} }}
        """
    )
    run.add(0, data, 0)
    run.run()
    found = run.outputs[0][0].payload
    assert isinstance(found, ImageFrame)
    return found


def encode(frame: ImageFrame, quality: str = "quality: 90") -> OpenCvImageEncoderCalculatorResults:
    run = CalculatorRunner(
        f"""
        calculator: "OpenCvImageEncoderCalculator" input_stream: "image" output_stream: "data"
        options {{ [mediapipe.OpenCvImageEncoderCalculatorOptions.ext] {{ {quality} }} }}
        """
    )
    run.add(0, frame, 0)
    run.run()
    found = run.outputs[0][0].payload
    assert isinstance(found, OpenCvImageEncoderCalculatorResults)
    return found


def png(pixels: np.ndarray[Any, Any]) -> bytes:
    return bytes(cv2.imencode(".png", pixels)[1].tobytes())


def test_colours_are_rgb() -> None:
    found = decode(png(RED[:, :, ::-1]))
    assert found == ImageFrame(RED)


@pytest.mark.parametrize(
    ("dtype", "format_"),
    [
        pytest.param(np.uint8, ImageFormat.GRAY8, id="8 bits"),
        pytest.param(np.uint16, ImageFormat.GRAY16, id="16 bits"),
    ],
)
def test_grey_stays_grey(dtype: Any, format_: ImageFormat) -> None:
    assert decode(png(np.full((4, 5), 200, dtype))).format == format_


def test_an_alpha_channel_is_an_error_unless_it_is_dropped() -> None:
    data = png(np.dstack((RED[:, :, ::-1], RED[:, :, :1])))
    with pytest.raises(CalculatorError, match="the encoded image has 4 channels; 1 and 3 are known"):
        decode(data)
    assert decode(data, "apply_orientation_from_exif_data: true") == ImageFrame(RED)


@pytest.mark.parametrize("data", [pytest.param(b"", id="empty"), pytest.param(b"no image", id="text")])
def test_bytes_that_are_no_image(data: bytes) -> None:
    with pytest.raises(CalculatorError, match=f"{len(data)} bytes that start with .* are no image"):
        decode(data)


def test_a_jpeg_has_size_and_colour_space() -> None:
    made = encode(ImageFrame(RED.copy()))
    assert (made.width, made.height, made.colorspace) == (
        24,
        16,
        OpenCvImageEncoderCalculatorResults.ColorSpace.RGB,
    )
    back = decode(made.encoded_image or b"")
    assert np.abs(back.data.astype(int) - RED).max() < 10


def test_a_grey_jpeg() -> None:
    made = encode(ImageFrame(np.full((4, 5), 99, np.uint8)))
    assert made.colorspace == OpenCvImageEncoderCalculatorResults.ColorSpace.GRAYSCALE
    assert decode(made.encoded_image or b"").format == ImageFormat.GRAY8


def test_better_is_larger() -> None:
    noise = ImageFrame(np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8))
    sizes = [len(encode(noise, options).encoded_image or b"") for options in ("", "quality: 50", "quality: 95")]
    assert sizes == sorted(set(sizes))


def test_only_eight_bits_and_no_alpha() -> None:
    with pytest.raises(CalculatorError, match="a JPEG is made of SRGB or GRAY8, found SRGBA"):
        encode(ImageFrame(np.zeros((2, 2, 4), np.uint8)))
