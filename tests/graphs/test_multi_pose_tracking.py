"""The graphs that follow several people: the example clip, and pictures that copies of its person walk through."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit import CalculatorGraph, Resources
from graphkit.errors import CalculatorError
from graphkit.formats import ImageFrame
from graphkit.framework import INFERENCE, InferenceSettings
from graphkit.gpu import GPU_SERVICE
from graphkit.inference import unload_all
from graphkit.inference._loader import loaded_sessions
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.gpu import GpuResources

ROOT = Path(__file__).parents[2]
CLIP = ROOT / "examples" / "media" / "pose_balance.mp4"
GRAPH = "graphs/pose_tracking/multi_pose_tracking_{}.pbtxt"
ONE = "graphs/pose_tracking/pose_tracking_cpu.pbtxt"
REGIONS = "multiposelandmark{}__pose_rects"
DETECTOR = "multiposelandmarkcpu__posedetectioncpu__TensorsToDetectionsCalculator"
BODY = [11, 12, 23, 24]
FRAME_US = 33_333
WIDTH = 640

Found = dict[str, dict[int, Any]]
Crowd = "Callable[..., list[Any]]"


def left_to_right(frame: int) -> float:
    return 130 + 10 * frame


def right_to_left(frame: int) -> float:
    return 510 - 10 * frame


def run(
    graph: Any,
    pictures: Any,
    *watched: str,
    gpu: GpuResources | None = None,
    resources: Any = None,
    overrides: tuple[str, ...] = (),
    **side: Any,
) -> Found:
    """Return the payloads of the watched streams by stream and number of the frame."""
    running = CalculatorGraph(graph, resources=resources, overrides=overrides)
    running.set_service(INFERENCE, InferenceSettings(provider="cpu"))
    if gpu is not None:
        running.set_service(GPU_SERVICE, gpu)
    found: Found = {name: {} for name in watched}
    for name in watched:
        running.observe_output_stream(
            name, lambda p, name=name: found[name].update({int(p.timestamp) // FRAME_US: p.payload})
        )
    running.start_run(side)
    with running:
        for number, pixels in enumerate(pictures):
            frame = ImageFrame(pixels.copy())
            packet = frame if gpu is None else gpu.upload(frame)
            running.add_packet_to_input_stream("input_video", packet, number * FRAME_US)
    return found


def clip(count: int) -> list[Any]:
    with VideoReader(CLIP) as reader:
        return [frame.data.copy() for frame, _ in zip(reader, range(count), strict=False)]


def places(found: Found) -> dict[int, dict[int, float]]:
    """Where the body of each is, in pixels from the left, by frame and id."""
    seen = {}
    for number, ids in found["tracking_ids"].items():
        poses = found["multi_pose_landmarks"].get(number, [])
        assert len(poses) == len(ids)
        seen[number] = {id_: float(pose.x[BODY].mean()) * WIDTH for id_, pose in zip(ids, poses, strict=True)}
    return seen


def owners(found: Found, *paths: Callable[[int], float]) -> dict[int, Counter[int]]:
    """How often each id was on each path; where paths lie close, or nobody walks, it does not count."""
    counted: dict[int, Counter[int]] = {}
    for number, people in places(found).items():
        true = [path(number) for path in paths]
        if min(abs(a - b) for i, a in enumerate(true) for b in true[:i]) < 90:
            continue
        for id_, x in people.items():
            for number_of_path, place in enumerate(true):
                if abs(x - place) < 30:
                    counted.setdefault(id_, Counter())[number_of_path] += 1
    return counted


def test_one_person_is_followed_as_by_the_graph_for_one() -> None:
    pictures = clip(12)
    streams = ("tracking_ids", "multi_pose_landmarks", "multi_pose_world_landmarks", "segmentation_masks")
    several = run(
        GRAPH.format("cpu"), pictures, *streams, REGIONS.format("cpu"), num_poses=2, enable_segmentation=True,
        overrides=(f"{DETECTOR}.min_score_thresh=0.5",),
    )  # fmt: skip
    one = run(
        ONE, pictures, "pose_landmarks", "pose_world_landmarks", "segmentation_mask", enable_segmentation=True
    )
    assert list(several["tracking_ids"].values()) == [[1]] * 12
    for mine, theirs in (
        ("multi_pose_landmarks", "pose_landmarks"), ("multi_pose_world_landmarks", "pose_world_landmarks"),
    ):  # fmt: skip
        assert [lists[0] for lists in several[mine].values()] == list(one[theirs].values())
    for masks, mask in zip(several["segmentation_masks"].values(), one["segmentation_mask"].values(), strict=True):
        np.testing.assert_array_equal(masks[0].cpu().data, mask.data)
    # The detector looks on for a second one, whose region would cost a run of the landmark model.
    assert [len(regions) for regions in several[REGIONS.format("cpu")].values()] == [1] * 12


def test_two_side_by_side_and_the_detector_rests(crowd: Crowd) -> None:
    pictures = crowd(24, [(lambda _: 200, 20), (lambda _: 450, 20, True, 10)])
    found = run(
        GRAPH.format("cpu"),
        pictures,
        "tracking_ids",
        "multi_pose_landmarks",
        "pose_detections",
        REGIONS.format("cpu"),
    )
    seen = places(found)
    both = [number for number, people in seen.items() if len(people) == 2]
    assert len(both) >= 20
    counted = owners(found, lambda _: 200, lambda _: 450)
    assert sorted(counted) == [1, 2]
    assert all(len(paths) == 1 and paths.total() >= 20 for paths in counted.values())
    first = both[0]
    assert all(number <= first for number in found["pose_detections"]), (
        "the detector ran though both were followed"
    )
    assert max(len(regions) for regions in found[REGIONS.format("cpu")].values()) == 2
    assert found["tracking_ids"][23] == [1, 2]


@pytest.mark.parametrize(
    "people",
    [
        pytest.param([(left_to_right, 20), (right_to_left, 0, True, 10)], id="mirrored, one in front"),
        pytest.param([(left_to_right, 20), (right_to_left, 20)], id="in step"),
        pytest.param([(right_to_left, 35), (left_to_right, 5, True)], id="the other in front"),
    ],
)
def test_two_who_cross_keep_their_ids(crowd: Crowd, people: Any) -> None:
    found = run(GRAPH.format("cpu"), crowd(39, people), "tracking_ids", "multi_pose_landmarks")
    paths = [path for path, *_ in people]
    counted = owners(found, *paths)
    assert sorted(counted) == [1, 2]
    assert all(len(whose) == 1 for whose in counted.values()), counted  # before and after
    assert next(iter(counted[1])) != next(iter(counted[2]))
    assert all(whose.total() > 20 for whose in counted.values())
    assert len(places(found)[38]) == 2


@pytest.mark.parametrize(("lost_seconds", "id_"), [(2.0, [1]), (0.1, [2])])
def test_who_comes_back_late_gets_a_new_id(lost_seconds: float, id_: list[int]) -> None:
    person = clip(1)[0]
    pictures = [person, person, *[np.zeros_like(person)] * 6, person]
    found = run(GRAPH.format("cpu"), pictures, "tracking_ids", lost_seconds=lost_seconds)
    assert list(found["tracking_ids"].values()) == [[1], [1], *[[]] * 6, id_]


def test_nobody() -> None:
    grey = np.full((90, 120, 3), 99, np.uint8)
    streams = ("tracking_ids", "multi_pose_landmarks", "segmentation_masks", "output_video")
    found = run(GRAPH.format("cpu"), [grey, grey], *streams, enable_segmentation=True)
    assert found["tracking_ids"] == {0: [], 1: []}
    assert found["multi_pose_landmarks"] == found["segmentation_masks"] == {}
    for drawn in found["output_video"].values():
        np.testing.assert_array_equal(drawn.data, grey)


def test_half_a_person() -> None:
    upper = [np.ascontiguousarray(picture[:330]) for picture in clip(3)]
    found = run(GRAPH.format("cpu"), upper, "tracking_ids", "multi_pose_landmarks")
    assert list(found["tracking_ids"].values()) == [[1]] * 3
    shoulders = found["multi_pose_landmarks"][2][0].xy[[11, 12]]
    assert ((shoulders > 0) & (shoulders < 1)).all()


def test_of_a_crowd_as_many_as_are_asked_for(crowd: Crowd) -> None:
    people = [(lambda _, x=x: x, phase) for x, phase in ((110, 20), (270, 25), (430, 20), (570, 30))]
    found = run(
        GRAPH.format("cpu"), crowd(20, people), "tracking_ids", "multi_pose_landmarks", REGIONS.format("cpu")
    )
    assert max(len(ids) for ids in found["tracking_ids"].values()) == 2
    assert max(len(regions) for regions in found[REGIONS.format("cpu")].values()) == 2
    assert set(found["tracking_ids"][19]) <= set(found["tracking_ids"][12])


def test_masks_that_nobody_reads_are_not_made() -> None:
    unload_all()
    run(GRAPH.format("cpu"), clip(2), "multi_pose_landmarks", enable_segmentation=True)
    assert sorted(len(session.outputs) for session in loaded_sessions()) == [2, 3]


def test_drawn_by_id(crowd: Crowd) -> None:
    pictures = crowd(16, [(lambda _: 200, 20), (lambda _: 450, 20, True)])
    streams = ("tracking_ids", "output_video", "id_mask", "segmentation_masks")
    found = run(GRAPH.format("cpu"), pictures, *streams, enable_segmentation=True)
    assert found["tracking_ids"][15] == [1, 2]
    whose = found["id_mask"][15].data
    veiled = found["output_video"][15].data.astype(int) - pictures[15]
    tints = [veiled[whose == id_].mean(axis=0) for id_ in (1, 2)]
    assert np.abs(tints[0] - tints[1]).max() > 40
    columns = [np.nonzero(whose == id_)[1].mean() for id_ in (1, 2)]
    assert abs(columns[0] - columns[1]) > 200
    assert [mask.cpu().data.shape for mask in found["segmentation_masks"][15]] == [(360, 640)] * 2


def test_a_model_of_another_family_in_the_place() -> None:
    model = ROOT / "graphs" / "modules" / "hand_landmark" / "hand_landmark_full.tflite"
    resources = Resources(mapping={"mediapipe/modules/pose_landmark/pose_landmark_full.tflite": model})
    with pytest.raises(
        CalculatorError, match=r"poselandmarkbyroi.*InferenceCalculator.*hand_landmark_full\.tflite"
    ):
        run(GRAPH.format("cpu"), clip(1), resources=resources)


def test_no_people_cannot_be_asked_for() -> None:
    with pytest.raises(CalculatorError, match="MAX_REGIONS is 0; it must be 1 or more"):
        run(GRAPH.format("cpu"), clip(1), num_poses=0)


def test_on_the_gpu_as_on_the_cpu(gpu: GpuResources, crowd: Crowd) -> None:
    pictures = crowd(14, [(lambda _: 200, 20), (lambda _: 450, 20, True)])
    streams = ("tracking_ids", "multi_pose_landmarks", "multi_pose_world_landmarks", "id_mask", "output_video")
    here = run(GRAPH.format("cpu"), pictures, *streams, enable_segmentation=True)
    there = run(GRAPH.format("gpu"), pictures, *streams, gpu=gpu, enable_segmentation=True)
    assert there["tracking_ids"] == here["tracking_ids"]
    assert here["tracking_ids"][13] == [1, 2]
    for name, near in (("multi_pose_landmarks", 0.002), ("multi_pose_world_landmarks", 0.005)):
        for mine, theirs in zip(there[name].values(), here[name].values(), strict=True):
            for one, other in zip(mine, theirs, strict=True):
                assert np.abs(one.xyz - other.xyz)[:, :2].mean() < near
    for mine, theirs in zip(there["id_mask"].values(), here["id_mask"].values(), strict=True):
        assert (mine.data != theirs.data).mean() < 0.01
    drawn = there["output_video"][13].array()[..., :3].astype(int) - here["output_video"][13].data
    assert (np.abs(drawn).max(axis=2) > 8).mean() < 0.02
