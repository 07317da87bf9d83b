"""PyAV and its codecs."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import av
import pytest

from graphkit import video as graphkit_video
from graphkit.app.doctor import Status, video
from graphkit.errors import VideoWriteError


def test_here() -> None:
    facts = {fact.label: fact for fact in video.check()}
    assert {fact.status for fact in facts.values()} == {Status.OK}
    assert facts["decoders"].found == "h264, hevc, vp9, av1, mpeg4, aac"
    assert facts["encoders"].found == "libx264, mpeg4"
    assert facts["a clip"].found == "H.264 written and read back, 3 frames"
    assert "libavcodec" in facts["FFmpeg"].found


def test_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    (fact,) = video.check()
    assert (fact.label, fact.found, fact.status) == ("PyAV", "not installed (no module av)", Status.BROKEN)
    assert fact.fix.startswith("pip install 'av>=")


def library(*codecs: str, formats: tuple[str, ...] = ()) -> SimpleNamespace:
    """A PyAV with these codecs and formats alone."""

    def codec(name: str, mode: str) -> None:
        if name not in codecs:
            raise av.codec.codec.UnknownCodecError(name)

    return SimpleNamespace(Codec=codec, formats_available=set(formats))


@pytest.mark.parametrize(
    ("codecs", "kind", "status", "found"),
    [
        pytest.param(
            ("h264", "vp9", "mpeg4", "aac"), "decoders", Status.WARNING,
            "h264, vp9, mpeg4, aac; missing: hevc, av1", id="some decoders",
        ),
        pytest.param(
            ("hevc",), "decoders", Status.BROKEN, "hevc; missing: h264, vp9, av1, mpeg4, aac", id="no h264"
        ),
        pytest.param(("mpeg4",), "encoders", Status.BROKEN, "mpeg4; missing: libx264", id="no x264"),
        pytest.param((), "encoders", Status.BROKEN, "none; missing: libx264, mpeg4", id="none"),
    ],
)  # fmt: skip
def test_codecs_that_are_missing(codecs: tuple[str, ...], kind: str, status: Status, found: str) -> None:
    fact = video.codecs_fact(library(*codecs), kind)
    assert (fact.status, fact.found) == (status, found)
    assert "this PyAV uses another FFmpeg than its wheels; pip install --force-reinstall 'av>=" in fact.fix


@pytest.mark.parametrize(
    ("formats", "status"),
    [(("video4linux2,v4l2",), Status.OK), (("mov,mp4",), Status.ABSENT)],
    ids=["with", "without"],
)
def test_cameras_through_ffmpeg(formats: tuple[str, ...], status: Status) -> None:
    assert video._live_input(library(formats=formats)).status is status


def test_an_encoder_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    class Writer:
        def __init__(self, *arguments: object, **settings: object) -> None:
            raise VideoWriteError("x264 does not start")

    monkeypatch.setattr(graphkit_video, "VideoWriter", Writer)
    fact = next(fact for fact in video.check() if fact.label == "a clip")
    assert (fact.found, fact.status) == ("VideoWriteError: x264 does not start", Status.BROKEN)


def test_frames_that_do_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    class Reader(graphkit_video.VideoReader):
        def __iter__(self):
            frames = super().__iter__()
            next(frames)
            return frames

    monkeypatch.setattr(graphkit_video, "VideoReader", Reader)
    fact = next(fact for fact in video.check() if fact.label == "a clip")
    assert (fact.found, fact.status) == ("2 of 3 frames came back", Status.BROKEN)
