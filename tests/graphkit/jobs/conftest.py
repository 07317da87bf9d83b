"""Clips and graphs for the tests of jobs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from graphkit import CalculatorGraph
from graphkit.framework._importing import import_calculators
from graphkit.video import VideoReader, VideoWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SAMPLES = Path(__file__).with_name("sample_calculators.py")
FRAMES = 12


@pytest.fixture(scope="session")
def write_clip() -> Callable[[Path, int], None]:
    """``write_clip(path, frames)``: 64x48, 25 frames a second, each brighter than the one before."""

    def write(path: Path, frames: int) -> None:
        with VideoWriter(path, width=64, height=48, frame_rate=25) as writer:
            for index in range(frames):
                writer.write(np.full((48, 64, 3), (20 + 10 * index) % 256, np.uint8), index * 40_000)

    return write


@pytest.fixture(scope="session")
def clip(write_clip: Callable[[Path, int], None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve such frames."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_clip(path, FRAMES)
    return path


@pytest.fixture
def make_graph() -> Callable[..., CalculatorGraph]:
    """``make_graph(*nodes, inputs=..., outputs=...)``: a graph of sample calculators."""
    import_calculators([str(SAMPLES)])

    def make(
        *nodes: str, inputs: Sequence[str] = ("input_video",), outputs: Sequence[str] = ("output_video",)
    ) -> CalculatorGraph:
        head = [f'input_stream: "{name}"' for name in inputs] + [f'output_stream: "{name}"' for name in outputs]
        return CalculatorGraph("\n".join([*head, *nodes]))

    return make


@pytest.fixture
def levels() -> Callable[[Path], list[tuple[int, int]]]:
    """``levels(path)``: (timestamp, mean brightness) of each frame of a clip."""

    def read(path: Path) -> list[tuple[int, int]]:
        with VideoReader(path) as reader:
            return [(frame.timestamp_us, round(float(frame.data.mean()))) for frame in reader]

    return read
