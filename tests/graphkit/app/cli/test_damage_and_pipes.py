"""Damaged input and --strict; pipes in the place of files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from graphkit.video import VideoReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

SAMPLES = Path(__file__).parents[2] / "jobs" / "sample_calculators.py"
OWN_DECODER = """
input_side_packet: "input_video_path"
output_stream: "video"
node {
  calculator: "OpenCvVideoDecoderCalculator"
  input_side_packet: "INPUT_FILE_PATH:input_video_path"
  output_stream: "VIDEO:video"
}
"""

TELLS_THAT_IT_WAITS = """
from pathlib import Path
from graphkit.video import _outlets

opened_pipe = _outlets.opened_pipe

def told(path):
    descriptor = opened_pipe(path)
    if descriptor is None:
        Path("waits").touch()
    return descriptor

_outlets.opened_pipe = told
"""


@pytest.mark.parametrize(
    ("flags", "broken", "status"),
    [
        pytest.param([], True, 0, id="damaged"),
        pytest.param(["--strict"], True, 1, id="damaged-strict"),
        pytest.param(["--strict"], False, 0, id="sound-strict"),
    ],
)
@pytest.mark.parametrize("door", ["--input_video_path", "--input"])
def test_strict_makes_damage_a_failure(
    graphkit: Callable[..., Result],
    work: Path,
    clip: Path,
    damaged: Path,
    flags: list[str],
    broken: bool,
    status: int,
    door: str,
) -> None:
    place = damaged if broken else clip
    given = f"input_video={place}" if door == "--input" else place
    result = graphkit("run", "hands.pbtxt", door, given, "--dump", "landmarks=out.jsonl", *flags)
    assert result.exit_code == status
    assert ("The input is damaged: packets that could not be decoded:" in result.output) == broken
    assert (work / "out.jsonl").exists()


@pytest.mark.parametrize(("flags", "status"), [([], 0), (["--strict"], 1)])
def test_a_graph_that_reads_by_itself_is_strict_too(
    graphkit: Callable[..., Result], work: Path, damaged: Path, flags: list[str], status: int
) -> None:
    (work / "own.pbtxt").write_text(OWN_DECODER)
    result = graphkit(
        "run", "own.pbtxt", "--input_side_packets", f"input_video_path={damaged}", "--dump", "video=out/", *flags
    )
    assert result.exit_code == status, result.output


def start(work: Path, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "graphkit", "run", "hands.pbtxt", "--import", str(SAMPLES), "--quiet"]
    return subprocess.Popen(
        [*command, *map(str, arguments)], cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_a_pipe_that_nobody_reads_does_not_outlast_sigterm(work: Path, clip: Path) -> None:
    os.mkfifo(work / "out.mkv")
    (work / "tells.py").write_text(TELLS_THAT_IT_WAITS)
    flags = ("--import", "tells.py", "--input_video_path", clip, "--output_video_path", "out.mkv")
    process = start(work, *flags)
    try:
        while not (work / "waits").exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode != 0
    assert "nobody opened the pipe for reading" in output


def test_from_pipe_to_pipe(work: Path, clip: Path) -> None:
    for name in ("in.mkv", "out.mkv"):
        os.mkfifo(work / name)
    process = start(work, "--input_video_path", "in.mkv", "--output_video_path", "out.mkv")
    whole: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: (work / "in.mkv").write_bytes(clip.read_bytes())),
        threading.Thread(target=lambda: whole.append((work / "out.mkv").read_bytes())),
    ]
    for thread in threads:
        thread.start()
    try:
        output, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    for thread in threads:
        thread.join(60)
    assert process.returncode == 0, output
    (work / "copy.mkv").write_bytes(whole[0])
    with VideoReader(work / "copy.mkv") as reader:
        assert len(list(reader)) == 12
