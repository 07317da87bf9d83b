"""The newest picture of a camera, and what is told when it is gone."""

from __future__ import annotations

import errno
import re
import threading
from queue import SimpleQueue
from typing import Any

import av
import numpy as np
import pytest

from graphkit.errors import LiveInputLostError, VideoOpenError
from graphkit.video import LiveSource, LiveVideo
from graphkit.video._latest_value import LatestValueSlot


def live(camera, *, is_camera: bool = True, timeout_seconds: float = 10.0) -> LiveVideo:
    return LiveVideo(
        LiveSource("/dev/video0", camera, camera.streams.video[0], is_camera=is_camera),
        timeout_seconds=timeout_seconds,
    )


def test_newest_pictures_with_times_that_increase(camera) -> None:
    camera.allow(1)
    with live(camera) as video:
        times = [next(video).timestamp_us]
        for _ in range(3):
            camera.send(2)
            frame = next(video)
            times.append(frame.timestamp_us)
        camera.ends()
    assert times[0] == 0
    assert times == sorted(set(times))
    assert frame.data.shape == (48, 64, 3)
    assert frame.data.dtype == np.uint8
    assert (video.dropped, video.stats.frames) == (3, 4)


def test_facts(camera) -> None:
    camera.allow(1)
    with live(camera) as video:
        camera.ends()
        info = video.info
    assert (info.path, info.width, info.height, info.frame_rate) == ("/dev/video0", 64, 48, 25)
    assert (info.frame_count, info.duration_us, info.has_audio) == (0, 0, False)


def test_a_source_that_is_over_before_its_facts_are_asked_for(camera, monkeypatch: pytest.MonkeyPatch) -> None:
    class AskedLate(SimpleQueue):  # type: ignore[type-arg]
        def get(self, *args: Any, **more: Any) -> Any:
            captured = super().get(*args, **more)
            for thread in threading.enumerate():
                if thread.name == "graphkit-capture":
                    thread.join(60)
            return captured

    monkeypatch.setattr("graphkit.video._live.SimpleQueue", AskedLate)
    camera.allow(1)
    camera.ends()
    with live(camera, is_camera=False) as video:
        assert (video.info.width, len(list(video))) == (64, 1)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        pytest.param(errno.ENODEV, r"after 3 pictures: No such device. Was it unplugged\?", id="unplugged"),
        pytest.param(None, r"after 3 pictures: it gives nothing any more. Was it unplugged\?", id="ended"),
    ],
)
def test_a_camera_that_is_gone(camera, number: int | None, expected: str) -> None:
    camera.allow(1)
    with live(camera) as video:
        next(video)
        camera.send(2)
        camera.breaks(number) if number else camera.ends()
        next(video)
        with pytest.raises(LiveInputLostError, match=expected) as caught:
            next(video)
    assert (caught.value.source, caught.value.pictures) == ("/dev/video0", 3)
    assert str(caught.value).endswith("What came before is complete.")


def test_a_stream_may_end(camera) -> None:
    camera.allow(1)
    with live(camera, is_camera=False) as video:
        camera.ends()
        assert len(list(video)) == 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(av.error.OSError(errno.EIO, "Input/output error"), "the connection broke off.", id="hung up"),
        pytest.param(av.error.ExitError(0, "Immediate exit requested"), "nothing came for 10 s.", id="silent"),
        pytest.param(av.error.OSError(errno.ECONNRESET, "Reset by peer"), "Reset by peer.", id="anything else"),
    ],
)
def test_a_stream_that_breaks_off(camera, error: Exception, expected: str) -> None:
    camera.allow(1)
    with live(camera, is_camera=False) as video:
        next(video)
        camera.breaks(error)
        with pytest.raises(LiveInputLostError, match=f"lost after 1 picture: {re.escape(expected)} What came"):
            next(video)


def test_a_camera_that_goes_silent(camera, monkeypatch: pytest.MonkeyPatch) -> None:
    camera.allow(1)
    video = live(camera)
    next(video)
    waited: list[float | None] = []

    def take(self: LatestValueSlot[Any], timeout: float | None = None) -> None:
        waited.append(timeout)
        raise TimeoutError

    monkeypatch.setattr(LatestValueSlot, "take", take)
    with pytest.raises(LiveInputLostError, match="after 1 picture: no picture for 10 s"):
        next(video)
    assert waited == [10]
    camera.ends()
    video.close()


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        pytest.param("silent", "/dev/video0: gave no picture within 0 s", id="silent"),
        pytest.param("ends", "/dev/video0: ended before its first picture", id="ended"),
        pytest.param(
            "breaks", r"/dev/video0: ended before its first picture\. Input/output error\. Was it", id="broken"
        ),
    ],
)
def test_no_picture_at_all(camera, monkeypatch: pytest.MonkeyPatch, order: str, expected: str) -> None:
    monkeypatch.setattr("graphkit.video._live._CLOSE_SECONDS", 0.05)
    if order == "ends":
        camera.ends()
    elif order == "breaks":
        camera.breaks(errno.EIO)
    with pytest.raises(VideoOpenError, match=expected):
        live(camera, timeout_seconds=0.05 if order == "silent" else 10)
    camera.ends()


def test_stopping_wakes_who_waits(camera) -> None:
    camera.allow(1)
    with live(camera) as video:
        seen: list[int] = []
        waiting = threading.Thread(target=lambda: seen.extend(frame.timestamp_us for frame in video))
        waiting.start()
        video.stop()
        waiting.join(60)
        assert not waiting.is_alive()
        camera.ends()


def test_a_driver_that_hangs_is_left_behind(camera, caplog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphkit.video._live._CLOSE_SECONDS", 0.05)
    camera.allow(1)
    video = live(camera)
    camera.send(0)
    video.close()
    assert [record.getMessage() for record in caplog.records] == [
        "/dev/video0: does not answer; it is left as it is."
    ]
    camera.ends()


def test_closing_leaves_no_thread(camera) -> None:
    camera.allow(1)
    before = set(threading.enumerate())
    video = live(camera)
    (capturing,) = set(threading.enumerate()) - before
    camera.ends()
    video.close()
    video.close()
    assert not capturing.is_alive()
