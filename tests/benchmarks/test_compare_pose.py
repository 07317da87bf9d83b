"""The comparison of poses, on results made up for it."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest


def load_script(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


load_script("compare")
compare_pose = load_script("compare_pose")

SIZE = (200, 100)


def pose(x, y=0.5, visibility=1.0):
    return {"landmark": [{"x": x, "y": y, "z": 0.0, "visibility": visibility} for _ in range(33)]}


def result(**streams):
    return {role: streams.get(role, {}) for role in compare_pose.ROLES.values()}


def measures(ours, theirs, frames=None, masks=({}, {})):
    return compare_pose.compare(result(**ours), result(**theirs), SIZE, frames, masks)


def test_landmarks_visibility_and_world():
    ours = {"landmarks": {0: pose(0.51, visibility=0.9)}, "world": {0: pose(0.1)}}
    theirs = {"landmarks": {0: pose(0.5, visibility=0.7)}, "world": {0: pose(0.103, 0.504)}}
    found = measures(ours, theirs)
    assert found["landmark_px_mean"] == pytest.approx(2.0)
    assert found["visibility_mean"] == pytest.approx(0.2)
    assert found["world_mm_mean"] == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("ours", "theirs", "frames", "expected"),
    [
        pytest.param([0, 1], [0, 1], None, 100.0, id="both"),
        pytest.param([0, 1], [0], None, 50.0, id="only ours"),
        pytest.param([0], [0, 1], 4, 75.0, id="only theirs, and two frames without anybody"),
        pytest.param([], [], 4, 100.0, id="nobody anywhere"),
    ],
)
def test_found_or_not(ours, theirs, frames, expected):
    found = measures(
        {"landmarks": {stamp: pose(0.5) for stamp in ours}},
        {"landmarks": {stamp: pose(0.5) for stamp in theirs}},
        frames,
    )
    assert found["same_found_percent"] == expected


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        pytest.param([0, 128, 255, 0], [0, 255, 200, 127], 1.0, id="same side of one half"),
        pytest.param([255, 255, 0, 0], [255, 0, 255, 0], 1 / 3, id="one of three"),
        pytest.param([0, 0, 0, 0], [0, 0, 0, 0], 1.0, id="both empty"),
    ],
)
def test_masks(ours, theirs, expected):
    masks = tuple({0: np.array([row], np.uint8)} for row in (ours, theirs))
    found = measures({"landmarks": {0: pose(0.5)}}, {"landmarks": {0: pose(0.5)}}, masks=masks)
    assert found["mask_iou_mean"] == pytest.approx(expected)


def test_command_line(tmp_path, monkeypatch, capsys):
    files = []
    for name, x in (("ours", 0.51), ("peer", 0.5)):
        line = {"timestamp": 0, "stream": "pose_landmarks", "packet": pose(x)}
        files.append(tmp_path / f"{name}.jsonl")
        files[-1].write_text(json.dumps(line) + "\n")
    ours, peer = map(str, files)
    monkeypatch.setattr(sys, "argv", ["compare_pose.py", "--peer", peer, "--ours", ours, "--size", "200x100"])
    assert compare_pose.main() == 1
    assert "MISSED" in capsys.readouterr().out
