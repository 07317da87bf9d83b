from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from graphkit import OneOf
from graphkit.errors import FormatError
from graphkit.formats import Image, ImageFormat, ImageFrame
from graphkit.framework import ANY
from graphkit.jobs._pixels import to_png, to_rgb, wrapper_for

RGB = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
BGR = RGB[:, :, ::-1]
DEEP = np.uint16(999)


def with_alpha(pixels: np.ndarray) -> np.ndarray:
    return np.dstack([pixels, RGB[:, :, 0]])


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        pytest.param(ImageFrame(RGB.copy()), RGB, id="SRGB"),
        pytest.param(ImageFrame(np.dstack([RGB, RGB[:, :, :1]])), RGB, id="SRGBA"),
        pytest.param(ImageFrame(np.dstack([RGB[:, :, ::-1], RGB[:, :, :1]]), ImageFormat.SBGRA), RGB, id="SBGRA"),
        pytest.param(ImageFrame(RGB[:, :, 0].copy()), np.dstack([RGB[:, :, 0]] * 3), id="GRAY8"),
        pytest.param(
            ImageFrame(RGB[:, :, 0].astype(np.uint16) * 256 + 9), np.dstack([RGB[:, :, 0]] * 3), id="GRAY16"
        ),
        pytest.param(ImageFrame(RGB.astype(np.uint16) * 256 + 255), RGB, id="SRGB48"),
        pytest.param(
            ImageFrame(np.array([[-1, 0, 0.5, 2]], np.float32)),
            np.dstack([np.array([[0, 0, 128, 255]], np.uint8)] * 3),
            id="VEC32F1",
        ),
    ],
)
def test_to_rgb(frame: ImageFrame, expected: np.ndarray) -> None:
    for payload in (frame, Image(frame)):
        assert np.array_equal(to_rgb(payload), expected)
        assert to_rgb(payload).dtype == np.uint8


def test_srgb_is_not_copied() -> None:
    pixels = RGB.copy()
    assert to_rgb(ImageFrame(pixels)) is pixels


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        pytest.param(5, "made of ImageFrame, Image or GpuBuffer packets, found int", id="no image"),
        pytest.param(ImageFrame(np.zeros((2, 2, 2), np.float32)), "cannot be shown as a video", id="two floats"),
    ],
)
def test_what_is_no_picture(payload: object, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        to_rgb(payload)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        pytest.param(ImageFrame(RGB.copy()), BGR, id="SRGB"),
        pytest.param(ImageFrame(with_alpha(RGB)), with_alpha(BGR), id="SRGBA"),
        pytest.param(ImageFrame(with_alpha(BGR), ImageFormat.SBGRA), with_alpha(BGR), id="SBGRA"),
        pytest.param(ImageFrame(RGB[:, :, 0].copy()), RGB[:, :, 0], id="GRAY8"),
        pytest.param(ImageFrame(RGB[:, :, 0] * DEEP), RGB[:, :, 0] * DEEP, id="GRAY16"),
        pytest.param(ImageFrame(RGB * DEEP), BGR * DEEP, id="SRGB48"),
        pytest.param(ImageFrame(with_alpha(RGB) * DEEP), with_alpha(BGR) * DEEP, id="SRGBA64"),
        pytest.param(ImageFrame(np.array([[-1, 0, 0.5, 2]], np.float32)), [[0, 0, 128, 255]], id="VEC32F1"),
    ],
)
def test_to_png_keeps_channels_and_depth(frame: ImageFrame, expected: Any) -> None:
    read = cv2.imdecode(np.frombuffer(to_png(frame), np.uint8), cv2.IMREAD_UNCHANGED)
    assert read.dtype == (np.uint16 if frame.data.dtype == np.uint16 else np.uint8)
    np.testing.assert_array_equal(read, expected)


def test_what_no_png_can_show() -> None:
    with pytest.raises(FormatError, match=r"VEC32F2\) cannot be shown as a \.png; dump the stream as \.npz"):
        to_png(ImageFrame(np.zeros((2, 2, 2), np.float32)))


@pytest.mark.parametrize(
    ("packet_type", "kind"),
    [
        pytest.param(OneOf(ImageFrame), ImageFrame, id="ImageFrame"),
        pytest.param(OneOf(Image), Image, id="Image"),
        pytest.param(OneOf(Image, ImageFrame), ImageFrame, id="either"),
        pytest.param(ANY, ImageFrame, id="any"),
    ],
)
def test_wrapper_for(packet_type, kind) -> None:
    assert type(wrapper_for(packet_type)(RGB.copy())) is kind
