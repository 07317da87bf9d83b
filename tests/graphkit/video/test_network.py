"""URLs: what answers, what is live, what is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from graphkit.errors import VideoOpenError
from graphkit.video import VideoReader, VideoWriter
from graphkit.video import _network as network
from graphkit.video._network import is_endless, open_url, without_password
from graphkit.video._source import is_url, open_source

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("rtsp://camera/stream", True, id="rtsp"),
        pytest.param("HTTP://host/clip.mp4", True, id="upper case"),
        pytest.param("clip:1.mp4", False, id="a file with a colon"),
        pytest.param("folder//clip.mp4", False, id="a doubled slash"),
    ],
)
def test_what_is_a_url(text: str, expected: bool) -> None:
    assert is_url(text) is expected


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    with VideoWriter(path, width=64, height=48, frame_rate=25) as writer:
        for index in range(5):
            writer.write(np.full((48, 64, 3), 40 * index, np.uint8), index * 40_000)
    return path


def test_a_clip_behind_http_is_read_like_a_file(video_server, clip: Path) -> None:
    video_server.clip = clip.read_bytes()
    url = f"{video_server.url}/clip.mp4"
    container, stream = open_source(url)
    assert not is_endless(url, container, stream)
    with VideoReader(url, opened=(container, stream)) as remote, VideoReader(clip) as local:
        assert [frame.timestamp_us for frame in remote] == [frame.timestamp_us for frame in local]
        assert remote.info.path == url
        assert remote.info.frame_count == local.info.frame_count


def test_an_index_at_the_end_behind_a_server_without_ranges(
    video_server: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, noise = tmp_path / "noise.mp4", np.random.default_rng(1)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mjpeg", rate=25, width=640, height=480, pix_fmt="yuvj420p")
        for _ in range(4):
            picture = noise.integers(0, 255, (480, 640, 3), np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
    video_server.clip = path.read_bytes()
    assert video_server.clip.rfind(b"moov") > len(video_server.clip) - 2000
    with VideoReader(path) as local:
        assert len(list(local)) == 4
    with pytest.raises(
        VideoOpenError, match=r"me:\*\*\*@.*clip\.mp4: none .* parts of files \(HTTP ranges\).* download it"
    ):
        VideoReader(f"{video_server.url.replace('://', '://me:secret@')}/clip.mp4")
    assert not caplog.records


def test_a_webcam_behind_http_is_live(video_server) -> None:
    url = f"{video_server.url}/pictures/100"
    container, stream = open_source(url)
    assert is_endless(url, container, stream)
    container.close()


def test_what_is_pushed_is_live_whatever_its_length(clip) -> None:
    with av.open(str(clip)) as container:
        assert is_endless("rtsp://camera/recording", container, container.streams.video[0])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("{server}/nothing", "404 Not Found", id="not there"),
        pytest.param("{server}/text", "is no video", id="text"),
        pytest.param("http://127.0.0.1:1/x", "Connection refused. Check the address", id="nobody there"),
        pytest.param("spam://x/y", 'does not speak the protocol "spam"', id="protocol"),
    ],
)
def test_urls_that_cannot_be_opened(video_server, url: str, expected: str) -> None:
    with pytest.raises(VideoOpenError, match=expected):
        open_source(url.format(server=video_server.url))


def test_a_server_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(network, "OPEN_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(VideoOpenError, match=r"no video within 0 s\. Is the sender running"):
            open_url(url)


def test_passwords_are_not_told() -> None:
    assert without_password("rtsp://admin:secret@10.0.0.7/1") == "rtsp://admin:***@10.0.0.7/1"
    assert without_password("http://host:80/a@b") == "http://host:80/a@b"
    with pytest.raises(VideoOpenError) as caught:
        open_url("http://me:secret@127.0.0.1:1/")
    assert "secret" not in str(caught.value)
