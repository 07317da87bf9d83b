"""What Pose2Sim and OpenSim read of the files, in an environment of their own.

``GRAPHKIT_TEST_POSE2SIM=/path/to/python`` names an interpreter with the package pose2sim, which brings opensim.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from graphkit.formats import NormalizedLandmarkList
from graphkit.jobs._sinks.keypoint_maps import BODY_25

from .conftest import metres, points
from .test_openpose import frames, triples
from .test_trc import read

PYTHON = os.environ.get("GRAPHKIT_TEST_POSE2SIM", "")
READER = """
import json, sys
from glob import glob
import opensim
from anytree import RenderTree
from Pose2Sim.common import read_trc
from Pose2Sim.personAssociation import persons_combinations, read_json
from Pose2Sim.skeletons import BODY_25
from Pose2Sim.triangulation import extract_files_frame_f

files = sorted(glob("walk_json/*.json"))
ids = [node.id for _, _, node in RenderTree(BODY_25)]
x, y, sure = extract_files_frame_f(files[:2], ids)
points, numbers, seconds, markers, head = read_trc("walk.trc")
table = opensim.TimeSeriesTableVec3("walk.trc")
nose = table.getDependentColumn("Nose")
print(json.dumps({
    "people": [len(read_json(file)) for file in files],
    "combinations": len(persons_combinations(files[:2])),
    "names": [node.name for _, _, node in RenderTree(BODY_25)],
    "first camera": [list(map(float, values[0][0])) for values in (x, sure)],
    "markers": markers,
    "missing": points.isna().all(axis=1).tolist(),
    "nose": points["Nose"].iloc[0].tolist(),
    "opensim": [table.getNumRows(), list(table.getColumnLabels()), table.getTableMetaDataString("Units"),
                table.getTableMetaDataString("DataRate"), [nose[0].get(axis) for axis in range(3)],
                list(table.getIndependentColumn())],
}).replace("NaN", "null"))
"""


@pytest.fixture(scope="module")
def interpreter() -> str:
    if not PYTHON:
        pytest.skip("GRAPHKIT_TEST_POSE2SIM names no interpreter with pose2sim")
    return PYTHON


@pytest.mark.slow
def test_pose2sim_and_opensim_read_what_was_written(write, interpreter: str) -> None:
    pose = points(33, 0.25, 0.5, seen=0.75)
    made = {"p": ("pose", {0: pose, 1: pose}), "w": ("world", {0: metres(33), 2: metres(33)})}
    write({"p": "openpose:walk_json/", "w": "walk.trc"}, made)
    done = subprocess.run([interpreter, "-c", READER], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["people"] == [1, 1] + [0] * 10
    assert found["combinations"] == 1
    body = dict(zip(BODY_25, triples(frames("walk_json")[0]["people"][0]["pose_keypoints_2d"]), strict=True))
    there = [(body[name if name != "CHip" else "MidHip"]) for name in found["names"]]
    across, sure = found["first camera"]
    assert np.array_equal([x if x is not None else 0 for x in across], [x for x, _, _ in there])
    assert np.allclose([s or 0 for s in sure], [s for _, _, s in there])
    trc = read("walk.trc")
    assert found["markers"] == trc.markers
    assert found["missing"] == [frame not in (0, 2) for frame in range(12)]
    assert found["nose"] == [0.5, -0.25, -1.0]
    assert found["opensim"] == [12, trc.markers, "m", "25", [0.5, -0.25, -1.0], trc.seconds]


TRIANGULATION = """
import json, re, sys
from pathlib import Path
import Pose2Sim
from Pose2Sim import Pose2Sim as steps
from Pose2Sim.common import read_trc

text = (Path(Pose2Sim.__file__).parent / "Demo_SinglePerson" / "Config.toml").read_text()
given = {"pose_model": "'BODY_25'", "frame_rate": "25", "make_c3d": "false", "multi_person": "false"}
for name, value in given.items():
    text = re.sub(rf"(?m)^{name} = .*$", f"{name} = {value}", text)
Path("project/Config.toml").write_text(text)
steps.triangulation("project")
points, _, _, markers, _ = read_trc(str(next(Path("project/pose-3d").glob("*.trc"))))
columns = points.to_numpy().reshape(len(points), -1, 3).tolist()
print(json.dumps({"markers": markers, "points": columns}).replace("NaN", "null"))
"""
CAMERA = """
[cam0{number}]
name = "cam0{number}"
size = [64.0, 48.0]
matrix = [[60.0, 0.0, 32.0], [0.0, 60.0, 24.0], [0.0, 0.0, 1.0]]
distortions = [0.0, 0.0, 0.0, 0.0]
rotation = {rotation}
translation = {translation}
fisheye = false
"""


def seen_from(angle: float, world: np.ndarray) -> tuple[np.ndarray, list[float], list[float]]:
    """Return (frames, 33, 2) shares of the frame that a camera sees, and its rotation and translation."""
    eye = np.array([3.5 * np.cos(angle), 3.5 * np.sin(angle), 1.3])
    forward = np.array([0, 0, 1.0]) - eye
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    translation = -rotation @ eye
    camera = world @ rotation.T + translation
    seen = camera[..., :2] / camera[..., 2:] * 60 + (32, 24)
    return seen / (64, 48), cv2.Rodrigues(rotation)[0].ravel().tolist(), translation.tolist()


@pytest.mark.slow
def test_pose2sim_finds_the_points_that_two_cameras_saw(write, interpreter: str) -> None:
    start = np.random.default_rng(0).uniform(-0.6, 0.6, (33, 3)) + np.array([0, 0, 1.0])
    world = np.stack([start + np.array([0.01 * frame, 0, 0]) for frame in range(12)])
    Path("project/calibration").mkdir(parents=True)
    Path("project/pose").mkdir()
    calibration = ""
    for number, angle in ((1, 0.3), (2, 1.4)):
        shares, rotation, translation = seen_from(angle, world)
        calibration += CAMERA.format(number=number, rotation=rotation, translation=translation)
        script = {
            frame: NormalizedLandmarkList.from_xyz(points.astype(np.float32), np.full(33, 0.9))
            for frame, points in enumerate(shares)
        }
        write({"p": f"openpose:project/pose/cam0{number}_json/"}, {"p": ("pose", script)})
    Path("project/calibration/Calib.toml").write_text(calibration)
    done = subprocess.run([interpreter, "-c", TRIANGULATION], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    points = np.array(found["points"], float)
    for name, landmark in (("RKnee", 26), ("LWrist", 15), ("RHeel", 30), ("LBigToe", 31), ("Nose", 0)):
        x, y, z = world[:, landmark].T
        assert np.allclose(points[:, found["markers"].index(name)], np.stack([y, z, x], 1), atol=1e-3), name
