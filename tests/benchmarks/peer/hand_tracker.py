"""MediaPipe's hand_landmark_tracking_cpu graph, frame by frame, with every stream it can show."""

from __future__ import annotations

from typing import Any

from google.protobuf import text_format
from mediapipe.framework import calculator_pb2
from mediapipe.python import packet_creator
from tracker import Tracker, load_config, observable

BINARY_GRAPH = "modules/hand_landmark/hand_landmark_tracking_cpu.binarypb"
OUTPUTS = (
    "multi_hand_landmarks",
    "multi_hand_world_landmarks",
    "multi_handedness",
    "palm_detections",
    "hand_rects",
    "hand_rects_from_landmarks",
    "hand_rects_from_palm_detections",
)
TENSOR_STREAMS = (
    "palmdetectioncpu__input_tensor",
    "palm_boxes",
    "palm_scores",
    "handlandmarkcpu__input_tensor",
    "handlandmarkcpu__landmark_tensors",
    "handlandmarkcpu__hand_flag_tensor",
    "handlandmarkcpu__handedness_tensor",
    "handlandmarkcpu__world_landmark_tensor",
)
# The palm model once more: splitting takes the vector away from its other readers.
PALM_TAP = """
  node { calculator: "InferenceCalculatorCpu"
         input_side_packet: "MODEL:palmdetectioncpu__model"
         input_side_packet: "OP_RESOLVER:palmdetectioncpu__opresolver"
         input_stream: "TENSORS:palmdetectioncpu__input_tensor" output_stream: "TENSORS:palm_tensors"
         options { [mediapipe.InferenceCalculatorOptions.ext] { delegate { xnnpack {} } } } }
  node { calculator: "SplitTensorVectorCalculator"
         input_stream: "palm_tensors" output_stream: "palm_boxes" output_stream: "palm_scores"
         options { [mediapipe.SplitVectorCalculatorOptions.ext] {
           ranges { begin: 0 end: 1 } ranges { begin: 1 end: 2 } } } }"""
FLOATS_TAP = """
  node {{ calculator: "TensorsToFloatsCalculator"
          input_stream: "TENSORS:{stream}" output_stream: "FLOATS:{stream}__floats" }}"""


def add_tensor_taps(config: Any) -> None:
    """Adds nodes that give each tensor as a float vector, the only form Python can read: `<stream>__floats`."""
    text = PALM_TAP + "".join(FLOATS_TAP.format(stream=stream) for stream in TENSOR_STREAMS)
    config.MergeFrom(text_format.Parse(text, calculator_pb2.CalculatorGraphConfig()))


class HandTracker(Tracker):
    """Feeds frames, collects what the streams carry.

    Args:
        hands: Most hands to follow.
        complexity: 0 lite, 1 full.
        follow: False searches every frame afresh.
        inner: Observe every stream of the expanded graph and the tensors, not only the results.
    """

    def __init__(self, hands: int = 2, complexity: int = 1, follow: bool = True, inner: bool = False) -> None:
        config = load_config(BINARY_GRAPH)
        streams = list(OUTPUTS)
        if inner:
            add_tensor_taps(config)
            streams = observable(config)
        side_packets = {
            "num_hands": packet_creator.create_int(hands),
            "model_complexity": packet_creator.create_int(complexity),
            "use_prev_landmarks": packet_creator.create_bool(follow),
        }
        super().__init__(config, streams, side_packets)
