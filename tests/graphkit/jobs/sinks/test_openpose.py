"""Folders of keypoints as OpenPose writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graphkit.errors import FormatError, OutputError, UsageError
from graphkit.formats import (
    FACE_CONNECTIONS,
    FACE_GROUPS,
    POSE_LANDMARK_NAMES,
    Classification,
    ClassificationList,
    NormalizedLandmarkList,
)
from graphkit.jobs._sinks.keypoint_maps import BODY_25, COCO_17, COCO_SKELETON, FACE_70, keypoints

from .conftest import metres, points

EMPTY = [0.0, 0.0, 0.0]


def frames(folder: str) -> list[dict[str, Any]]:
    """Read the folder as its users do: all files, in the order of their last number."""
    files = sorted(Path(folder).glob("*.json"))
    assert [int(file.stem.split("_")[-2]) for file in files] == list(range(len(files)))
    return [json.loads(file.read_text()) for file in files]


def triples(values: list[float]) -> list[list[float]]:
    return [values[start : start + 3] for start in range(0, len(values), 3)]


def test_every_frame_has_a_file(write) -> None:
    summary = write({"p": "openpose:walk_json/"}, {"p": ("pose", {3: points(33)})})
    found = frames("walk_json")
    assert [len(frame["people"]) for frame in found] == [0, 0, 0, 1] + [0] * 8
    assert found[0] == {"version": 1.3, "people": []}
    assert [(file.items, file.unit) for file in summary.files] == [(12, "frames")]
    assert Path("walk_json/walk_000000000003_keypoints.json").is_file()


def test_a_stream_without_packets(write) -> None:
    write({"p": "openpose:walk_json/"}, {"p": ("pose", {})})
    assert [frame["people"] for frame in frames("walk_json")] == [[]] * 12


def test_body_25(write) -> None:
    pose = points(33, 0.25, 0.5, seen=0.75)
    write({"p": "openpose:out"}, {"p": ("pose", {0: pose})})
    (person,) = frames("out")[0]["people"]
    body = dict(zip(BODY_25, triples(person["pose_keypoints_2d"]), strict=True))
    at = {name: 16 + index / 16 for index, name in enumerate(POSE_LANDMARK_NAMES)}  # of 64 pixels
    assert body["Nose"] == [round(at["NOSE"], 3), 24.0, 0.75]
    assert body["RWrist"] == [round(at["RIGHT_WRIST"], 3), 24.0, 0.75]
    assert body["LBigToe"] == [round(at["LEFT_FOOT_INDEX"], 3), 24.0, 0.75]
    assert body["Neck"][0] == pytest.approx((at["LEFT_SHOULDER"] + at["RIGHT_SHOULDER"]) / 2, abs=1e-3)
    assert body["MidHip"][0] == pytest.approx((at["LEFT_HIP"] + at["RIGHT_HIP"]) / 2, abs=1e-3)
    assert body["LSmallToe"] == body["RSmallToe"] == EMPTY
    assert person["person_id"] == [-1]
    assert person["face_keypoints_2d"] == person["hand_left_keypoints_2d"] == []


def test_the_middle_of_two_is_as_sure_as_the_less_sure() -> None:
    sure = [0.9] * 33
    sure[POSE_LANDMARK_NAMES.index("LEFT_SHOULDER")] = 0.125
    pose = NormalizedLandmarkList.from_xyz(points(33).xyz, sure)
    chosen = tuple(tuple(POSE_LANDMARK_NAMES.index(name) for name in names) for names in BODY_25.values())
    assert keypoints(pose, chosen, (64, 48))[list(BODY_25).index("Neck")][2] == 0.125


def test_what_is_no_number_is_missing() -> None:
    pose = points(33, float("nan"), seen=0.5)
    assert keypoints(pose, ((0,), (1,)), (64, 48)).tolist() == [EMPTY, EMPTY]


def test_several_people_have_their_ids(write) -> None:
    made = {
        "multi_pose_landmarks": ("people", {0: [points(33), points(33, 0.1)], 2: [points(33)]}),
        "tracking_ids": ("ids", {0: [7, 3], 2: [3]}),
    }
    write({"multi_pose_landmarks": "openpose:out"}, made)
    ids = [[person["person_id"] for person in frame["people"]] for frame in frames("out")]
    assert ids == [[[7], [3]], [], [[3]]] + [[]] * 9


def test_face_and_hands_of_a_person_come_along(write) -> None:
    made = {
        "pose_landmarks": ("pose", {0: points(33), 1: points(33)}),
        "face_landmarks": ("pose", {0: points(478, seen=None)}),
        "left_hand_landmarks": ("pose", {2: points(21, 0.25)}),
    }
    write({"pose_landmarks": "openpose:out"}, made)
    found = [frame["people"] for frame in frames("out")]
    assert [len(people) for people in found] == [1, 1, 1] + [0] * 9
    face = triples(found[0][0]["face_keypoints_2d"])
    assert len(face) == 70
    assert face[69] == [round(32 + 473 / 16, 3), 12.0, 1.0]
    assert triples(found[1][0]["face_keypoints_2d"]) == [EMPTY] * 70
    assert triples(found[2][0]["pose_keypoints_2d"]) == [EMPTY] * 25
    assert triples(found[2][0]["hand_left_keypoints_2d"])[:2] == [[16.0, 12.0, 1.0], [16.062, 12.0, 1.0]]
    assert found[2][0]["hand_right_keypoints_2d"] == []  # this graph has none


def test_holistic_landmarks_are_one_person(write) -> None:
    nothing = points(0)
    made = {"holistic_landmarks": ("people", {0: [points(33), nothing, nothing, points(21)], 1: [nothing] * 4})}
    write({"holistic_landmarks": "openpose:out"}, made)
    first, second = (frame["people"] for frame in frames("out")[:2])
    assert second == []
    (person,) = first
    assert triples(person["hand_left_keypoints_2d"]) == [EMPTY] * 21
    assert triples(person["face_keypoints_2d"]) == [EMPTY] * 70
    assert triples(person["hand_right_keypoints_2d"])[0] == [32.0, 12.0, 1.0]


def test_a_mesh_of_468_points_has_no_pupils(write) -> None:
    write({"f": "openpose:out"}, {"f": ("people", {0: [points(468)]})})
    (person,) = frames("out")[0]["people"]
    assert triples(person["face_keypoints_2d"])[67:] == [[round(32 + 87 / 16, 3), 12.0, 1.0], EMPTY, EMPTY]
    assert person["pose_keypoints_2d"] == []


def side(label: str) -> ClassificationList:
    return ClassificationList([Classification(0, 0.9, label)])


def test_hands_are_people_of_their_own(write) -> None:
    made = {
        "landmarks": ("people", {0: [points(21, 0.1), points(21, 0.2)]}),
        "sides": ("hands", {0: [side("Right"), side("Left")]}),
    }
    write({"landmarks": "openpose:out", "sides": "sides.csv"}, made)
    right, left = frames("out")[0]["people"]
    assert (right["hand_left_keypoints_2d"], left["hand_right_keypoints_2d"]) == ([], [])
    assert triples(left["hand_left_keypoints_2d"])[0] == [12.8, 12.0, 1.0]


def test_hands_of_no_known_side_are_said(write) -> None:
    summary = write({"landmarks": "openpose:out"}, {"landmarks": ("people", {0: [points(21)] * 2})})
    assert frames("out")[0]["people"] == []
    assert any("2 hands of stream" in note for note in summary.notes)


def test_the_face_points_lie_where_openpose_has_them() -> None:
    def group(name: str) -> set[int]:
        return {index for line in FACE_GROUPS[name] for index in line}

    for first, last, name in (
        (17, 22, "RIGHT_EYEBROW"), (22, 27, "LEFT_EYEBROW"), (36, 42, "RIGHT_EYE"), (42, 48, "LEFT_EYE"),
        (48, 68, "LIPS"), (0, 17, "FACE_OVAL"),
    ):  # fmt: skip
        assert set(FACE_70[first:last]) <= group(name), name
    assert len(set(FACE_70)) == 70
    assert FACE_CONNECTIONS


def test_the_skeleton_of_coco_joins_all_its_points() -> None:
    assert {index for line in COCO_SKELETON for index in line} == set(range(1, len(COCO_17) + 1))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        pytest.param(("world", {0: metres(33)}), r"holds pixels, and these are metres\. Give it", id="metres"),
        pytest.param(("ids", {}), r"carries list\[int\]; a folder of OpenPose holds landmarks", id="numbers"),
    ],
)
def test_streams_that_are_refused_at_the_start(write, made, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        write({"p": "openpose:out"}, {"p": made})
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        pytest.param(points(5), "holds poses, faces and hands; this packet holds 5 landmarks", id="other model"),
        pytest.param("text", r'stream "p": expected landmarks, found str', id="other type"),
    ],
)
def test_packets_that_fail_the_run(write, payload, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        write({"p": "openpose:out"}, {"p": ("anything", {0: payload})})


def test_folders_that_would_mix_are_refused(write) -> None:
    write({"p": "openpose:out"}, {"p": ("pose", {})})
    with pytest.raises(OutputError, match=r"out holds such files already \(12\)"):
        write({"p": "openpose:out"}, {"p": ("pose", {})})
