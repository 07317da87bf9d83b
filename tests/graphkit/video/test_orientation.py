"""Clips and photos that are to be turned or mirrored."""

from __future__ import annotations

import gc
import math
import struct
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
import pytest

from graphkit.video import LiveSource, LiveVideo, VideoReader
from graphkit.video._orientation import UPRIGHT, Orientation, nearest_orientation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Picture = np.ndarray[Any, np.dtype[np.uint8]]

# What a matrix (a b / c d of ISO 14496-12) does to a picture, written with numpy.
MATRICES = [
    pytest.param((1, 0, 0, 1), lambda p: p, (0, False), id="upright"),
    pytest.param((0, 1, -1, 0), lambda p: np.rot90(p, -1), (270, False), id="clockwise"),
    pytest.param((-1, 0, 0, -1), lambda p: p[::-1, ::-1], (180, False), id="upside-down"),
    pytest.param((0, -1, 1, 0), np.rot90, (90, False), id="counter-clockwise"),
    pytest.param((-1, 0, 0, 1), lambda p: p[:, ::-1], (0, True), id="left-right"),
    pytest.param((1, 0, 0, -1), lambda p: p[::-1], (180, True), id="top-bottom"),
    pytest.param((0, 1, 1, 0), lambda p: p.transpose(1, 0, 2), (270, True), id="transposed"),
    pytest.param((0, -1, -1, 0), lambda p: p[::-1, ::-1].transpose(1, 0, 2), (90, True), id="other-diagonal"),
]


@pytest.mark.parametrize(("matrix", "shown", "facts"), MATRICES)
def test_a_clip_is_shown_as_its_matrix_says(
    make_clip: Callable[..., Path],
    quarters: Callable[..., Picture],
    set_matrix: Callable[..., None],
    matrix: tuple[int, int, int, int],
    shown: Callable[[Picture], Picture],
    facts: tuple[int, bool],
) -> None:
    path = make_clip(pictures=[quarters(64, 48)] * 2)
    with VideoReader(path) as reader:
        stored = next(reader).data
    set_matrix(path, *matrix)
    with VideoReader(path) as reader:
        picture, info = next(reader).data, reader.info
    np.testing.assert_array_equal(picture, shown(stored))
    assert picture.flags.c_contiguous
    assert (info.height, info.width) == picture.shape[:2]
    assert (info.rotation, info.mirrored) == facts


def test_live_pictures_are_mirrored_too(
    make_clip: Callable[..., Path], quarters: Callable[..., Picture], set_matrix: Callable[..., None]
) -> None:
    path = make_clip(pictures=[quarters(64, 48)] * 2)
    set_matrix(path, -1, 0, 0, 1)
    container = av.open(str(path))
    with LiveVideo(LiveSource("clip", container, container.streams.video[0])) as live:
        picture = next(live).data
    assert picture[10, 50].argmax() == 0  # the red quarter is on the right
    assert picture[10, 10].argmax() == 1


@pytest.mark.parametrize(
    ("degrees", "rotation"),
    [(3, 0), (-3, 0), (44, 0), (46, 270), (89, 270), (91, 270), (179, 180), (-179, 180), (-88, 90)],
)
def test_small_angles_become_the_nearest_quarter_turn(degrees: float, rotation: int) -> None:
    """Degrees clockwise, as the matrix turns; what was applied counts counter-clockwise."""
    angle = math.radians(degrees)
    found = nearest_orientation(math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle))
    assert found == Orientation(rotation)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        pytest.param((0, 0, 0, 0), UPRIGHT, id="nothing"),
        pytest.param((2, 0, 0, 0.5), UPRIGHT, id="stretched"),
        pytest.param((-0.02, 3, 3, 0.02), Orientation(270, mirrored=True), id="stretched-transposed"),
    ],
)
def test_odd_matrices(matrix: tuple[float, float, float, float], expected: Orientation) -> None:
    assert nearest_orientation(*matrix) == expected


def with_exif(jpeg: bytes, orientation: int) -> bytes:
    tiff = b"MM\0*\0\0\0\x08" + b"\0\x01" + struct.pack(">HHIHH", 0x112, 3, 1, orientation, 0) + bytes(4)
    body = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


# How an upright photo lies in a file with this EXIF orientation.
LAID = {
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2),
    6: np.rot90,
    7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
    8: lambda p: np.rot90(p, -1),
}


@pytest.mark.parametrize("orientation", LAID)
def test_a_photo_is_shown_as_exif_says(tmp_path: Path, quarters: Callable[..., Picture], orientation: int) -> None:
    upright = quarters(64, 48)
    laid = np.ascontiguousarray(LAID[orientation](upright)[:, :, ::-1])
    _, jpeg = cv2.imencode(".jpg", laid, [cv2.IMWRITE_JPEG_QUALITY, 100])
    path = tmp_path / "photo.jpg"
    path.write_bytes(with_exif(jpeg.tobytes(), orientation))
    with VideoReader(path) as reader:
        picture = next(reader).data
    assert picture.shape == upright.shape
    assert np.abs(picture.astype(int) - upright).mean() < 12  # the colours of the borders blur


COLLECTED = """
import gc, sys
from graphkit.video import VideoReader
gc.disable()
def read():
    with VideoReader(sys.argv[1]) as reader:
        return [frame.data.shape for frame in reader]
print(read())
gc.collect()
"""


@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(np.full((20, 30, 3), 99, np.uint8), id="colours"),
        pytest.param(np.full((20, 30, 4), 99, np.uint8), id="transparent"),
        pytest.param(np.full((20, 30), 99, np.uint8), id="grey"),
        pytest.param(np.full((20, 30), 9999, np.uint16), id="16 bits"),
    ],
)
def test_a_colour_profile_outlives_its_picture(tmp_path: Path, pixels: Picture) -> None:
    path = tmp_path / "profile.png"
    path.write_bytes(with_profile(cv2.imencode(".png", pixels)[1].tobytes()))
    done = subprocess.run(
        [sys.executable, "-c", COLLECTED, path], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[(20, 30, 3)]\n", "")


def with_profile(png: bytes) -> bytes:
    """Return a PNG with a colour profile, which has a name."""
    profile = b"iCCPname\0\0" + zlib.compress(bytes(128))
    chunk = struct.pack(">I", len(profile) - 4) + profile + struct.pack(">I", zlib.crc32(profile))
    return png[:33] + chunk + png[33:]


def test_key_pictures_do_not_wait_for_the_collector(make_clip: Callable[..., Path]) -> None:
    """Their orientation was read; a reference to themselves would keep all of their memory."""

    def decoded() -> int:
        return sum(isinstance(thing, av.VideoFrame) for thing in gc.get_objects())

    path = make_clip("every_picture_is_key.avi", count=20, codec="mjpeg", pixel_format="yuvj420p")
    gc.collect()
    gc.disable()
    try:
        before = decoded()
        with VideoReader(path) as reader:
            assert len(list(reader)) == 20
        assert decoded() == before
    finally:
        gc.enable()
