"""Hand tracking on the GPU: the results of the CPU, and what crosses between memory and GPU for them.

The tracker feeds on its own output, so one bit of difference in one frame moves the landmarks of later ones by
pixels. Equal landmarks over a clip therefore mean equal tensors; without the feedback every frame stands alone.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit import CalculatorGraph
from graphkit.formats import ImageFrame
from graphkit.framework import INFERENCE, InferenceSettings
from graphkit.gpu import GPU_SERVICE
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from graphkit.gpu import GpuResources


CLIP = Path(__file__).parents[2] / "examples" / "media" / "hand_cup.mp4"
FRAMES, WIDTH, HEIGHT = 6, 640, 480
GRAPHS = "graphs/hand_tracking"


@pytest.fixture(scope="module")
def frames() -> list[ImageFrame]:
    with VideoReader(CLIP) as reader:
        return [ImageFrame(frame.data) for frame, _ in zip(reader, range(FRAMES), strict=False)]


def run(
    graph: str,
    frames: list[ImageFrame],
    watched: tuple[str, ...],
    gpu: GpuResources | None = None,
    **side: Any,
) -> dict[str, list[Any]]:
    """Return the payloads of the watched streams, pictures as arrays."""
    found = CalculatorGraph(graph)
    found.set_service(INFERENCE, InferenceSettings(provider="cpu"))
    if gpu is not None:
        found.set_service(GPU_SERVICE, gpu)
    seen: dict[str, list[Any]] = {name: [] for name in watched}
    for name in watched:
        found.observe_output_stream(name, lambda packet, name=name: seen[name].append(packet.payload))
    (fed,) = found.plan.graph_inputs.names
    found.start_run(side)
    for timestamp, frame in enumerate(frames):
        payload = frame if gpu is None else gpu.upload(frame)
        found.add_packet_to_input_stream(fed, payload, timestamp=timestamp)
        found.wait_until_idle()
    found.close_all_packet_sources()
    found.wait_until_done()
    return seen


def points(hands: list[Any]) -> np.ndarray:
    return np.array([hand.data[:, :2] for hand in hands])


def distance(ours: list[Any], theirs: list[Any]) -> float:
    """Return the mean distance of landmarks in pixels, after checking that there are as many hands."""
    assert [len(hands) for hands in ours] == [len(hands) for hands in theirs]
    apart = [(points(a) - points(b)) * (WIDTH, HEIGHT) for a, b in zip(ours, theirs, strict=True)]
    return float(np.mean([np.hypot(delta[:, :, 0], delta[:, :, 1]).mean() for delta in apart]))


def test_tracking_finds_and_draws_what_it_does_on_the_cpu(gpu: GpuResources, frames: list[ImageFrame]) -> None:
    cpu = run(f"{GRAPHS}/hand_tracking_desktop_live.pbtxt", frames, ("landmarks", "output_video"))
    there = run(f"{GRAPHS}/hand_tracking_desktop_live_gpu.pbtxt", frames, ("hand_landmarks", "output_video"), gpu)
    assert len(there["hand_landmarks"]) == FRAMES
    exact = gpu.context().run(lambda: gpu.context().gl.version_code >= 400)
    assert distance(there["hand_landmarks"], cpu["landmarks"]) <= (1e-3 if exact else 0.5)
    for buffer, drawn, frame in zip(there["output_video"], cpu["output_video"], frames, strict=True):
        picture = buffer.array()[:, :, :3]
        changed = (drawn.data != frame.data).any(axis=2)
        assert 0.01 < changed.mean() < 0.2
        differing = (np.abs(picture.astype(int) - drawn.data) > 1).any(axis=2)
        assert differing.mean() < (1e-3 if exact else 0.02), "drawn elsewhere, or upside down"


def test_each_frame_alone(gpu: GpuResources, frames: list[ImageFrame]) -> None:
    side = {"num_hands": 2, "use_prev_landmarks": False}
    modules = "graphs/modules/hand_landmark/hand_landmark_tracking"
    cpu, there = (
        run(f"{modules}_{kind}.pbtxt", frames[:3], ("multi_hand_landmarks",), lent, **side)
        for kind, lent in (("cpu", None), ("gpu", gpu))
    )
    assert len(there["multi_hand_landmarks"]) == 3
    assert distance(there["multi_hand_landmarks"], cpu["multi_hand_landmarks"]) <= 0.05


def test_what_crosses_for_a_frame(gpu: GpuResources, frames: list[ImageFrame]) -> None:
    streams = ("hand_landmarks", "palm_detections", "output_video")
    seen = run(f"{GRAPHS}/hand_tracking_desktop_live_gpu.pbtxt", frames, streams, gpu)
    moved = gpu.transfers.copy()
    assert moved.uploads == {(WIDTH, HEIGHT): 2 * FRAMES}, "the frame and the drawing"
    hands = Counter({(224, 224): FRAMES, (192, 192): moved.readbacks[192, 192]})
    assert moved.readbacks == hands, "small tensors only: nobody has asked for pixels"
    assert 1 <= moved.readbacks[192, 192] <= FRAMES
    for buffer in seen["output_video"]:
        buffer.array()
        buffer.image_frame()
    assert gpu.transfers.since(moved).readbacks == {(WIDTH, HEIGHT): FRAMES}, "once a frame, however often asked"
    seen.clear()
    buffer.release()
    assert gpu.pool.in_use == 0


def test_palms_on_the_gpu(gpu: GpuResources, frames: list[ImageFrame]) -> None:
    streams = ("output_detections", "output_video")
    cpu = run(f"{GRAPHS}/hand_detection_desktop_live.pbtxt", frames[:2], streams)
    there = run(f"{GRAPHS}/hand_detection_desktop_live_gpu.pbtxt", frames[:2], streams, gpu)
    assert len(cpu["output_detections"]) == 2
    assert there["output_detections"] == cpu["output_detections"]
    for buffer, drawn in zip(there["output_video"], cpu["output_video"], strict=True):
        assert (np.abs(buffer.array()[:, :, :3].astype(int) - drawn.data) > 1).mean() < 1e-3


def test_the_type_of_the_frames_decides_which_renderer_is_meant() -> None:
    for graph, tag in (("hand_tracking_desktop_live", "IMAGE"), ("hand_tracking_desktop_live_gpu", "IMAGE_GPU")):
        plan = CalculatorGraph(f"{GRAPHS}/{graph}.pbtxt").plan
        (overlay,) = (node for node in plan.nodes if node.calculator == "AnnotationOverlayCalculator")
        assert (tag, 0) in overlay.inputs.keys
