"""Pictures as .png, in every format that has colours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from graphkit.formats import Image, ImageFormat, ImageFrame
from graphkit.formats._png import png_of


@pytest.mark.parametrize(
    ("data", "format_", "expected"),
    [
        pytest.param(np.array([[[1, 2, 3]]], np.uint8), ImageFormat.SRGB, [3, 2, 1], id="SRGB"),
        pytest.param(np.array([[[1, 2, 3, 4]]], np.uint8), ImageFormat.SRGBA, [3, 2, 1, 4], id="SRGBA"),
        pytest.param(np.array([[[1, 2, 3, 4]]], np.uint8), ImageFormat.SBGRA, [1, 2, 3, 4], id="SBGRA"),
        pytest.param(np.array([[7]], np.uint8), ImageFormat.GRAY8, 7, id="GRAY8"),
        pytest.param(np.array([[700]], np.uint16), ImageFormat.GRAY16, 700, id="GRAY16"),
        pytest.param(np.array([[2.0]], np.float32), ImageFormat.VEC32F1, 255, id="mask"),
    ],
)
def test_pixels_survive(data: np.ndarray, format_: ImageFormat, expected: object) -> None:
    frame = ImageFrame(data, format_)
    encoded = frame._repr_png_()
    assert encoded is not None
    assert encoded == png_of(frame) == Image(frame)._repr_png_()
    decoded = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded[0, 0].tolist() == expected


def test_what_has_no_colours_is_not_shown() -> None:
    assert ImageFrame(np.zeros((1, 1, 2), np.float32))._repr_png_() is None
