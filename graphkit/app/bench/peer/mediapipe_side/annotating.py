"""From clip to annotated clip with MediaPipe's own graphs and its C++ overlay.

The wheel has the overlay but none of the calculators that make its input, so a Python program that wants
MediaPipe's picture fills the messages itself, as `drawing_hands` and `drawing_poses` do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mediapipe
import numpy as np
from mediapipe.python import packet_creator, packet_getter
from mediapipe.python._framework_bindings import calculator_graph, image_frame, resource_util

from mediapipe_side.clips import Writer, frame_rate, read_frames
from mediapipe_side.drawing_hands import draw_hands
from mediapipe_side.drawing_poses import draw_pose

if TYPE_CHECKING:
    from collections.abc import Callable

_HANDS = """
  input_side_packet: "num_hands"
  input_side_packet: "model_complexity"
  node {
    calculator: "HandLandmarkTrackingCpu"
    input_stream: "IMAGE:image"
    input_side_packet: "NUM_HANDS:num_hands"
    input_side_packet: "MODEL_COMPLEXITY:model_complexity"
    output_stream: "LANDMARKS:multi_hand_landmarks"
    output_stream: "HANDEDNESS:multi_handedness"
    output_stream: "PALM_DETECTIONS:palm_detections"
    output_stream: "HAND_ROIS_FROM_LANDMARKS:hand_rects_from_landmarks"
    output_stream: "HAND_ROIS_FROM_PALM_DETECTIONS:hand_rects_from_palm_detections"
  }
"""
_POSE = """
  input_side_packet: "model_complexity"
  input_side_packet: "smooth_landmarks"
  input_side_packet: "enable_segmentation"
  node {
    calculator: "PoseLandmarkCpu"
    input_stream: "IMAGE:image"
    input_side_packet: "MODEL_COMPLEXITY:model_complexity"
    input_side_packet: "SMOOTH_LANDMARKS:smooth_landmarks"
    input_side_packet: "ENABLE_SEGMENTATION:enable_segmentation"
    output_stream: "LANDMARKS:pose_landmarks"
    output_stream: "DETECTION:pose_detection"
    output_stream: "ROI_FROM_LANDMARKS:pose_rect_from_landmarks"
  }
"""
_OVERLAY = """
  input_stream: "image"
  input_stream: "render_data"
  node {
    calculator: "AnnotationOverlayCalculator"
    input_stream: "IMAGE:image"
    input_stream: "render_data"
    output_stream: "IMAGE:output_video"
  }
"""


@dataclass(frozen=True)
class Annotated:
    """A task: its graph, the streams that are drawn, and how.

    Attributes:
        graph: as text, without the overlay.
        streams: what is drawn.
        get: takes a packet of these streams into Python.
        side_packets: by name.
        draw: returns the drawing, given the packets of a frame by stream and its width and height.
    """

    graph: str
    streams: tuple[str, ...]
    get: Callable[[Any], Any]
    side_packets: dict[str, Any]
    draw: Callable[[dict[str, Any], int, int], Any]


_TASKS = {
    "hand": Annotated(
        _HANDS,
        (
            "multi_hand_landmarks",
            "multi_handedness",
            "palm_detections",
            "hand_rects_from_landmarks",
            "hand_rects_from_palm_detections",
        ),
        packet_getter.get_proto_list,
        {"num_hands": packet_creator.create_int(2), "model_complexity": packet_creator.create_int(1)},
        draw_hands,
    ),
    "pose": Annotated(
        _POSE,
        ("pose_landmarks", "pose_detection", "pose_rect_from_landmarks"),
        packet_getter.get_proto,
        {
            "model_complexity": packet_creator.create_int(1),
            "smooth_landmarks": packet_creator.create_bool(True),
            "enable_segmentation": packet_creator.create_bool(False),
        },
        draw_pose,
    ),
}
"""Two hands, or one pose without a mask; model complexity 1."""


class AnnotatingGraph:
    """The graph of a task with the overlay at its end."""

    def __init__(self, task: Annotated) -> None:
        resource_util.set_resource_dir(str(Path(mediapipe.__file__).parents[1]))
        self._task = task
        self._drawn: list[Any] = []
        self._found: dict[str, Any] = {}
        self._graph = calculator_graph.CalculatorGraph(graph_config=task.graph + _OVERLAY)
        for stream in task.streams:
            self._graph.observe_output_stream(stream, self._keep)
        self._graph.observe_output_stream("output_video", lambda _, packet: self._drawn.append(packet))
        self._graph.start_run(task.side_packets)

    def _keep(self, stream: str, packet: Any) -> None:
        self._found[stream] = self._task.get(packet)

    def annotate(self, timestamp: int, frame: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Find, then draw: return the RGB frame with the drawing on it."""
        self._found.clear()
        self._drawn.clear()
        pixels = np.ascontiguousarray(frame)
        pixels.flags.writeable = False  # lets the packet refer to the array instead of copying it
        packet = packet_creator.create_image_frame(image_format=image_frame.ImageFormat.SRGB, data=pixels)
        self._graph.add_packet_to_input_stream("image", packet.at(timestamp))
        self._graph.wait_until_idle()
        drawing = self._task.draw(self._found, frame.shape[1], frame.shape[0])
        self._graph.add_packet_to_input_stream("render_data", packet_creator.create_proto(drawing).at(timestamp))
        self._graph.wait_until_idle()
        drawn: np.ndarray[Any, Any] = packet_getter.get_image_frame(self._drawn[0]).numpy_view()
        return drawn

    def close(self) -> None:
        """End the run."""
        self._graph.close()


def annotate_clip(request: dict[str, Any]) -> dict[str, Any]:
    """Write the annotated clip."""
    graph, writer = AnnotatingGraph(_TASKS[request["task"]]), None
    frames = 0
    for timestamp, frame in read_frames(request["clip"], request["max_frames"]):
        drawn = graph.annotate(timestamp, frame)
        if writer is None:
            writer = Writer(request["output"], frame_rate(request["clip"]), (frame.shape[1], frame.shape[0]))
        writer.write(timestamp, drawn)
        frames += 1
    graph.close()
    if writer is not None:
        writer.close()
    return {"frames": frames}
