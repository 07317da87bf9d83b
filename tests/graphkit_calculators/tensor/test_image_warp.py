"""Cutting regions out of images."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from graphkit_calculators.tensor._image_warp import FixedWarp, levels, to_bytes, to_planes, warp_roi
from graphkit_calculators.tensor._roi import Roi, corners, f32, pad_roi, roi_of


def picture(width: int, height: int, channels: int = 3) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(3)
    return rng.integers(0, 256, (height, width, channels), dtype=np.uint8)


def opencvs_matrix(roi: Roi, size: tuple[int, int]) -> Any:
    """Return the matrix from the image to the result as OpenCV finds it."""
    width, height = size
    target = np.array(((0, height), (0, 0), (width, 0), (width, height)), np.float32)
    return cv2.getPerspectiveTransform(corners(roi), target)


def test_a_region_of_the_tensors_size_is_copied() -> None:
    pixels = picture(20, 10)
    found = warp_roi(pixels, Roi(6.0, 5.0, 4.0, 6.0, 0.0), (4, 6), replicate=False)
    np.testing.assert_array_equal(found, pixels[2:8, 4:8])


def test_a_clockwise_rect_comes_out_upright() -> None:
    pixels = picture(12, 12)
    found = warp_roi(pixels, Roi(6.0, 6.0, 8.0, 8.0, np.pi / 2), (8, 8), replicate=True)
    # Without half pixels a quarter turn reads one column over, as MediaPipe's CPU path does.
    np.testing.assert_array_equal(found, np.rot90(pixels[2:10, 3:11]))


@pytest.mark.parametrize(
    ("replicate", "expected"), [pytest.param(True, 200, id="edge"), pytest.param(False, 0, id="black")]
)
def test_outside_of_the_image(replicate: bool, expected: int) -> None:
    pixels = np.full((4, 4, 3), 200, np.uint8)
    found = warp_roi(pixels, Roi(-6.0, 2.0, 4.0, 4.0, 0.0), (4, 4), replicate=replicate)
    assert (found == expected).all()


@pytest.mark.parametrize("replicate", [pytest.param(True, id="edge"), pytest.param(False, id="black")])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_what_lies_outside_is_what_opencv_makes_it(
    replicate: bool, channels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether or not a region is copied first: of all sizes, around a picture; some of them are copied.

    A sample in a million lies so near to the middle of two multiples of 1/32 pixel that the last digits decide.
    """
    copied: list[tuple[int, ...]] = []
    copy = cv2.copyMakeBorder

    def copy_and_count(*given: Any) -> Any:
        copied.append(given[0].shape)
        return copy(*given)

    monkeypatch.setattr(cv2, "copyMakeBorder", copy_and_count)
    pixels, rng = picture(160, 120, channels).squeeze(), np.random.default_rng(11)
    border = cv2.BORDER_REPLICATE if replicate else cv2.BORDER_CONSTANT
    samples = other = 0
    for _ in range(400):
        size = (int(rng.integers(8, 96)), int(rng.integers(8, 96)))
        x, y = rng.uniform(-80, 240), rng.uniform(-80, 200)
        roi = Roi(f32(x), f32(y), *(f32(rng.uniform(4, 160)) for _ in "wh"), f32(rng.uniform(-4, 4)))
        plain = cv2.warpPerspective(pixels, opencvs_matrix(roi, size), size, borderMode=border)
        apart = np.abs(warp_roi(pixels, roi, size, replicate=replicate).astype(int) - plain)
        assert apart.max() <= 256 / 32, roi
        samples, other = samples + apart.size, other + np.count_nonzero(apart)
    assert other <= 2e-5 * samples
    assert 40 < len(copied) < 300


@pytest.mark.parametrize("rotation", [0.0, np.pi / 2, -np.pi, 9e-5])
def test_upright_regions_are_opencvs_to_the_last_bit(rotation: float) -> None:
    pixels, rng = picture(160, 120), np.random.default_rng(11)
    for _ in range(100):
        size, width, height = (64, 48), *rng.integers(10, 100, 2)
        roi = Roi(80.0, 60.0, float(width), float(height), f32(rotation))
        plain = cv2.warpPerspective(pixels, opencvs_matrix(roi, size), size)
        np.testing.assert_array_equal(warp_roi(pixels, roi, size, replicate=False), plain, err_msg=str(roi))


