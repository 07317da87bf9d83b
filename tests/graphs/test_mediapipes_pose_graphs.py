"""MediaPipe's own pose_tracking_cpu.pbtxt and pose_tracking_gpu.pbtxt, node for node: they always make a mask.

They name the subgraphs that come with graphkit, throttle themselves, and paint the background.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from graphkit import CalculatorGraph
from graphkit.formats import ImageFrame
from graphkit.framework import FLOW_CONTROL, FlowControl
from graphkit.gpu import GPU_SERVICE
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from graphkit.gpu import GpuResources

ROOT: Final = Path(__file__).parents[2]
FRAMES: Final = 4
_GRAPH: Final = """
input_stream: "input_video"
output_stream: "output_video"
output_stream: "pose_landmarks"
node {
  calculator: "ConstantSidePacketCalculator"
  output_side_packet: "PACKET:enable_segmentation"
  node_options: {
    [type.googleapis.com/mediapipe.ConstantSidePacketCalculatorOptions]: { packet { bool_value: true } }
  }
}
node {
  calculator: "FlowLimiterCalculator"
  input_stream: "input_video"
  input_stream: "FINISHED:output_video"
  input_stream_info: { tag_index: "FINISHED" back_edge: true }
  output_stream: "throttled_input_video"
}
node {
  calculator: "PoseLandmark@"
  input_side_packet: "ENABLE_SEGMENTATION:enable_segmentation"
  input_stream: "IMAGE:throttled_input_video"
  output_stream: "LANDMARKS:pose_landmarks"
  output_stream: "SEGMENTATION_MASK:segmentation_mask"
  output_stream: "DETECTION:pose_detection"
  output_stream: "ROI_FROM_LANDMARKS:roi_from_landmarks"
}
node {
  calculator: "PoseRenderer@"
  input_stream: "IMAGE:throttled_input_video"
  input_stream: "LANDMARKS:pose_landmarks"
  input_stream: "SEGMENTATION_MASK:segmentation_mask"
  input_stream: "DETECTION:pose_detection"
  input_stream: "ROI:roi_from_landmarks"
  output_stream: "IMAGE:output_video"
}
"""


@pytest.fixture(scope="module")
def frames() -> list[ImageFrame]:
    with VideoReader(ROOT / "examples" / "media" / "pose_balance.mp4") as reader:
        return [ImageFrame(frame.data) for frame, _ in zip(reader, range(FRAMES), strict=False)]


def run(
    graph: Any, frames: list[ImageFrame], gpu: GpuResources | None, **side: Any
) -> tuple[list[Any], list[Any]]:
    """Return the landmarks and the drawn pictures, (H, W, 3 or 4)."""
    made = CalculatorGraph(graph)
    made.set_service(FLOW_CONTROL, FlowControl(drop=False))
    if gpu is not None:
        made.set_service(GPU_SERVICE, gpu)
    poses: list[Any] = []
    drawn: list[Any] = []
    made.observe_output_stream("pose_landmarks", lambda packet: poses.append(packet.payload))
    made.observe_output_stream("output_video", lambda packet: drawn.append(packet.payload))
    made.start_run(side)
    with made:
        for number, frame in enumerate(frames):
            made.add_packet_to_input_stream(
                "input_video", frame if gpu is None else gpu.upload(frame), number * 33_333
            )
            made.wait_until_idle()
    return poses, [picture.data if gpu is None else picture.array() for picture in drawn]


def check(kind: str, frames: list[ImageFrame], gpu: GpuResources | None) -> None:
    """Compare MediaPipe's graph with graphkit's of the same kind, which makes the mask when it is asked to."""
    poses, drawn = run(_GRAPH.replace("@", kind.title()), frames, gpu)
    own = ROOT / "graphs" / "pose_tracking" / f"pose_tracking_{kind}.pbtxt"
    expected, pictures = run(own, frames, gpu, enable_segmentation=True)
    assert len(poses) == len(drawn) == FRAMES
    assert poses == expected
    for picture, other, frame in zip(drawn, pictures, frames, strict=True):
        np.testing.assert_array_equal(picture, other)
        blue = (picture[..., :3] == (0, 0, 255)).all(axis=2)
        assert 0.6 < blue.mean() < 0.97, "the background is painted"
        kept = (np.abs(picture[..., :3].astype(int) - frame.data) <= 4).all(axis=2)
        assert 0.02 < kept.mean() < 0.3, "the person is not"


def test_on_the_cpu(frames: list[ImageFrame]) -> None:
    check("cpu", frames, None)


def test_on_the_gpu(gpu: GpuResources, frames: list[ImageFrame]) -> None:
    check("gpu", frames, gpu)
    per_run = {
        (540, 650): 2 * FRAMES,
        (256, 256): FRAMES,
    }  # the frame and the drawing; a mask as small as it was made
    assert gpu.transfers.uploads == {size: 2 * count for size, count in per_run.items()}
