"""Files of several pictures: pages of a TIFF, pictures of an animated WebP."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest

from graphkit.errors import FormatError
from graphkit.formats import decode_pages

SHADES = (0, 50, 100)
PAGES = [np.full((20, 30, 3), shade, np.uint8) for shade in SHADES]


def tiff() -> bytes:
    return bytes(cv2.imencodemulti(".tiff", PAGES)[1])


def animation() -> bytes:
    animated = cv2.Animation()
    animated.frames, animated.durations = PAGES, [100] * len(PAGES)
    return bytes(cv2.imencodeanimation(".webp", animated)[1])


def _link(data: bytes | bytearray, number: int) -> int:
    """Return where in the file the place of a page stands."""
    at = 4
    for _ in range(number):
        (page,) = struct.unpack_from("<I", data, at)
        at = page + 2 + 12 * struct.unpack_from("<H", data, page)[0]
    return at


def _circle(data: bytes) -> bytes:
    changed = bytearray(data)
    changed[_link(data, 3) : _link(data, 3) + 4] = changed[4:8]
    return bytes(changed)


def shades(data: bytes) -> list[int]:
    return [round(float(page.mean())) for page in decode_pages(data, cv2.IMREAD_COLOR)]


@pytest.mark.parametrize("make", [tiff, animation], ids=["tiff", "webp"])
def test_all_pages_are_decoded(make) -> None:
    assert shades(make()) == list(SHADES)


@pytest.mark.parametrize("ending", [".png", ".jpg", ".tif", ".webp"])
def test_a_picture_is_one_page(ending: str) -> None:
    assert shades(bytes(cv2.imencode(ending, PAGES[1])[1].tobytes())) == [50]


def test_a_small_copy_of_a_page_is_left_out() -> None:
    data = bytearray(tiff())
    (second,) = struct.unpack_from("<I", data, _link(data, 1))
    for at in range(second + 2, second + 2 + 12 * struct.unpack_from("<H", data, second)[0], 12):
        if struct.unpack_from("<H", data, at)[0] == 254:
            struct.pack_into("<I", data, at + 8, 1)
    assert shades(bytes(data)) == [0, 100]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        pytest.param(lambda data: data[: len(data) // 2], "page 2 of the TIFF is cut off", id="pages-missing"),
        pytest.param(lambda data: data[:-3], "only 2 of its 3 pages can be decoded", id="end-missing"),
        pytest.param(_circle, "cut off, or damaged", id="circle"),
    ],
)
def test_a_page_that_is_missing_is_told(damage, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        decode_pages(damage(tiff()), cv2.IMREAD_COLOR)


@pytest.mark.parametrize("data", [b"", b"no picture", animation()[:200]], ids=["empty", "text", "cut-webp"])
def test_what_is_no_picture_has_no_pages(data: bytes) -> None:
    assert decode_pages(data, cv2.IMREAD_COLOR) == []
