"""MediaPipe's pose_landmark_cpu graph, frame by frame."""

from __future__ import annotations

from typing import Any

from google.protobuf import text_format
from mediapipe.framework import calculator_pb2
from mediapipe.python import packet_creator
from tracker import Tracker, load_config, observable, read_pixels

BINARY_GRAPH = "modules/pose_landmark/pose_landmark_cpu.binarypb"
MASK = "segmentation_mask"
OUTPUTS = (
    "pose_landmarks",
    "pose_world_landmarks",
    MASK,
    "pose_detection",
    "pose_rect_from_landmarks",
    "pose_rect_from_detection",
)
TENSORS = "poselandmarkbyroicpu__tensorstoposelandmarksandsegmentation__"
TENSOR_STREAMS = (
    "poselandmarkbyroicpu__input_tensors",
    *(
        f"{TENSORS}{name}_tensor"
        for name in ("landmark", "pose_flag", "segmentation", "heatmap", "world_landmark")
    ),
)
FLOATS_TAP = """
  node {{ calculator: "TensorsToFloatsCalculator"
          input_stream: "TENSORS:{stream}" output_stream: "FLOATS:{stream}__floats" }}"""


def add_tensor_taps(config: Any) -> None:
    """Adds nodes that give each tensor as a float vector, the only form Python can read: `<stream>__floats`."""
    text = "".join(FLOATS_TAP.format(stream=stream) for stream in TENSOR_STREAMS)
    config.MergeFrom(text_format.Parse(text, calculator_pb2.CalculatorGraphConfig()))


class PoseTracker(Tracker):
    """Feeds frames, collects what the streams carry; the mask as an array (height, width) float32.

    Args:
        segmentation: Whether there is a mask.
        complexity: 0 lite, 1 full, 2 heavy; the wheel has 1 only.
        smooth: Whether landmarks and mask are smoothed.
        follow: False searches every frame afresh.
        inner: Observe every stream of the expanded graph and the tensors, not only the results.
    """

    def __init__(
        self,
        segmentation: bool = True,
        complexity: int = 1,
        smooth: bool = True,
        follow: bool = True,
        inner: bool = False,
    ) -> None:
        config = load_config(BINARY_GRAPH)
        streams = list(OUTPUTS)
        if inner:
            add_tensor_taps(config)
            streams = observable(config)
        side_packets = {
            "enable_segmentation": packet_creator.create_bool(segmentation),
            "model_complexity": packet_creator.create_int(complexity),
            "smooth_landmarks": packet_creator.create_bool(smooth),
            "smooth_segmentation": packet_creator.create_bool(smooth),
            "use_prev_landmarks": packet_creator.create_bool(follow),
        }
        super().__init__(config, streams, side_packets, {MASK: read_pixels})
