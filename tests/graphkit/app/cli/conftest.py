"""The command line in this process, and a small graph and clip for it."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

from graphkit.app.cli import main
from graphkit.video import EncoderSettings, VideoWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result

SAMPLES = Path(__file__).parents[2] / "jobs" / "sample_calculators.py"
FRAMES = 12

HANDS = """
input_stream: "input_video"
output_stream: "output_video"
output_stream: "landmarks"
node {
  calculator: "SampleHands"
  input_stream: "input_video"
  output_stream: "LANDMARKS:landmarks"
  output_stream: "HANDEDNESS:handedness"
  options { [jobtest.SampleOptions.ext] { every: 4 at: 5 } }
}
"""
SCALE = """
input_stream: "x"
output_stream: "y"
input_side_packet: "FACTOR:factor"
node { calculator: "SampleScale" input_stream: "x" input_side_packet: "FACTOR:factor" output_stream: "y" }
"""


def image_node(name: str, **options: object) -> str:
    """The text of a node that makes output_video of input_video."""
    text = " ".join(f"{key}: {value}" for key, value in options.items())
    return (
        f'node {{ calculator: "{name}" input_stream: "input_video" output_stream: "output_video" '
        f"options {{ [jobtest.SampleOptions.ext] {{ {text} }} }} }}\n"
    )


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A clip with zeros in its middle."""
    path = tmp_path / "damaged.mp4"
    noise = np.random.default_rng(1).integers(0, 255, (40, 48, 64, 3), np.uint8)
    with VideoWriter(path, width=64, height=48, frame_rate=25, encoder=EncoderSettings(crf=10)) as writer:
        for index, picture in enumerate(noise):
            writer.write(picture, index * 40_000)
    data = bytearray(path.read_bytes())
    data[len(data) * 4 // 10 : len(data) * 6 // 10] = bytes(len(data) * 6 // 10 - len(data) * 4 // 10)
    path.write_bytes(data)
    return path


@pytest.fixture(autouse=True)
def _heeded_signals() -> Iterator[None]:
    """Signals at their defaults: under nohup, or in the background of a script, some are ignored."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_DFL) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve frames, 64x48, 25 a second."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with VideoWriter(path, width=64, height=48, frame_rate=25) as writer:
        for index in range(FRAMES):
            writer.write(np.full((48, 64, 3), 20 + 10 * index, np.uint8), index * 40_000)
    return path


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with hands.pbtxt and scale.pbtxt in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hands.pbtxt").write_text(HANDS + image_node("SampleInvert"))
    (tmp_path / "scale.pbtxt").write_text(SCALE)
    return tmp_path


@pytest.fixture
def graphkit() -> Callable[..., Result]:
    """``graphkit("run", ...)``: run a command in this process; the sample calculators are there."""

    def call(*arguments: object) -> Result:
        words = [str(argument) for argument in arguments]
        if words[0] in ("run", "graph", "calculators"):
            words += ["--import", str(SAMPLES)]
        return CliRunner().invoke(main, words, prog_name="graphkit")

    return call
