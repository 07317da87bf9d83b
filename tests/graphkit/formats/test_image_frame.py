"""ImageFrame: formats deduced and checked, arrays taken over, compared and shown."""

from __future__ import annotations

import numpy as np
import pytest

from graphkit import schema
from graphkit.errors import FormatError
from graphkit.formats import Image, ImageFormat, ImageFrame


@pytest.mark.parametrize(
    ("shape", "dtype", "expected"),
    [
        pytest.param((4, 6, 3), np.uint8, ImageFormat.SRGB, id="rgb"),
        pytest.param((4, 6, 4), np.uint8, ImageFormat.SRGBA, id="rgba"),
        pytest.param((4, 6), np.uint8, ImageFormat.GRAY8, id="gray"),
        pytest.param((4, 6, 1), np.uint8, ImageFormat.GRAY8, id="gray, three dimensions"),
        pytest.param((4, 6), np.uint16, ImageFormat.GRAY16, id="gray16"),
        pytest.param((4, 6, 3), np.uint16, ImageFormat.SRGB48, id="rgb48"),
        pytest.param((4, 6, 4), np.uint16, ImageFormat.SRGBA64, id="rgba64"),
        pytest.param((4, 6), np.float32, ImageFormat.VEC32F1, id="float"),
        pytest.param((4, 6, 2), np.float32, ImageFormat.VEC32F2, id="two floats"),
        pytest.param((4, 6, 4), np.float32, ImageFormat.VEC32F4, id="four floats"),
    ],
)
def test_format_is_deduced(shape, dtype, expected):
    frame = ImageFrame(np.zeros(shape, dtype))
    assert frame.format is expected
    assert (frame.height, frame.width) == (4, 6)
    assert frame.channels == expected.channels
    assert frame.data.dtype == expected.dtype
    assert frame.data.ndim == (2 if expected.channels == 1 else 3)


def test_format_numbers_are_mediapipes():
    descriptor = schema.pool().FindEnumTypeByName("mediapipe.ImageFormat.Format")
    assert {f.name: f.value for f in ImageFormat} == {v.name: v.number for v in descriptor.values}


@pytest.mark.parametrize("format_", [ImageFormat.LAB8, ImageFormat.SRGB])
def test_format_may_be_given(format_):
    assert ImageFrame(np.zeros((2, 2, 3), np.uint8), format_).format is format_


@pytest.mark.parametrize(
    ("shape", "dtype", "format_", "message"),
    [
        pytest.param(
            (2, 2, 5), np.uint8, None, r"no image format fits an array of shape \(2, 2, 5\)", id="channels"
        ),
        pytest.param(
            (2, 2, 3), np.float64, None, r"float64; expected \(H, W\) or \(H, W, C\), C in 1, 3, 4 ", id="dtype"
        ),
        pytest.param((2, 2, 3), np.float32, None, r"float32; expected .* and in 1, 2, 4 for float32", id="layout"),
        pytest.param((9,), np.uint8, None, r"no image format fits an array of shape \(9,\)", id="vector"),
        pytest.param((1, 2, 2, 3), np.uint8, None, r"shape \(1, 2, 2, 3\)", id="batch"),
        pytest.param(
            (2, 2, 4),
            np.uint8,
            ImageFormat.SRGB,
            r"SRGB needs uint8 with 3 channels, found an array of shape \(2, 2, 4\), uint8",
            id="other format",
        ),
        pytest.param(
            (2, 2),
            np.uint8,
            ImageFormat.YCBCR420P,
            r"YCBCR420P is not an interleaved image format; use one of SRGB, ",
            id="planes",
        ),
    ],
)
def test_what_does_not_fit_is_refused(shape, dtype, format_, message):
    with pytest.raises(FormatError, match=message):
        ImageFrame(np.zeros(shape, dtype), format_)


def test_array_is_taken_over_and_read_only():
    data = np.zeros((3, 5, 3), np.uint8)
    frame = ImageFrame(data)
    assert frame.data is data
    with pytest.raises(ValueError, match="read-only"):
        frame.data[0, 0] = 1


def test_padded_rows_stay_where_they_are():
    padded = np.zeros((3, 8, 3), np.uint8)
    padded.setflags(write=False)
    frame = ImageFrame(padded[:, :5])
    assert frame.data.base is padded
    assert frame.width == 5


def test_a_lent_array_is_not_copied_and_stays_writeable_for_its_owner():
    canvas = np.zeros((3, 8, 4), np.uint8)
    frame = ImageFrame.lent(canvas)
    assert np.shares_memory(frame.data, canvas)
    assert (frame.format, frame.data.flags.writeable, canvas.flags.writeable) == (ImageFormat.SRGBA, False, True)


@pytest.mark.parametrize("format_", ["SRGB", 1, np.uint8])
def test_what_is_no_format_is_refused(format_):
    with pytest.raises(FormatError, match=r"is no image format; use one of ImageFormat, such as ImageFormat.SRGB"):
        ImageFrame(np.zeros((2, 2, 3), np.uint8), format_)


def test_equality_looks_at_pixels_and_format():
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert ImageFrame(pixels) == ImageFrame(pixels.copy())
    assert ImageFrame(pixels) != ImageFrame(pixels.copy(), ImageFormat.LAB8)
    assert ImageFrame(pixels) != ImageFrame(pixels + 1)
    assert ImageFrame(pixels) != "pixels"


def test_repr_shows_the_shape():
    assert repr(ImageFrame(np.zeros((2, 3, 3), np.uint8))) == "ImageFrame(3x2, SRGB)"


class Texture:
    """Stands for a buffer on the GPU; counts how often it is read back."""

    width, height = 4, 2

    def __init__(self) -> None:
        self.reads = 0

    def image_frame(self) -> ImageFrame:
        self.reads += 1
        return ImageFrame(np.ones((2, 4), np.uint8))


def test_image_on_the_cpu():
    frame = ImageFrame(np.zeros((2, 4, 3), np.uint8))
    image = Image(frame)
    assert not image.uses_gpu
    assert image.cpu() is frame
    assert (image.width, image.height, repr(image)) == (4, 2, "Image(4x2, CPU)")


def test_image_on_the_gpu_is_read_back_once():
    texture = Texture()
    image = Image(texture)
    assert image.uses_gpu
    assert (image.width, image.height, repr(image)) == (4, 2, "Image(4x2, GPU)")
    assert texture.reads == 0
    assert image.cpu() is image.cpu()
    assert texture.reads == 1
    assert image == Image(ImageFrame(np.ones((2, 4), np.uint8)))


def test_image_of_an_array_is_refused():
    with pytest.raises(FormatError, match=r"found ndarray; wrap an array as ImageFrame\(array\) first"):
        Image(np.zeros((2, 2), np.uint8))
