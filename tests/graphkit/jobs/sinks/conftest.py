"""Runs that write what a test made up, frame by frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit.formats import LandmarkList, NormalizedLandmarkList
from graphkit.jobs import JobSettings, video_job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from graphkit.jobs import Summary

CALCULATORS = {
    "ids": "SampleIds", "pose": "SamplePose", "world": "SampleWorld", "people": "SamplePeople",
    "worlds": "SampleWorlds", "anything": "SampleAnything", "hands": "SampleSides",
}  # fmt: skip


def points(number: int, x: float = 0.5, y: float = 0.25, z: float = 0.0, *, seen: float | None = None) -> Any:
    """Landmarks in shares of the frame, each a little further to the right."""
    xyz = np.float32([(x + index / 1024, y, z) for index in range(number)]).reshape(-1, 3)
    return NormalizedLandmarkList.from_xyz(xyz, seen)


def metres(number: int, x: float = 0.5, y: float = 0.25, z: float = 1.0) -> Any:
    return LandmarkList.from_xyz(np.float32([(x + index / 1024, y, z) for index in range(number)]))


@pytest.fixture
def write(make_graph, clip: Path, tmp_path: Path, monkeypatch) -> Callable[..., Summary]:
    """``write(dump, {stream: (calculator, {frame: payload})})``: a run over twelve frames, in *tmp_path*."""
    monkeypatch.chdir(tmp_path)

    def run(dump: Mapping[str, str], made: Mapping[str, tuple[str, dict[int, Any]]], **settings: Any) -> Summary:
        nodes = [
            f'node {{ calculator: "{CALCULATORS[kind]}" input_stream: "input_video" output_stream: "{stream}" '
            f'input_side_packet: "SCRIPT:of_{stream}" }} input_side_packet: "of_{stream}"'
            for stream, (kind, _) in made.items()
        ]
        graph = make_graph(*nodes, outputs=list(made))
        scripts = {f"of_{stream}": script for stream, (_, script) in made.items()}
        return video_job(graph, clip, JobSettings(dumps=dump, side_packets=scripts, **settings)).run()

    return run
