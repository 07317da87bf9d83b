"""What Pose2Sim and OpenSim read of the files, in an environment of their own.

``GRAPHKIT_TEST_POSE2SIM=/path/to/python`` names an interpreter with the package pose2sim, which brings opensim.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import numpy as np
import pytest

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
