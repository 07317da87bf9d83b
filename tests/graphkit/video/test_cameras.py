"""Which devices are cameras, and what opening one asks for and says."""

from __future__ import annotations

import errno
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from graphkit._process import system
from graphkit.errors import CameraError
from graphkit.video import CameraSettings, find_devices, is_camera, open_camera
from graphkit.video import _cameras as cameras


def test_devices_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("video10", "video2", "videocodec", "audio1"):
        (tmp_path / name).touch()
    assert find_devices(tmp_path) == [tmp_path / "video2", tmp_path / "video10"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/dev/null", True, id="a device"),
        pytest.param("/dev/video77", True, id="one that is missing"),
        pytest.param("clip.mp4", False, id="a file that is missing"),
        pytest.param(__file__, False, id="a file"),
        pytest.param("/dev", False, id="a folder"),
    ],
)
def test_what_names_a_camera(path: str, expected: bool) -> None:
    assert is_camera(path) is expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param(CameraSettings(), [{}], id="as it is set"),
        pytest.param(
            CameraSettings((1280, 720)),
            [{"input_format": "mjpeg", "video_size": "1280x720"}, {"video_size": "1280x720"}],
            id="size",
        ),
        pytest.param(
            CameraSettings(rate=Fraction(30000, 1001)),
            [{"input_format": "mjpeg", "framerate": "30000/1001"}, {"framerate": "30000/1001"}],
            id="rate",
        ),
    ],
)
def test_what_a_camera_is_asked_for(camera, failure, settings: CameraSettings, expected: list[Any]) -> None:
    camera.refusals = [failure(errno.EINVAL)] * (len(expected) - 1)
    container, stream = open_camera("/dev/video3", settings)
    assert container is camera
    assert (stream.width, stream.height) == (64, 48)
    assert camera.opened == [("/dev/video3", "v4l2", options) for options in expected]


def test_the_first_that_can_be_opened(camera, failure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cameras, "find_devices", lambda folder: [tmp_path / f"video{n}" for n in range(3)])
    camera.refusals = [failure(errno.EBUSY), failure(errno.ENOTTY)]
    open_camera()
    assert camera.name == str(tmp_path / "video2")


def test_no_device_at_all(tmp_path: Path) -> None:
    with pytest.raises(CameraError) as caught:
        open_camera(folder=tmp_path)
    assert caught.value.tried == {}
    assert str(caught.value) == (
        f"no camera: there is no {tmp_path}/video*. A clip or a URL can be given instead (input_video). "
        f"Fix: {caught.value.fix}"
    )
    assert caught.value.fix == "connect a camera; in a container run it with --device /dev/video0."


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        pytest.param(
            errno.EACCES,
            "permission denied; run: sudo usermod -aG video $USER, then log in again",
            id="forbidden",
        ),
        pytest.param(
            errno.EBUSY,
            "in use by another program; close that one (fuser -v /dev/video0 names it)",
            id="busy",
        ),
        pytest.param(
            errno.ENODEV,
            "gives no pictures: another node of a camera, or one that was unplugged",
            id="no node",
        ),
        pytest.param(errno.EPIPE, "Broken pipe", id="anything else"),
    ],
)
def test_why_the_one_asked_for_cannot_be_opened(camera, failure, number: int, expected: str) -> None:
    camera.refusals = [failure(number)]
    with pytest.raises(CameraError) as caught:
        open_camera("/dev/video0")
    assert caught.value.tried == {"/dev/video0": expected}
    assert str(caught.value) == (
        f"/dev/video0: cannot be opened as a camera: {expected}. A clip or a URL can be given instead "
        "(input_video)."
    )


def test_all_that_were_tried_are_named(camera, failure, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Path("/dev/video0"), Path("/dev/video1")]
    monkeypatch.setattr(cameras, "find_devices", lambda folder: found)
    camera.refusals = [failure(errno.EBUSY), failure(errno.ENODEV)]
    with pytest.raises(CameraError, match=r"no camera that can be opened. Tried:\n  /dev/video0: in use by.*\n  "
                                          r"/dev/video1: gives no pictures") as caught:  # fmt: skip
        open_camera()
    assert list(caught.value.tried) == ["/dev/video0", "/dev/video1"]


def test_the_others_are_named_when_one_is_missing(camera, failure) -> None:
    camera.refusals = [failure(errno.ENOENT)]
    with pytest.raises(CameraError, match=r"/dev/video9: .*: no such device. Other devices: /dev/video0\."):
        open_camera("/dev/video9")


@pytest.mark.skipif("video4linux2,v4l2" not in av.formats_available, reason="this FFmpeg opens no cameras")
def test_a_real_device_that_is_no_camera() -> None:
    with pytest.raises(CameraError, match="/dev/null: cannot be opened as a camera: not a capture device"):
        open_camera("/dev/null")


def test_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "LINUX", False)
    monkeypatch.setattr(system, "NAME", "darwin")
    with pytest.raises(CameraError, match="opened on Linux only, not on darwin"):
        open_camera()