def test_a_region_without_an_area() -> None:
    assert warp_roi(picture(60, 60), Roi(30.0, 30.0, 0.0, 8.0, 0.3), (16, 16), replicate=True).shape == (16, 16, 3)


@pytest.mark.parametrize(
    "roi",
    [
        pytest.param(Roi(30.0, 30.0, 8.0, 8.0, 0.3), id="all of it inside"),
        pytest.param(Roi(0.0, 30.0, 8.0, 8.0, 0.0), id="upright, where the last bit of the matrix may decide"),
        pytest.param(Roi(0.0, 30.0, 8.0, 8.0, np.pi / 2), id="a quarter turn"),
        pytest.param(Roi(0.0, 30.0, 800.0, 800.0, 0.3), id="large"),
        pytest.param(Roi(0.0, 30.0, np.inf, 8.0, 0.3), id="endless"),
    ],
)
def test_regions_that_are_not_copied(roi: Roi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "copyMakeBorder")
    assert warp_roi(picture(60, 60), roi, (16, 16), replicate=True).shape == (16, 16, 3)


@pytest.mark.parametrize("replicate", [True, False])
@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        pytest.param(640, 480, (192, 192), id="640x480 to 192"),
        pytest.param(271, 480, (224, 224), id="tall, odd, to 224"),
        pytest.param(50, 40, (128, 96), id="enlarged"),
    ],
)
def test_a_fixed_warp_reads_the_same_pixels(
    width: int, height: int, size: tuple[int, int], replicate: bool
) -> None:
    pixels = picture(width, height)
    roi, _ = pad_roi(roi_of(width, height), *size)
    expected = warp_roi(pixels, roi, size, replicate=replicate)
    np.testing.assert_array_equal(FixedWarp(roi, size, replicate=replicate)(pixels), expected)


@pytest.mark.parametrize(
    ("channels", "planes"),
    [pytest.param(1, 1, id="grey"), pytest.param(3, 3, id="rgb"), pytest.param(4, 3, id="rgba")],
)
def test_planes(channels: int, planes: int) -> None:
    pixels = picture(5, 4, channels)
    found = to_planes(pixels, 2 / 255, -1.0)
    assert found.shape == (1, planes, 4, 5)
    assert found.flags.c_contiguous
    expected = pixels[:, :, :planes].transpose(2, 0, 1) * (2 / 255) - 1
    np.testing.assert_allclose(found[0], expected, atol=2e-7)


@pytest.mark.parametrize("high", [1.0, 2.0, 255.0, 0.3])
def test_planes_of_all_levels_are_those_of_the_table(high: float) -> None:
    scale = f32(high / 255)
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    expected = np.broadcast_to(levels(scale, 0.0).reshape(16, 16), (1, 3, 16, 16))
    np.testing.assert_array_equal(to_planes(np.stack([pixels] * 3, axis=2), scale, 0.0), expected)


def test_grey_without_a_channel_axis() -> None:
    assert to_planes(np.zeros((4, 5), np.uint8), 1.0, 0.0).shape == (1, 1, 4, 5)


@pytest.mark.parametrize(
    ("dtype", "low", "high", "expected"),
    [
        pytest.param(np.uint8, 0, 255, [0, 100, 255], id="uint8 as it is"),
        pytest.param(np.int8, -128, 127, [-128, -28, 127], id="int8 shifted"),
        pytest.param(np.uint8, 0, 100, [0, 39, 100], id="rounded"),
    ],
)
def test_bytes(dtype: Any, low: int, high: int, expected: list[int]) -> None:
    pixels = np.array([[0, 100, 255]], np.uint8)[:, :, None]
    found = to_bytes(pixels, (high - low) / 255, low, dtype)
    assert found.dtype == dtype
    assert found.shape == (1, 1, 3, 1)
    assert found.ravel().tolist() == expected
