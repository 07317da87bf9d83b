"""The graphs of faces, irises and selfies as a user runs them: drawing, options, and pictures that are hard."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import pytest

from graphkit import CalculatorGraph, Resources
from graphkit.errors import ArgumentError, CalculatorError
from graphkit.formats import ImageFrame
from graphkit.gpu import GPU_SERVICE

if TYPE_CHECKING:
    from graphkit.gpu import GpuResources

ROOT: Final = Path(__file__).parents[2]
DETECTION: Final = "face_detection/face_detection_desktop_live"
FULL_RANGE: Final = "face_detection/face_detection_full_range_desktop_live"
MESH: Final = "face_mesh/face_mesh_desktop_live"
HOLISTIC: Final = "holistic_tracking/holistic_tracking_cpu"
IRIS: Final = "iris_tracking/iris_tracking_cpu"
Found = dict[str, dict[int, Any]]


def load_script(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


portrait: Final = load_script(ROOT / "tests" / "data" / "portrait.py")


@cache
def frames() -> list[tuple[int, Any]]:
    return list(portrait.panned_frames(4))


def run(
    graph: str, streams: tuple[str, ...], pictures: Any, gpu: GpuResources | None = None, **side: Any
) -> Found:
    """Payloads by stream and timestamp."""
    running = CalculatorGraph(ROOT / "graphs" / f"{graph}.pbtxt")
    if gpu is not None:
        running.set_service(GPU_SERVICE, gpu)
    found: Found = {name: {} for name in streams}
    for name in streams:
        running.observe_output_stream(name, lambda p, name=name: found[name].update({int(p.timestamp): p.payload}))
    running.start_run(side)
    with running:
        for timestamp, pixels in pictures:
            frame = ImageFrame(pixels)
            running.add_packet_to_input_stream(
                "input_video", frame if gpu is None else gpu.upload(frame), timestamp
            )
            running.wait_until_idle()
    return found


@pytest.mark.parametrize(
    ("graph", "stream", "side"),
    [
        pytest.param(DETECTION, "face_detections", {}, id="short range"),
        pytest.param(FULL_RANGE, "face_detections", {}, id="full range"),
        pytest.param(MESH, "multi_face_landmarks", {}, id="mesh"),
        pytest.param(IRIS, "face_landmarks_with_iris", {}, id="iris"),
        pytest.param("holistic_tracking/holistic_tracking_cpu", "face_landmarks", {}, id="holistic"),
        pytest.param("selfie_segmentation/selfie_segmentation_cpu", "segmentation_mask", {}, id="selfie"),
        pytest.param(
            "selfie_segmentation/selfie_segmentation_cpu",
            "segmentation_mask",
            {"model_selection": 1},
            id="landscape",
        ),
    ],
)
def test_what_is_found_is_drawn(graph: str, stream: str, side: dict[str, Any]) -> None:
    found = run(graph, (stream, "output_video"), frames()[:2], **side)
    assert [len(packets) for packets in found.values()] == [2, 2]
    drawn, given = found["output_video"][33_333].data, frames()[0][1]
    assert drawn.shape == given.shape
    assert 0.005 < np.any(drawn != given, axis=2).mean() < 0.9


@pytest.mark.parametrize(("side", "points"), [({}, 478), ({"with_attention": False}, 468)])
def test_points_of_a_mesh(side: dict[str, Any], points: int) -> None:
    found = run(MESH, ("multi_face_landmarks",), frames()[:1], **side)
    assert [len(face) for face in found["multi_face_landmarks"][33_333]] == [points]


@pytest.mark.parametrize("wanted", [1, 3])
def test_so_many_faces_and_no_more(wanted: int) -> None:
    face = frames()[0][1][40:280, 80:320]
    crowd = np.tile(face, (2, 3, 1))
    pictures = [(time, crowd) for time, _ in frames()[:2]]
    found = run(MESH, ("multi_face_landmarks",), pictures, num_faces=wanted, with_attention=False)
    assert [len(faces) for faces in found["multi_face_landmarks"].values()] == [wanted, wanted]


@pytest.mark.parametrize(
    ("graph", "stream", "count"),
    [
        pytest.param(DETECTION, "face_detections", 0, id="short range"),
        pytest.param(FULL_RANGE, "face_detections", 1, id="full range"),
        pytest.param(MESH, "multi_face_landmarks", 0, id="mesh"),
    ],
)
def test_of_forty_faces_as_many_as_mediapipe_finds(graph: str, stream: str, count: int) -> None:
    crowd = np.tile(frames()[0][1][40:280, 80:320], (5, 8, 1))
    side = {"num_faces": 40} if graph == MESH else {}
    found = run(graph, (stream,), [(0, crowd), (1, crowd)], **side)[stream]
    assert [len(faces) for faces in found.values()] == [count] * (2 if count else 0)


@pytest.mark.parametrize(
    ("graph", "stream"),
    [
        pytest.param(MESH, "multi_face_landmarks", id="mesh"),
        pytest.param(IRIS, "face_landmarks_with_iris", id="iris"),
        pytest.param(HOLISTIC, "face_landmarks", id="holistic"),
    ],
)
def test_a_picture_smaller_than_any_model(graph: str, stream: str) -> None:
    large, small = frames()[0][1], cv2.resize(frames()[0][1], (64, 64), interpolation=cv2.INTER_AREA)
    two = [run(graph, (stream, "output_video"), [(0, picture)]) for picture in (large, small)]
    one, other = (found[stream][0][0] if graph == MESH else found[stream][0] for found in two)
    assert np.hypot(*((one.xy - other.xy) * 64).T).mean() < 1
    assert two[1]["output_video"][0].data.shape == small.shape


@pytest.mark.parametrize("graph", [MESH, IRIS, DETECTION])
def test_a_mask_wanted_of_a_graph_that_has_none(graph: str) -> None:
    running = CalculatorGraph(ROOT / "graphs" / f"{graph}.pbtxt")
    with pytest.raises(ArgumentError, match=r'no stream "segmentation_mask".* It declares: output_video, '):
        running.observe_output_stream("segmentation_mask", print)


def test_a_mask_that_nobody_switched_on_has_no_packets() -> None:
    found = run(HOLISTIC, ("segmentation_mask", "pose_landmarks"), frames()[:2])
    assert (len(found["segmentation_mask"]), len(found["pose_landmarks"])) == (0, 2)


@pytest.mark.parametrize(
    ("graph", "streams"),
    [
        pytest.param(DETECTION, ("face_detections",), id="detection"),
        pytest.param(MESH, ("multi_face_landmarks",), id="mesh"),
        pytest.param(IRIS, ("face_landmarks_with_iris", "iris_landmarks"), id="iris"),
        pytest.param(
            "holistic_tracking/holistic_tracking_cpu",
            ("pose_landmarks", "face_landmarks", "left_hand_landmarks"),
            id="holistic",
        ),
    ],
)
@pytest.mark.parametrize("shape", [(200, 300, 3), (5, 3, 3), (1, 1, 3)], ids=["grey", "tiny", "one pixel"])
def test_nobody_there(graph: str, streams: tuple[str, ...], shape: tuple[int, ...]) -> None:
    nothing = np.full(shape, 99, np.uint8)
    found = run(graph, (*streams, "output_video"), [(0, nothing), (1, nothing)])
    assert [found[stream] for stream in streams] == [{}] * len(streams)
    for drawn in found["output_video"].values():
        np.testing.assert_array_equal(drawn.data, nothing)


def test_all_parts_of_a_person_in_one_packet() -> None:
    streams = ("holistic_landmarks", "pose_landmarks", "face_landmarks")
    whole, pose, face = (packets[33_333] for packets in run(HOLISTIC, streams, frames()[:1]).values())
    assert whole[:2] == [pose, face]
    assert [len(part) for part in whole] == [33, 468, 0, 0]


@pytest.mark.parametrize("graph", [MESH, IRIS, HOLISTIC])
@pytest.mark.parametrize(
    "hard",
    [
        pytest.param(
            lambda face: face * (np.arange(face.shape[1]) >= 200)[None, :, None].astype(np.uint8), id="half"
        ),
        pytest.param(lambda face: face[::-1].copy(), id="upside down"),
        pytest.param(lambda face: np.tile(face[40:280, 80:320], (5, 8, 1)), id="forty"),
    ],
)
def test_hard_pictures(graph: str, hard: Any) -> None:
    picture = hard(frames()[0][1])
    found = run(graph, ("output_video",), [(0, picture), (1, picture)])["output_video"]
    assert [drawn.data.shape for drawn in found.values()] == [picture.shape] * 2


@pytest.mark.parametrize(
    ("graph", "place", "other", "size"),
    [
        pytest.param(
            MESH, "face_landmark/face_landmark_with_attention", "iris_landmark/iris_landmark", 64, id="mesh"
        ),
        pytest.param(IRIS, "iris_landmark/iris_landmark", "hand_landmark/hand_landmark_full", 224, id="iris"),
        pytest.param(
            "selfie_segmentation/selfie_segmentation_cpu",
            "selfie_segmentation/selfie_segmentation",
            "face_landmark/face_landmark",
            192,
            id="selfie",
        ),
    ],
)
def test_a_model_of_another_family_is_told_with_its_size(graph: str, place: str, other: str, size: int) -> None:
    resources = Resources(
        mapping={f"mediapipe/modules/{place}.tflite": ROOT / "graphs" / "modules" / f"{other}.tflite"}
    )
    running = CalculatorGraph(ROOT / "graphs" / f"{graph}.pbtxt", resources=resources)
    running.start_run({})
    with (
        pytest.raises(CalculatorError, match=rf"takes 'input_1' \(1, {size}, {size}, 3\) float32, but got"),
        running,
    ):
        running.add_packet_to_input_stream("input_video", ImageFrame(frames()[0][1]), 0)


def test_leaving_and_coming_back() -> None:
    face = frames()[0][1]
    nobody = np.zeros_like(face)
    pictures = [(time * 33_333, picture) for time, picture in enumerate((face, nobody, nobody, face, face[::-1]))]
    found = run(MESH, ("multi_face_landmarks",), pictures, with_attention=False)["multi_face_landmarks"]
    assert list(found)[:2] == [0, 99_999]
    np.testing.assert_allclose(found[99_999][0].xy, found[0][0].xy, atol=1e-4)


def test_irises_are_where_the_model_with_attention_sees_them() -> None:
    found = run(IRIS, ("iris_landmarks", "face_landmarks_with_iris"), frames())
    attention = run(MESH, ("multi_face_landmarks",), frames())["multi_face_landmarks"]
    for time, irises in found["iris_landmarks"].items():
        whole = found["face_landmarks_with_iris"][time]
        np.testing.assert_array_equal(whole.xy[468:], irises.xy)
        middles = irises.xy[[0, 5]] * portrait.SIZE
        others = attention[time][0].xy[[468, 473]] * portrait.SIZE
        assert np.hypot(*(middles - others).T).max() < 2


def test_eyes_of_the_iris_model_are_in_the_face() -> None:
    streams = ("face_landmarks_with_iris", "left_eye_contour_landmarks", "right_eye_contour_landmarks")
    face, left, right = (packets[33_333] for packets in run(IRIS, streams, frames()[:1]).values())
    assert (len(face), len(left), len(right)) == (478, 71, 71)
    np.testing.assert_array_equal(face.xyz[[33, 133]], left.xyz[[0, 8]])
    np.testing.assert_array_equal(face.xyz[[263, 362]], right.xyz[[0, 8]])


@pytest.mark.parametrize(
    ("cpu", "on_gpu", "streams"),
    [
        pytest.param(MESH, f"{MESH}_gpu", ("multi_face_landmarks",), id="mesh"),
        pytest.param(IRIS, "iris_tracking/iris_tracking_gpu", ("face_landmarks_with_iris",), id="iris"),
        pytest.param(
            "holistic_tracking/holistic_tracking_cpu",
            "holistic_tracking/holistic_tracking_gpu",
            ("pose_landmarks", "face_landmarks"),
            id="holistic",
        ),
    ],
)
def test_the_gpu_graphs_find_the_same(gpu: GpuResources, cpu: str, on_gpu: str, streams: tuple[str, ...]) -> None:
    mine, there = run(cpu, streams, frames()[:3]), run(on_gpu, (*streams, "output_video"), frames()[:3], gpu)
    assert len(there["output_video"]) == 3
    for stream in streams:
        assert mine[stream]
        assert mine[stream] == there[stream]


def test_the_mask_of_a_selfie_stays_on_the_gpu(gpu: GpuResources) -> None:
    streams = ("segmentation_mask", "output_video")
    there = run("selfie_segmentation/selfie_segmentation_gpu", streams, frames()[:2], gpu)
    assert (384, 384) not in gpu.transfers.readbacks
    mine = run("selfie_segmentation/selfie_segmentation_cpu", streams, frames()[:2])
    for time, mask in mine["segmentation_mask"].items():
        assert np.abs(there["segmentation_mask"][time].array() - mask.data).max() < 0.02


@pytest.mark.parametrize(
    ("graph", "streams"),
    [
        pytest.param(f"{MESH}_gpu", ("multi_face_landmarks",), id="mesh"),
        pytest.param(
            "holistic_tracking/holistic_tracking_gpu", ("pose_landmarks", "face_landmarks"), id="holistic"
        ),
    ],
)
def test_what_crosses_for_a_frame(gpu: GpuResources, graph: str, streams: tuple[str, ...]) -> None:
    there = run(graph, (*streams, "output_video"), frames(), gpu)
    size = (portrait.SIZE, portrait.SIZE)
    assert gpu.transfers.uploads[size] == 2 * len(frames()), "the frame and the drawing"
    assert size not in gpu.transfers.readbacks, "nobody has asked for pixels"
    there.clear()
    assert gpu.pool.in_use == 0
