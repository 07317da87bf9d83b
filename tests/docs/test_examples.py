"""Every example runs as a user would run it, from another folder, and does what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from graphkit.video import VideoReader

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
CLIP = EXAMPLES / "media" / "hand_cup.mp4"


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_example_is_run_here() -> None:
    found = {path.name for path in EXAMPLES.iterdir() if path.is_file()}
    assert found == {"gpu_filter.py", "library_hand_landmarks.py", "own_calculator.py", "own_graph.pbtxt"}


@pytest.mark.slow
def test_library_prints_one_fingertip_for_each_frame(tmp_path: Path) -> None:
    lines = _run(
        [sys.executable, "-W", "error", str(EXAMPLES / "library_hand_landmarks.py")], tmp_path
    ).splitlines()
    assert len(lines) == 90
    assert all("hand(s), index finger tip at (0." in line for line in lines)


def test_gpu_filter_writes_a_clip_and_a_picture(egl: None, tmp_path: Path) -> None:
    out = _run([sys.executable, "-W", "error", str(EXAMPLES / "gpu_filter.py")], tmp_path)
    assert out == "30 frames: comic.mp4, comic.png\n"
    comic, (_, clip) = cv2.imread(str(tmp_path / "comic.png")), cv2.VideoCapture(str(CLIP)).read()
    assert comic.shape == clip.shape
    tones = [(pixels % 51 == 0).mean() for pixels in (comic, clip)]
    assert tones[0] > 0.8  # few tones: fifths of 255
    assert tones[1] < 0.2
    bright = clip.min(axis=2) > 150
    assert comic[bright].mean() > 150 > comic[~bright].mean()  # and the right way up
    with VideoReader(tmp_path / "comic.mp4") as reader:
        assert sum(1 for _ in reader) == 30


def test_own_calculator_measures_the_distance(tmp_path: Path) -> None:
    out = _run([sys.executable, "-W", "error", str(EXAMPLES / "own_calculator.py")], tmp_path)
    assert out == "at 0 us the tips are 30 mm apart\n"


def test_own_graph_writes_a_distance_for_each_frame(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "graphkit"), "run", str(EXAMPLES / "own_graph.pbtxt")]
    command += ["--import", str(EXAMPLES / "own_calculator.py"), "--input_video_path", str(CLIP)]
    command += ["--output_video_path", "out.mp4", "--dump", "pinch=pinch.jsonl", "--max-frames", "6"]
    _run(command, tmp_path)
    packets = [json.loads(line) for line in (tmp_path / "pinch.jsonl").read_text().splitlines()]
    assert [packet["stream"] for packet in packets] == ["pinch"] * 6
    assert all(0 < packet["packet"] < 0.1 for packet in packets)  # metres; the hand holds a cup
    assert (tmp_path / "out.mp4").stat().st_size > 0
