"""`graphkit run` of both pose graphs: the files that users get are the same ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit.video import VideoReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

CLIP = Path(__file__).parents[4] / "examples" / "media" / "pose_balance.mp4"
FRAMES = 8


def metres(path: Path) -> Any:
    """Return the places of the world landmarks in a .jsonl, (T, 33, 3)."""
    packets = [json.loads(line)["packet"] for line in path.read_text().splitlines()]
    return np.array([[[mark[axis] for axis in "xyz"] for mark in packet["landmark"]] for packet in packets])


@pytest.mark.usefixtures("egl")
def test_both_graphs_write_the_same_files(graphkit: Callable[..., Result], work: Path) -> None:
    for kind in ("cpu", "gpu"):
        result = graphkit(
            "run", f"graphs/pose_tracking/pose_tracking_{kind}.pbtxt", "--input_video_path", CLIP,
            "--output_video_path", f"{kind}.mp4", "--max-frames", FRAMES, "--provider", "cpu",
            "--input_side_packets", "enable_segmentation=true", "--dump", f"pose_landmarks={kind}.csv",
            "--dump", f"pose_world_landmarks={kind}.jsonl", "--dump", f"segmentation_mask={kind}.npz",
        )  # fmt: skip
        assert result.exit_code == 0, result.output
        assert f"poses found in {FRAMES} of {FRAMES} frames" in result.output
        assert ("pictures uploaded" in result.output) == (kind == "gpu")
    tables = [(work / f"{kind}.csv").read_text().splitlines() for kind in ("cpu", "gpu")]
    assert len(tables[0]) == len(tables[1]) == 1 + 33 * FRAMES
    cpu_metres, gpu_metres = (metres(work / f"{kind}.jsonl") for kind in ("cpu", "gpu"))
    assert cpu_metres.shape == (FRAMES, 33, 3)
    assert np.linalg.norm(cpu_metres - gpu_metres, axis=2).mean() < 1e-3
    with np.load(work / "cpu.npz") as cpu_masks, np.load(work / "gpu.npz") as gpu_masks:
        assert len(cpu_masks.files) == FRAMES
        assert cpu_masks.files == gpu_masks.files
        for name in cpu_masks.files:
            assert ((cpu_masks[name] > 0.5) != (gpu_masks[name] > 0.5)).mean() < 1e-3
    with VideoReader(work / "cpu.mp4") as cpu_video, VideoReader(work / "gpu.mp4") as gpu_video:
        pairs = [
            (ours.timestamp_us == theirs.timestamp_us, np.abs(ours.data.astype(int) - theirs.data).mean())
            for ours, theirs in zip(cpu_video, gpu_video, strict=True)
        ]
    assert len(pairs) == FRAMES
    assert all(at_once and apart < 1 for at_once, apart in pairs)
