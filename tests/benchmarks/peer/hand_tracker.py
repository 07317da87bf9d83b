"""MediaPipe's hand_landmark_tracking_cpu graph, frame by frame, with every stream it can show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from check_graphs import import_all_protos
from google.protobuf import text_format
from mediapipe.framework import calculator_pb2
from mediapipe.python import packet_creator, packet_getter
from mediapipe.python._framework_bindings import (
    calculator_graph,
    image_frame,
    resource_util,
    validated_graph_config,
)
from peer_common import peer_root

if TYPE_CHECKING:
    from types import TracebackType

    import numpy as np

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

Event = tuple[str, int, Any]
"""Stream, timestamp (microseconds, or the loop's own clock), packet; None where Python cannot read it."""


def load_config() -> Any:
    """Returns MediaPipe's own graph, expanded, so that its inner streams can be observed by name."""
    validated = validated_graph_config.ValidatedGraphConfig()
    validated.initialize(binary_graph_path=str(peer_root() / BINARY_GRAPH))
    return calculator_pb2.CalculatorGraphConfig.FromString(validated.binary_config)


def add_tensor_taps(config: Any) -> None:
    """Adds nodes that give each tensor as a float vector, the only form Python can read: `<stream>__floats`."""
    import_all_protos(peer_root())
    text = PALM_TAP + "".join(FLOATS_TAP.format(stream=stream) for stream in TENSOR_STREAMS)
    config.MergeFrom(text_format.Parse(text, calculator_pb2.CalculatorGraphConfig()))


def observable(config: Any) -> list[str]:
    """Returns all streams but those that a splitter takes over: an observer's reference would stop it."""
    taken = {
        stream
        for node in config.node
        if node.calculator == "SplitTensorVectorCalculator"
        for stream in node.input_stream
    }
    streams = [name.rpartition(":")[2] for node in config.node for name in node.output_stream]
    return [stream for stream in streams if stream not in taken]


def reader_of(cpp_type: str) -> Any:
    """Returns the function that takes a packet of a C++ type into Python; None where there is none."""
    plain = {
        "float": packet_getter.get_float,
        "bool": packet_getter.get_bool,
        "::std::vector<float>": packet_getter.get_float_list,
    }
    if cpp_type in plain:
        return plain[cpp_type]
    unreadable = ("ImageFrame", "Timestamp")
    if re.fullmatch(r"::std::vector<::mediapipe::\w+>", cpp_type):
        return packet_getter.get_proto_list
    name = re.fullmatch(r"::mediapipe::(\w+)", cpp_type)
    return packet_getter.get_proto if name and name[1] not in unreadable else None


def type_of(validated: Any, stream: str) -> str:
    """Returns the C++ type of a stream, empty where the peer has no name for it."""
    try:
        return str(validated.registered_stream_type_name(stream))
    except RuntimeError:
        return ""


class HandTracker:
    """Feeds frames, collects what the streams carry.

    Args:
        hands: Most hands to follow.
        complexity: 0 lite, 1 full.
        follow: False searches every frame afresh.
        inner: Observe every stream of the expanded graph and the tensors, not only the results.
    """

    def __init__(self, hands: int = 2, complexity: int = 1, follow: bool = True, inner: bool = False) -> None:
        resource_util.set_resource_dir(str(peer_root().parent))
        config = load_config()
        streams = list(OUTPUTS)
        if inner:
            add_tensor_taps(config)
            streams = observable(config)
        validated = validated_graph_config.ValidatedGraphConfig()
        validated.initialize(graph_config=config)
        self._events: list[Event] = []
        self._graph = calculator_graph.CalculatorGraph(graph_config=config)
        for stream in streams:
            self._graph.observe_output_stream(stream, self._collector(reader_of(type_of(validated, stream))))
        self._side_packets = {
            "num_hands": packet_creator.create_int(hands),
            "model_complexity": packet_creator.create_int(complexity),
            "use_prev_landmarks": packet_creator.create_bool(follow),
        }

    def _collector(self, reader: Any) -> Any:
        # The packet is read at once and let go: a calculator that takes over its input needs the only reference.
        def collect(stream: str, packet: Any) -> None:
            self._events.append((stream, packet.timestamp.value, reader(packet) if reader else None))

        return collect

    def __enter__(self) -> HandTracker:
        self._graph.start_run(self._side_packets)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._graph.close()

    def process(self, timestamp: int, frame: np.ndarray) -> list[Event]:
        """Runs one RGB frame through the graph and returns what it gave, ordered by stream and time."""
        self._events.clear()
        packet = packet_creator.create_image_frame(image_format=image_frame.ImageFormat.SRGB, data=frame)
        self._graph.add_packet_to_input_stream("image", packet.at(timestamp))
        self._graph.wait_until_idle()
        return sorted(self._events, key=lambda event: event[:2])
