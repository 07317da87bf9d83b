"""Keypoints in COCO's format, read with pycocotools."""

from __future__ import annotations

import json
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphkit.errors import OutputError, UsageError
from graphkit.formats import NormalizedLandmarkList

from .conftest import metres, points

coco = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed")


def read(name: str) -> Any:
    with redirect_stdout(StringIO()):
        return coco.COCO(name)


def test_poses_are_people_of_17_keypoints(write) -> None:
    visibility = [0.9] * 33
    visibility[2] = 0.25  # of the left eye
    pose = NormalizedLandmarkList.from_xyz(points(33, 0.25, 0.5).xyz, visibility)
    summary = write({"p": "coco:poses.json"}, {"p": ("pose", {3: pose})})
    found = read("poses.json")
    assert found.getImgIds() == list(range(1, 13))
    assert found.loadImgs([4]) == [
        {"id": 4, "width": 64, "height": 48, "file_name": "000000120000.png", "frame": 3, "timestamp": 120_000}
    ]
    (person,) = found.loadAnns(found.getAnnIds(imgIds=[4], catIds=found.getCatIds(catNms=["person"])))
    eye = [round(16 + 2 / 16, 3), 24.0, 1]
    nose, ankle = [16.0, 24.0, 2], [round(16 + 28 / 16, 3), 24.0, 2]
    assert [person["keypoints"][3 * at : 3 * at + 3] for at in (0, 1, 16)] == [nose, eye, ankle]
    assert (person["num_keypoints"], person["bbox"]) == (17, [16.0, 24.0, 1.75, 0.0])
    assert person["score"] == pytest.approx((16 * 0.9 + 0.25) / 17, abs=1e-3)
    (category,) = found.loadCats([1])
    assert (category["keypoints"][:2], len(category["keypoints"])) == (["nose", "left_eye"], 17)
    assert [(file.items, file.unit) for file in summary.files] == [(12, "frames")]


def test_what_lies_outside_of_the_frame_is_not_labelled(write) -> None:
    xyz = points(33, 0.25, 0.5).xyz.copy()
    xyz[15:17, 1] = (1.5, -0.25)  # the wrists
    write({"p": "coco:poses.json"}, {"p": ("pose", {0: NormalizedLandmarkList.from_xyz(xyz)})})
    (person,) = read("poses.json").loadAnns([1])
    assert person["keypoints"][27:33] == [0, 0, 0, 0, 0, 0]
    assert person["num_keypoints"] == 15
    assert person["bbox"][3] == 0.0


def test_people_have_track_ids_and_annotations_numbers_of_their_own(write) -> None:
    made = {
        "p": ("people", {0: [points(33), points(33, 0.1)], 2: [points(33)]}),
        "tracking_ids": ("ids", {0: [7, 3], 2: [3]}),
    }
    write({"p": "coco:people.json"}, made)
    found = read("people.json")
    assert [(a["id"], a["image_id"], a["track_id"]) for a in found.loadAnns(found.getAnnIds())] == [
        (1, 1, 7), (2, 1, 3), (3, 3, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "name"),
    [
        pytest.param(21, "hand", id="hand"),
        pytest.param(468, "face", id="face"),
        pytest.param(478, "face", id="iris"),
    ],
)
def test_hands_and_faces_have_categories_of_their_own(write, number: int, name: str) -> None:
    write({"landmarks": "coco:x.json"}, {"landmarks": ("people", {0: [points(number, 0.1)]})})
    found = read("x.json")
    (category,) = found.loadCats(found.getCatIds())
    (annotation,) = found.loadAnns(found.getAnnIds(catIds=[category["id"]]))
    assert (category["name"], len(category["keypoints"])) == (name, number)
    assert len(annotation["keypoints"]) == 3 * number


def test_holistic_landmarks_are_several_annotations(write) -> None:
    made = {"holistic_landmarks": ("people", {0: [points(33), points(468), points(0), points(21)]})}
    write({"holistic_landmarks": "coco:x.json"}, made)
    found = read("x.json")
    names = [found.loadCats(a["category_id"])[0]["name"] for a in found.loadAnns(found.getAnnIds())]
    assert names == ["person", "face", "hand"]
    assert found.loadAnns([3])[0]["handedness"] == "Right"


@pytest.mark.parametrize(
    ("stream", "name"), [("pose_landmarks", "person"), ("multi_face_landmarks", "face"), ("landmarks", "hand")]
)
def test_a_stream_without_packets(write, stream: str, name: str) -> None:
    write({stream: "coco:x.json"}, {stream: ("people", {})})
    found = read("x.json")
    assert (len(found.getImgIds()), found.getAnnIds()) == (12, [])
    assert [category["name"] for category in found.loadCats(found.getCatIds())] == [name]


def test_the_evaluation_of_coco_takes_the_file(write) -> None:
    """Compared with itself, every keypoint is where it should be."""
    from pycocotools.cocoeval import COCOeval

    rows = np.linspace(0.1, 0.9, 33)
    spread = NormalizedLandmarkList.from_xyz(np.stack([rows, rows[::-1], rows], 1), np.full(33, 0.9))
    write({"p": "coco:x.json"}, {"p": ("pose", dict.fromkeys(range(5), spread))})
    with redirect_stdout(StringIO()):
        truth = coco.COCO("x.json")
        result = truth.loadRes(json.loads(Path("x.json").read_text())["annotations"])
        evaluation = COCOeval(truth, result, "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    assert evaluation.stats[0] == 1.0


def test_metres_are_refused_at_the_start(write) -> None:
    with pytest.raises(UsageError, match=r"a \.json of COCO holds pixels, and these are metres"):
        write({"w": "coco:x.json"}, {"w": ("world", {0: metres(33)})})
    assert list(Path().iterdir()) == []


def test_a_json_without_a_kind_says_which_there_are(write) -> None:
    with pytest.raises(UsageError, match=re.escape("by its name, openpose:x.json, coco:x.json")):
        write({"p": "x.json"}, {"p": ("pose", {})})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said_and_leaves_what_was_there(write) -> None:
    Path("full.json").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"full\.json: cannot be (written|finished): No space left"):
        write({"p": "coco:full.json"}, {"p": ("people", {frame: [points(33)] * 20 for frame in range(12)})})
    assert [path.name for path in Path().iterdir()] == ["full.json"]
