"""Pose tracking on the GPU: the results of the CPU, and what crosses between memory and GPU for them.

The tracker feeds on its own output, as that of hands does: equal landmarks over a clip mean equal tensors.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit import CalculatorGraph
from graphkit.errors import CalculatorError, ResourceNotFoundError
from graphkit.formats import ImageFrame
from graphkit.framework import INFERENCE, InferenceSettings
from graphkit.gpu import GPU_SERVICE
from graphkit.inference import unload_all
from graphkit.inference._loader import loaded_sessions
from graphkit.models import model_called
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from graphkit.gpu import GpuResources

ROOT = Path(__file__).parents[2]
CLIP = ROOT / "examples" / "media" / "pose_balance.mp4"
TRACKING = "graphs/pose_tracking/pose_tracking_{}.pbtxt"
FRAMES, WIDTH, HEIGHT = 6, 540, 650
STREAMS = ("pose_landmarks", "pose_world_landmarks", "output_video")
RESULTS = ("pose_landmarks", "pose_world_landmarks", "pose_detection", "roi_from_landmarks")
SMALL = [{(256, 256): FRAMES, (224, 224): searched} for searched in (1, 2)]
"""What the models read back; the search may run ahead on the second frame while the first is looked at."""

Seen = dict[str, list[Any]]


@pytest.fixture(scope="module")
def frames() -> list[ImageFrame]:
    with VideoReader(CLIP) as reader:
        return [ImageFrame(frame.data) for frame, _ in zip(reader, range(FRAMES), strict=False)]


def run(
    graph: Any, frames: list[ImageFrame], watched: tuple[str, ...], gpu: GpuResources | None = None, **side: Any
) -> Seen:
    """Return the payloads of the watched streams, a frame every 1/30 second; on the GPU where there is one."""
    found = CalculatorGraph(graph)
    found.set_service(INFERENCE, InferenceSettings(provider="cpu"))
    if gpu is not None:
        found.set_service(GPU_SERVICE, gpu)
    seen: Seen = {name: [] for name in watched}
    for name in watched:
        found.observe_output_stream(name, lambda packet, name=name: seen[name].append(packet.payload))
    (fed,) = found.plan.graph_inputs.names
    found.start_run(side)
    with found:
        for number, frame in enumerate(frames):
            found.add_packet_to_input_stream(fed, frame if gpu is None else gpu.upload(frame), number * 33_333)
            found.wait_until_idle()
    return seen


def distance(ours: list[Any], theirs: list[Any]) -> float:
    """Return the mean distance of landmarks in pixels, after checking that as many frames have a pose."""
    assert len(ours) == len(theirs)
    apart = [(mine.xy - other.xy) * (WIDTH, HEIGHT) for mine, other in zip(ours, theirs, strict=True)]
    return float(np.mean([np.hypot(*delta.T) for delta in apart]))


def is_exact(gpu: GpuResources) -> bool:
    """Return whether the device samples in double precision, as memory does."""
    return gpu.context().run(lambda: gpu.context().gl.version_code >= 400)


def unlike(buffers: list[Any], drawn: list[ImageFrame]) -> float:
    """Return the share of pixels in which pictures of the GPU and of memory are more than a level apart."""
    shares = [
        (np.abs(buffer.array()[..., :3].astype(int) - frame.data) > 1).any(axis=2).mean()
        for buffer, frame in zip(buffers, drawn, strict=True)
    ]
    return float(np.mean(shares))


def test_tracking_finds_and_draws_what_it_does_on_the_cpu(gpu: GpuResources, frames: list[ImageFrame]) -> None:
    cpu = run(TRACKING.format("cpu"), frames, STREAMS)
    there = run(TRACKING.format("gpu"), frames, STREAMS, gpu)
    assert len(there["pose_landmarks"]) == FRAMES
    assert distance(there["pose_landmarks"], cpu["pose_landmarks"]) <= (1e-3 if is_exact(gpu) else 0.75)
    metres = [
        mine.xyz - other.xyz
        for mine, other in zip(*(s["pose_world_landmarks"] for s in (there, cpu)), strict=True)
    ]
    assert np.linalg.norm(metres, axis=2).mean() < 1e-3
    changed = [
        (drawn.data != frame.data).any(axis=2) for drawn, frame in zip(cpu["output_video"], frames, strict=True)
    ]
    assert 0.01 < np.mean(changed) < 0.2
    assert unlike(there["output_video"], cpu["output_video"]) < (1e-3 if is_exact(gpu) else 0.02)


def test_masks_and_painted_backgrounds_are_those_of_the_cpu(gpu: GpuResources, frames: list[ImageFrame]) -> None:
    streams = ("segmentation_mask", "output_video")
    cpu, there = (
        run(TRACKING.format(kind), frames, streams, lent, enable_segmentation=True)
        for kind, lent in (("cpu", None), ("gpu", gpu))
    )
    assert len(there["segmentation_mask"]) == FRAMES
    for buffer, mask in zip(there["segmentation_mask"], cpu["segmentation_mask"], strict=True):
        mine, other = buffer.array() > 0.5, mask.data > 0.5
        assert 0.03 < other.mean() < 0.3
        overlap = np.count_nonzero(mine & other) / np.count_nonzero(mine | other)
        assert overlap >= (0.9999 if is_exact(gpu) else 0.99)
    assert unlike(there["output_video"], cpu["output_video"]) < (1e-3 if is_exact(gpu) else 0.02)
    assert there["output_video"][-1].array()[-1, 0].tolist() == [0, 0, 255, 255]


def test_what_crosses_for_a_frame(gpu: GpuResources, frames: list[ImageFrame]) -> None:
    seen = run(TRACKING.format("gpu"), frames, (*RESULTS, "output_video"), gpu)
    moved = gpu.transfers.copy()
    assert moved.uploads == {(WIDTH, HEIGHT): 2 * FRAMES}, "the frame and the drawing"
    assert len(seen["pose_detection"]) == 1
    assert moved.readbacks in SMALL, "small tensors only: nobody has asked for pixels"
    for buffer in seen["output_video"]:
        buffer.array()
        buffer.image_frame()
    assert gpu.transfers.since(moved).readbacks == {(WIDTH, HEIGHT): FRAMES}, "once a frame, however often asked"
    seen.clear()
    buffer.release()
    assert gpu.pool.in_use == 0


def test_the_mask_stays_on_the_gpu(gpu: GpuResources, frames: list[ImageFrame]) -> None:
    seen = run(
        TRACKING.format("gpu"), frames, ("segmentation_mask", "output_video"), gpu, enable_segmentation=True
    )
    moved = gpu.transfers
    assert moved.uploads == {(WIDTH, HEIGHT): 2 * FRAMES, (256, 256): FRAMES}, "the mask as small as the model's"
    assert moved.readbacks in SMALL
    assert all(mask.is_on_gpu for mask in seen["segmentation_mask"])
    seen.clear()
    assert gpu.pool.in_use == 0


@pytest.mark.parametrize(
    ("graph", "segmentation", "more", "wanted"),
    [
        pytest.param("pose_tracking/pose_tracking_gpu", False, ("output_video",), 3, id="nobody asks for it"),
        pytest.param("modules/pose_landmark/pose_landmark_gpu", True, (), 3, id="nobody reads it"),
        pytest.param("pose_tracking/pose_tracking_gpu", True, (), 3, id="nobody looks at what is painted"),
        pytest.param("pose_tracking/pose_tracking_gpu", True, ("output_video",), 4, id="it is painted"),
    ],
)
def test_a_mask_that_nobody_reads_is_not_computed(
    gpu: GpuResources, frames: list[ImageFrame], graph: str, segmentation: bool, more: tuple[str, ...], wanted: int
) -> None:
    unload_all()
    seen = run(
        f"graphs/{graph}.pbtxt", frames[:1], ("pose_landmarks", *more), gpu, enable_segmentation=segmentation
    )
    (landmarks,) = seen["pose_landmarks"]
    assert len(landmarks) == 33
    assert max(len(session.outputs) for session in loaded_sessions()) == wanted


def test_each_frame_alone(gpu: GpuResources, frames: list[ImageFrame]) -> None:
    side = {"use_prev_landmarks": False, "smooth_landmarks": False, "model_complexity": 1}
    module = "graphs/modules/pose_landmark/pose_landmark_{}.pbtxt"
    streams = ("pose_landmarks", "pose_rect_from_detection")
    cpu, there = (
        run(module.format(kind), frames[:3], streams, lent, **side) for kind, lent in (("cpu", None), ("gpu", gpu))
    )
    assert len(there["pose_rect_from_detection"]) == 3
    assert distance(there["pose_landmarks"], cpu["pose_landmarks"]) <= 0.05


def test_nobody_there(gpu: GpuResources) -> None:
    grey = ImageFrame(np.full((90, 120, 3), 99, np.uint8))
    found = run(
        TRACKING.format("gpu"), [grey, grey], (*RESULTS, "segmentation_mask", "output_video"), gpu,
        enable_segmentation=True,
    )  # fmt: skip
    for name in (*RESULTS, "segmentation_mask"):
        assert found[name] == []
    for drawn in found["output_video"]:
        np.testing.assert_array_equal(drawn.array()[..., :3], grey.data)


def test_leaving_coming_back_and_another_size(gpu: GpuResources, frames: list[ImageFrame]) -> None:
    person = frames[0].data
    pictures = (person, np.zeros_like(person), person, np.ascontiguousarray(person[::2, ::2]))
    cpu, there = (
        run(
            TRACKING.format(kind), [ImageFrame(pixels.copy()) for pixels in pictures],
            ("pose_landmarks", "segmentation_mask", "output_video"), lent, enable_segmentation=True,
        )
        for kind, lent in (("cpu", None), ("gpu", gpu))
    )  # fmt: skip
    assert len(there["pose_landmarks"]) == 3
    assert distance(there["pose_landmarks"], cpu["pose_landmarks"]) <= (1e-3 if is_exact(gpu) else 0.75)
    sizes = [(mask.width, mask.height) for mask in there["segmentation_mask"]]
    assert sizes == [(WIDTH, HEIGHT), (WIDTH, HEIGHT), (WIDTH // 2, HEIGHT // 2)]
    for mine, other in zip(there["segmentation_mask"], cpu["segmentation_mask"], strict=True):
        assert ((mine.array() > 0.5) != (other.data > 0.5)).mean() < 1e-3
    assert unlike(there["output_video"], cpu["output_video"]) < (1e-3 if is_exact(gpu) else 0.02)


def test_a_model_that_is_not_shipped(
    gpu: GpuResources,
    frames: list[ImageFrame],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    graph = ROOT / TRACKING.format("gpu")
    with pytest.raises(CalculatorError, match=r"pose_landmark_heavy\.tflite\" was not found") as raised:
        run(graph, frames[:1], (), gpu, model_complexity=2)
    cause = raised.value.__cause__
    assert isinstance(cause, ResourceNotFoundError)
    model = model_called(cause.name)
    assert model is not None
    assert (model.name, model.shipped) == ("pose_landmark_heavy", False)
