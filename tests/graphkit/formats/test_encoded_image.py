"""Encoded pictures, whole and damaged."""

from __future__ import annotations

import resource
import struct
import zlib

import cv2
import numpy as np
import pytest

from graphkit.errors import FormatError
from graphkit.formats import decode_image

PIXELS = np.random.default_rng(0).integers(0, 255, (12, 16, 3), np.uint8)


def encoded(ending: str = ".png") -> bytes:
    return bytes(cv2.imencode(ending, PIXELS)[1].tobytes())


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims to be of another size."""
    data = bytearray(encoded())
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    return bytes(data)


@pytest.mark.parametrize("ending", [".png", ".bmp", ".tif"])
def test_a_picture_is_decoded(ending: str) -> None:
    np.testing.assert_array_equal(decode_image(encoded(ending), cv2.IMREAD_COLOR), PIXELS)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"no picture", id="text"),
        pytest.param(encoded()[:-4], id="cut"),
        pytest.param(encoded()[:300], id="half"),
        pytest.param(encoded()[:33] + b"\xf0" + encoded()[34:], id="part of four gigabytes"),
    ],
)
def test_what_is_damaged_is_none_and_takes_no_memory(data: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert decode_image(data, cv2.IMREAD_COLOR) is None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_picture_that_is_too_large_is_refused() -> None:
    with pytest.raises(FormatError, match="OpenCV does not decode this picture: "):
        decode_image(png_of(60_000, 60_000), cv2.IMREAD_COLOR)
