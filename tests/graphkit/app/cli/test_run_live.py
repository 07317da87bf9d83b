"""``graphkit run`` on cameras and streams, and its preview."""

from __future__ import annotations

import errno
import json
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from graphkit.app.cli.run import RunFlags, run_command
from graphkit.video import VideoReader

SAMPLES = str(Path(__file__).parents[2] / "jobs" / "sample_calculators.py")


def frames_of(path: Path) -> int:
    with VideoReader(path) as reader:
        return sum(1 for _ in reader)


def test_without_an_input_the_camera_is_opened(graphkit, work: Path, camera) -> None:
    camera.allow(1)
    camera.ends()
    result = graphkit(
        "run", "hands.pbtxt", "--output_video_path", "out.mp4", "--max-frames", 1, "--camera-size", "1280x720",
        "--camera-rate", "15",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert camera.opened == [
        ("/dev/video0", "v4l2", {"input_format": "mjpeg", "video_size": "1280x720", "framerate": "15"})
    ]
    assert "0 dropped while the graph was busy" in result.stdout
    assert frames_of(work / "out.mp4") == 1


def test_a_camera_that_a_stream_names_gets_its_size(graphkit, work: Path, camera) -> None:
    camera.allow(1)
    camera.ends()
    result = graphkit(
        "run", "hands.pbtxt", "--input", "input_video=/dev/video0", "--max-frames", 1, "--camera-size", "640x480",
        "--dump", "landmarks=h.jsonl",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert camera.opened == [("/dev/video0", "v4l2", {"input_format": "mjpeg", "video_size": "640x480"})]


def test_a_camera_that_is_gone(graphkit, work: Path, camera) -> None:
    camera.allow(3)
    camera.breaks(errno.ENODEV)
    result = graphkit(
        "run", "hands.pbtxt", "--input_video_path", "/dev/video0", "--output_video_path", "out.mp4", "--dump",
        "landmarks=h.jsonl",
    )  # fmt: skip
    assert result.exit_code == 1
    assert "error: /dev/video0: lost after 3 pictures: No such device. Was it unplugged?" in result.stderr
    written = frames_of(work / "out.mp4")
    assert 1 <= written <= 3
    assert result.stdout.startswith(f"{written} frame")
    assert len((work / "h.jsonl").read_text().splitlines()) == written


@pytest.mark.parametrize(
    ("flags", "status", "message"),
    [
        pytest.param([], 1, "no camera: there is no /dev/video", id="no camera"),
        pytest.param(["--input_video_path=/dev/null"], 1, "/dev/null: cannot be opened as a camera", id="null"),
        pytest.param(["--input_video_path=http://127.0.0.1:1/x"], 1, "Connection refused", id="nobody there"),
        pytest.param(["--camera-size=big"], 2, '--camera-size: "big" is no size; expected width x', id="size"),
        pytest.param(["--camera-size=0x100"], 2, '"0x100" is no size', id="no size"),
        pytest.param(["--camera-size=8x8", "--input_video_path=x.mp4"], 2, "are for cameras", id="size of a clip"),
        pytest.param(["--camera-rate=9", "--input=input_video=x.npy"], 2, "are for cameras", id="rate of a file"),
        pytest.param(["--camera-rate=0"], 2, '--camera-rate: "0" is no frame rate', id="rate"),
        pytest.param(["--preview=up"], 2, '--preview: "up" is neither PORT nor HOST:PORT', id="no address"),
        pytest.param(["--preview=192.0.2.1:0"], 1, 'cannot listen on "192.0.2.1"', id="not our address"),
    ],
)
def test_errors(graphkit, work, monkeypatch, flags: list[str], status: int, message: str) -> None:
    monkeypatch.setattr("graphkit.video._cameras.find_devices", lambda folder: [])
    result = graphkit("run", "hands.pbtxt", *flags)
    assert result.exit_code == status, result.output
    assert message in result.stderr


def test_a_taken_port(graphkit, work: Path, clip: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = graphkit("run", "hands.pbtxt", "--input_video_path", clip, "--preview", port)
    assert result.exit_code == 1
    assert f"port {port} of 127.0.0.1 is taken by another program" in result.stderr


@pytest.mark.parametrize(
    ("words", "preview"),
    [
        pytest.param(["g.pbtxt"], None, id="none"),
        pytest.param(["--preview", "g.pbtxt"], "", id="before the graph"),
        pytest.param(["g.pbtxt", "--preview"], "", id="at the end"),
        pytest.param(["g.pbtxt", "--preview", "--quiet"], "", id="before a flag"),
        pytest.param(["--preview", "9000", "g.pbtxt"], "9000", id="port"),
        pytest.param(["--preview=0.0.0.0:9000", "g.pbtxt"], "0.0.0.0:9000", id="host and port"),
    ],
)
def test_preview_takes_an_address_or_none(words: list[str], preview: str | None) -> None:
    context = run_command.make_context("run", list(words))
    flags = RunFlags(**context.params)
    assert (flags.graph, flags.preview) == ("g.pbtxt", preview)


def test_a_preview_of_a_file(graphkit, work: Path, clip: Path) -> None:
    result = graphkit("run", "hands.pbtxt", "--input_video_path", clip, "--preview", "0")
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("preview: http://127.0.0.1:")
    assert result.stdout.startswith("12 frames in ")
    assert "No stream was written" not in result.stdout


def numbers_until(answer: HTTPResponse, wanted: str) -> dict[str, object]:
    """Read the events of a preview until the run is in a state."""
    found: dict[str, object] = {"state": ""}
    while found["state"] != wanted:
        line = answer.readline()
        assert line, f"no state {wanted} before the end, but {found}"
        if line.startswith(b"data: "):
            found = json.loads(line.removeprefix(b"data: "))
    return found


def test_watching_a_stream_until_ctrl_c(work: Path, video_server) -> None:
    command = [
        sys.executable, "-m", "graphkit.app.cli", "run", "hands.pbtxt", "--import", SAMPLES, "--input_video_path",
        f"{video_server.url}/pictures/100000000", "--output_video_path", "out.mp4", "--preview", "0",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        port = int(process.stderr.readline().strip().rstrip("/").rpartition(":")[2])
        pictures, numbers = (HTTPConnection("127.0.0.1", port, timeout=60) for _ in range(2))
        pictures.request("GET", "/pictures")
        numbers.request("GET", "/numbers")
        answer = numbers.getresponse()
        assert numbers_until(answer, "running")["frames"]
        assert b"\xff\xd8" in pictures.getresponse().read(2000)
        process.send_signal(signal.SIGINT)
        assert numbers_until(answer, "stopped")["frames"]
        assert answer.read() == b"\n"
        for connection in (pictures, numbers):
            connection.close()
        summary = process.stdout.read()
        assert process.wait(60) == 130, process.stderr.read()
    assert "dropped while the graph was busy" in summary
    assert "note: Stopped; files are complete up to here." in summary
    assert summary.startswith(f"{frames_of(work / 'out.mp4')} frames in ")
