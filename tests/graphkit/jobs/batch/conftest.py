"""Clips that cause trouble, and a graph that lets them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit.jobs import JobSettings
from graphkit.jobs._batch.recipe import Recipe
from graphkit.jobs._batch.unit import ClipTask
from graphkit.video import EncoderSettings, VideoWriter

if TYPE_CHECKING:
    from collections.abc import Callable

TROUBLE = Path(__file__).with_name("trouble.py")
GRAPH = """
input_stream: "input_video"
output_stream: "output_video"
output_stream: "level"
node { calculator: "SampleTrouble" input_stream: "input_video"
       output_stream: "IMAGE:output_video" output_stream: "LEVEL:level" }
"""
LEVELS = {"good": 20, "kill": 60, "hang": 100, "greedy": 140, "grow": 180}
"""How bright a clip is that does so."""


@pytest.fixture
def make_clip() -> Callable[..., Path]:
    """``make_clip(path, "good", frames=3)``: a clip of 32x32 that behaves so, or a "broken" or "damaged" one."""

    def make(path: Path, what: str = "good", frames: int = 3) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        if what == "broken":
            path.write_text("no clip")
            return path
        if what == "damaged":
            return _damaged(path)
        with VideoWriter(path, width=32, height=32, frame_rate=25) as writer:
            for index in range(frames):
                writer.write(np.full((32, 32, 3), LEVELS[what], np.uint8), index * 40_000)
        return path

    return make


def _damaged(path: Path) -> Path:
    """Make a clip with zeros in its middle."""
    noise = np.random.default_rng(1).integers(0, 240, (40, 48, 64, 3), np.uint8)
    with VideoWriter(path, width=64, height=48, frame_rate=25, encoder=EncoderSettings(crf=10)) as writer:
        for index, picture in enumerate(noise):
            writer.write(picture, index * 40_000)
    data = bytearray(path.read_bytes())
    first, last = len(data) * 4 // 10, len(data) * 6 // 10
    data[first:last] = bytes(last - first)
    path.write_bytes(data)
    return path


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """Writes how bright the pictures of a clip are."""
    graph = tmp_path / "levels.pbtxt"
    graph.write_text(GRAPH)
    settings = JobSettings(dumps={"level": "{clip}.jsonl"})
    return Recipe(str(graph), settings, modules=(str(TROUBLE),), folder=str(tmp_path))


@pytest.fixture
def task_of(tmp_path: Path) -> Callable[[Path], ClipTask]:
    """``task_of(clip)``: to be done in ``out`` of the temporary folder."""
    out = tmp_path / "out"
    out.mkdir()

    def task(clip: Path, name: str = "") -> ClipTask:
        return ClipTask(name or clip.name, str(clip), str(out), str(out / ".stage" / clip.name), "r1")

    return task


@pytest.fixture
def with_settings() -> Callable[..., Recipe]:
    """``with_settings(recipe, output="{clip}.mp4")``: the recipe with other settings."""

    def changed(recipe: Recipe, **fields: Any) -> Recipe:
        return replace(recipe, settings=replace(recipe.settings, **fields))

    return changed
