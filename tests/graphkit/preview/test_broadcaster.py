"""The newest picture and the numbers of a run."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest

from graphkit.formats import Image, ImageFormat, ImageFrame
from graphkit.preview import FrameBroadcaster, Picture


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def frame(level: int = 0) -> ImageFrame:
    return ImageFrame(np.full((48, 64, 3), level, np.uint8))


def decoded(picture: Picture) -> np.ndarray:
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(picture.jpeg(), np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def test_numbers_of_a_run() -> None:
    clock = Clock()
    broadcaster = FrameBroadcaster(clock)
    assert (broadcaster.statistics().state, broadcaster.statistics().fps) == ("waiting", 0.0)
    for _ in range(40):
        broadcaster.take(frame())
        clock.now += 0.1
    broadcaster.dropped(7)
    numbers = broadcaster.statistics()
    assert (numbers.state, numbers.frames, numbers.dropped, numbers.over) == ("running", 40, 7, False)
    assert numbers.fps == pytest.approx(10)
    assert numbers.seconds == pytest.approx(4)


def test_the_rate_is_that_of_the_last_two_seconds() -> None:
    clock = Clock()
    broadcaster = FrameBroadcaster(clock)
    for step in [0.01] * 100 + [0.25] * 20:
        broadcaster.take(frame())
        clock.now += step
    assert broadcaster.statistics().fps == pytest.approx(4)
    clock.now += 10
    assert broadcaster.statistics().fps == 0


def test_the_end_is_told_once() -> None:
    clock = Clock()
    broadcaster = FrameBroadcaster(clock)
    for _ in range(11):
        broadcaster.take(frame())
        clock.now += 0.5
    broadcaster.end("failed", "the camera is gone")
    broadcaster.end("finished")
    clock.now += 100
    numbers = broadcaster.statistics()
    assert (numbers.state, numbers.message, numbers.over) == ("failed", "the camera is gone", True)
    assert numbers.seconds == pytest.approx(5)
    assert numbers.fps == pytest.approx(2)
    assert numbers.as_dict() == {
        "state": "failed", "frames": 11, "fps": 2.0, "dropped": 0, "seconds": 5.0, "message": "the camera is gone",
        "over": True,
    }  # fmt: skip


def test_nothing_is_converted_while_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(image: object) -> None:
        raise AssertionError("converted for nobody")

    monkeypatch.setattr("graphkit.preview._broadcaster.to_rgb", refuse)
    broadcaster = FrameBroadcaster()
    broadcaster.take(frame())
    broadcaster.end("finished")
    assert broadcaster.statistics().frames == 1
    assert broadcaster.next_picture(0) is None


def test_watchers_get_the_newest_picture_and_the_last_one() -> None:
    broadcaster = FrameBroadcaster()
    with broadcaster.watching():
        for level in (10, 20, 30):
            broadcaster.take(frame(level))
        picture = broadcaster.next_picture(0)
        assert picture is not None
        assert picture.number == 3
        assert abs(float(decoded(picture).mean()) - 30) < 2
        broadcaster.take(Image(frame(40)))
        broadcaster.end("finished")
        last = broadcaster.next_picture(3)
        assert last is not None
        assert last.number == 4
        assert broadcaster.next_picture(4) is None


def test_colours_survive() -> None:
    picture = Picture(1, np.full((48, 64, 3), (250, 120, 10), np.uint8))
    assert np.abs(decoded(picture).mean((0, 1)) - (250, 120, 10)).max() < 4


def test_a_picture_is_compressed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    real = cv2.imencode
    monkeypatch.setattr(cv2, "imencode", lambda *args: calls.append(1) or real(*args))
    picture = Picture(1, np.zeros((48, 64, 3), np.uint8))
    assert calls == []
    assert picture.jpeg() is picture.jpeg()
    assert len(calls) == 1


def test_what_cannot_be_shown_is_told_and_harms_nothing() -> None:
    broadcaster = FrameBroadcaster()
    with broadcaster.watching():
        broadcaster.take("no image")
        broadcaster.take(ImageFrame(np.zeros((4, 4, 2), np.float32), ImageFormat.VEC32F2))
    numbers = broadcaster.statistics()
    assert (numbers.state, numbers.frames) == ("running", 2)
    assert "cannot be shown as a video" in numbers.message
    broadcaster.end("finished")
    assert "cannot be shown as a video" in broadcaster.statistics().message


def test_a_pause_ends_with_the_run() -> None:
    broadcaster = FrameBroadcaster()
    paused = threading.Thread(target=broadcaster.pause, args=(60,))
    paused.start()
    broadcaster.end("finished")
    paused.join(60)
    assert not paused.is_alive()
