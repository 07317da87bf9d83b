"""Faces, selfies and holistic tracking on crops of a portrait: against what MediaPipe 0.10.21 finds in them.

tests/data/make_goldens.py made the goldens: a run of its own for every frame, so that one frame's last bits have
no say in the next.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import sys
import zlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from graphkit import CalculatorGraph
from graphkit.formats import Detection, ImageFrame, NormalizedLandmarkList, from_json
from graphkit.gpu import GPU_SERVICE

if TYPE_CHECKING:
    from graphkit.gpu import GpuResources

ROOT: Final = Path(__file__).parents[2]
GOLDENS: Final = ROOT / "tests" / "data" / "goldens"
LEAST_FOUND: Final = 4  # others show half of the face, or none
Found = dict[str, dict[int, Any]]


def load_script(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


FAMILIES: Final = load_script(ROOT / "tests" / "benchmarks" / "families.py").FAMILIES
portrait: Final = load_script(ROOT / "tests" / "data" / "portrait.py")


@cache
def frames() -> list[tuple[int, Any]]:
    return list(portrait.portrait_frames())


@cache
def hard() -> list[tuple[int, Any]]:
    return list(portrait.hard_frames())


def golden(name: str, of: str = "portrait") -> Found:
    streams: Found = {}
    with gzip.open(GOLDENS / f"{of}.{name}.jsonl.gz", "rt") as lines:
        for line in map(json.loads, lines):
            streams.setdefault(line["stream"], {})[line["timestamp"]] = line["packet"]
    return streams


def run(name: str, streams: tuple[str, ...], pictures: Any, gpu: GpuResources | None = None) -> Found:
    """Payloads by stream and timestamp; a run of its own for every picture."""
    family = FAMILIES[name]
    path = family.graph if gpu is None else family.graph.replace("_cpu", "_gpu")
    graph = CalculatorGraph(f"mediapipe/modules/{path}.pbtxt")
    if gpu is not None:
        graph.set_service(GPU_SERVICE, gpu)
    found: Found = {stream: {} for stream in streams}
    for stream in streams:
        graph.observe_output_stream(stream, lambda p, s=stream: found[s].update({int(p.timestamp): p.payload}))
    for timestamp, pixels in pictures:
        graph.start_run(dict(family.side_packets))
        with graph:
            frame = ImageFrame(pixels)
            graph.add_packet_to_input_stream("image", frame if gpu is None else gpu.upload(frame), timestamp)
    return found


@pytest.mark.parametrize(("of", "pictures"), [("portrait", frames), ("hard", hard)])
def test_the_frames_are_those_of_the_goldens(of: str, pictures: Any) -> None:
    checks = [f"{zlib.crc32(frame.tobytes()):08x}" for _, frame in pictures()]
    for path in GOLDENS.glob(f"{of}.*.json"):
        described = json.loads(path.read_text())
        assert (described["timestamps"], described["frames_crc32"]) == ([time for time, _ in pictures()], checks)


@pytest.mark.parametrize(("of", "pictures"), [("portrait", frames), ("hard", hard)])
@pytest.mark.parametrize("name", ["face_detection_short_range", "face_detection_full_range"])
def test_detections(name: str, of: str, pictures: Any) -> None:
    found, expected = run(name, ("detections",), pictures())["detections"], golden(name, of)["detections"]
    assert list(found) == list(expected)
    assert len(found) >= LEAST_FOUND
    for time, mine in found.items():
        (theirs,) = from_json(list[Detection], expected[time])
        np.testing.assert_allclose(mine[0].box, theirs.box, atol=1e-5)
        np.testing.assert_allclose(mine[0].relative_keypoints, theirs.relative_keypoints, atol=1e-5)
        assert mine[0].score[0] == pytest.approx(theirs.score[0], abs=1e-5)


@pytest.mark.parametrize(("name", "points"), [("face_mesh", 468), ("face_mesh_attention", 478)])
def test_meshes(name: str, points: int) -> None:
    found, expected = run(name, ("multi_face_landmarks",), frames()), golden(name)
    assert list(found["multi_face_landmarks"]) == list(expected["multi_face_landmarks"])
    assert len(found["multi_face_landmarks"]) >= LEAST_FOUND
    for time, (mine,) in found["multi_face_landmarks"].items():
        (theirs,) = from_json(list[NormalizedLandmarkList], expected["multi_face_landmarks"][time])
        assert len(mine) == points
        assert distances(mine, theirs).mean() < 0.05
        np.testing.assert_allclose(mine.z, theirs.z, atol=1e-4)


def test_a_mesh_goes_with_a_face_that_turns_away() -> None:
    streams = ("multi_face_landmarks", "face_detections")
    found, expected = run("face_mesh_attention", streams, hard()), golden("face_mesh_attention", "hard")
    assert [list(found[name]) for name in streams] == [list(expected[name]) for name in streams]
    meshes = found["multi_face_landmarks"]
    assert 0 < len(meshes) < len(found["face_detections"]) < len(hard()), "the face goes, then the head"
    for time, (mine,) in meshes.items():
        (theirs,) = from_json(list[NormalizedLandmarkList], expected["multi_face_landmarks"][time])
        assert distances(mine, theirs).mean() < 0.05


@pytest.mark.parametrize("name", ["selfie_segmentation", "selfie_segmentation_landscape"])
def test_masks(name: str) -> None:
    found = run(name, ("segmentation_mask",), frames())["segmentation_mask"]
    assert overlaps(found, name).min() > 0.999


def test_holistic() -> None:
    streams = FAMILIES["holistic"].streams + FAMILIES["holistic"].masks
    found, expected = run("holistic", streams, frames()), golden("holistic")
    assert set(expected) == {stream for stream, packets in found.items() if packets} - {"segmentation_mask"}
    for stream, packets in expected.items():
        assert list(found[stream]) == list(packets)
        apart = [
            distances(found[stream][time], from_json(NormalizedLandmarkList, theirs)).mean()
            for time, theirs in packets.items()
        ]
        assert np.mean(apart) < (0.1 if "hand" not in stream else 0.5)
    assert overlaps(found["segmentation_mask"], "holistic").min() > 0.998


@pytest.mark.parametrize("name", ["face_detection_full_range", "face_mesh_attention", "holistic"])
def test_the_gpu_finds_the_same(gpu: GpuResources, name: str) -> None:
    streams = FAMILIES[name].streams
    assert run(name, streams, frames()[:2], gpu) == run(name, streams, frames()[:2])


def distances(mine: NormalizedLandmarkList, theirs: NormalizedLandmarkList) -> Any:
    return np.hypot(*((mine.xy - theirs.xy) * portrait.SIZE).T)


def overlaps(found: dict[int, Any], name: str) -> Any:
    """Intersection over union of our masks with those of the golden."""
    values = []
    with np.load(GOLDENS / f"portrait.{name}.masks.npz") as file:
        assert list(found) == [int(time) for time in file]
        for time, mask in found.items():
            height, width = mask.data.shape[:2]
            theirs = np.unpackbits(file[str(time)], count=width * height).reshape(height, width).astype(bool)
            mine = mask.data.reshape(height, width) > 0.5
            values.append(np.count_nonzero(mine & theirs) / np.count_nonzero(mine | theirs))
    return np.array(values)
